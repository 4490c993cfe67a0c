"""What is built and shipped: from a copy of the sources, and with no network."""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path):
    """A copy of the sources without anything built."""
    built = shutil.ignore_patterns(
        "*.so", "*.c", "*.egg-info", "build", "dist", ".*", "__pycache__", "*.npz"
    )
    return pathlib.Path(shutil.copytree(ROOT, tmp_path / "checkout", ignore=built))


def setup(folder, *arguments, **environment):
    """Runs setup.py with one small kernel, at one level, to build."""
    few = {"CKERAS_BUILD_ONLY": "movement", "CKERAS_BUILD_LEVELS": "v2"}
    return subprocess.run(
        [sys.executable, "setup.py", "-q", *arguments],
        cwd=folder,
        env={**os.environ, **few, **environment},
        capture_output=True,
        text=True,
    )


def test_a_missing_compiler_is_named(checkout):
    done = setup(checkout, "build_ext", "--inplace", CC="no-such-compiler")
    assert done.returncode == 1
    assert "a C compiler could not be used" in done.stderr
    assert "apt-get install gcc" in done.stderr
    assert "no-such-compiler" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_compiler_without_openmp_is_named(checkout):
    compiler = checkout / "cc-without-openmp"
    compiler.write_text(
        '#!/bin/sh\ncase "$*" in *-fopenmp*) echo no OpenMP >&2; exit 1;; esac\n'
        'exec cc "$@"\n'
    )
    compiler.chmod(0o755)
    done = setup(checkout, "build_ext", "--inplace", CC=str(compiler))
    assert done.returncode == 1
    assert "OpenMP for that compiler could not be used" in done.stderr


def test_a_file_that_fails_to_compile_shows_the_compilers_message(checkout):
    source = checkout / "ckeras/kernels/memory/movement.pyx"
    wrong = 'cdef extern from *:\n    """\n    #error on purpose\n    """\n'
    source.write_text(source.read_text() + wrong)
    done = setup(checkout, "build_ext", "--inplace")
    assert done.returncode != 0
    assert "on purpose" in done.stderr
    assert "could not be used" not in done.stderr


def test_the_debug_build_is_translated(checkout):
    few = {"CKERAS_BUILD_ONLY": "runtime,calls,lstm", "CKERAS_BUILD_DEBUG": "1"}
    done = setup(checkout, "--name", **few)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.endswith("ckeras\n")


def test_the_wheel_holds_the_package_alone(checkout, tmp_path):
    done = setup(checkout, "bdist_wheel", "-d", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = tmp_path.glob("*.whl")
    assert wheel.stat().st_size < 10e6
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.partition("/")[0] for name in names}
    assert {t for t in tops if not t.endswith(".dist-info")} == {"ckeras"}
    assert not [n for n in names if n.endswith((".c", ".html"))]
    assert "ckeras/py.typed" in names
    (extension,) = [n for n in names if n.endswith(".so")]
    assert extension.startswith("ckeras/kernels/v2/memory/movement.")
    # Every Python source is there, in packages with and without __init__.
    sources = (checkout / "ckeras").rglob("*.py")
    expected = {p.relative_to(checkout).as_posix() for p in sources}
    assert expected <= set(names)


def test_the_source_distribution_can_be_built_from(checkout, tmp_path):
    done = setup(checkout, "sdist", "-d", str(tmp_path))
    assert done.returncode == 0, done.stderr[-2000:]
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    kernels = (checkout / "ckeras").rglob("*.p[yx][xd]*")
    needed = {p.relative_to(checkout).as_posix() for p in kernels}
    needed |= {"setup.py", "pyproject.toml", "LICENSE", "README.md", "ckeras/py.typed"}
    assert needed <= names
    assert not [n for n in names if n.endswith((".c", ".so"))]
