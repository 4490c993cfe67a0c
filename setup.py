"""Builds the extensions: every kernel once per CPU level, the runtime once.

Environment (all optional):
    CKERAS_BUILD_ONLY=gemm,lstm     only these modules (development)
    CKERAS_BUILD_LEVELS=v3,v4       only these CPU levels
    CKERAS_BUILD_DEBUG=1            bounds checks, assertions, address and
                                    undefined-behaviour sanitizers
    CKERAS_BUILD_ANNOTATE=1         also write Cython's annotated HTML pages
"""

import copy
import os
import pathlib
import platform
import sys
import tempfile

from Cython.Build import cythonize
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError, LinkError, PlatformError

ROOT = pathlib.Path(__file__).resolve().parent
KERNELS = pathlib.Path("ckeras/kernels")
ENGINE = pathlib.Path("ckeras/engine")
LEVEL_FLAGS = {
    "v2": ["-march=x86-64-v2"],
    "v3": ["-march=x86-64-v3"],
    "v4": ["-march=x86-64-v4", "-mprefer-vector-width=512"],
    "baseline": [],
}
# Random numbers are the same bits on every CPU level: no fused multiply-add.
# Depthwise convolutions keep a tile in registers only if all its loops unroll, and
# those of other loops only if the tile is a function of its own.
MODULE_FLAGS = {
    "random": ["-ffp-contract=off"],
    "depthwise": [
        "--param=max-completely-peeled-insns=20000",
        "-fno-inline-functions-called-once",
    ],
}
DEBUG = os.environ.get("CKERAS_BUILD_DEBUG", "") not in ("", "0")

# What a build from source needs, each with a program that shows it, and what to say
# to somebody whose machine lacks it.
NEEDS = [
    ("a C compiler", "int main(void) { return 0; }", []),
    (
        "OpenMP for that compiler",
        "#include <omp.h>\nint main(void) { return omp_get_max_threads() < 1; }",
        ["-fopenmp"],
    ),
    (
        "the headers of this Python",
        "#include <Python.h>\nint main(void) { return 0; }",
        [],
    ),
]
MISSING = """\

ckeras is built from source with a C compiler, OpenMP and the headers of Python.
Here, {what} could not be used. Install what is missing and try again:
    Debian, Ubuntu    apt-get install gcc libc6-dev python3-dev
    Fedora            dnf install gcc python3-devel
    Alpine            apk add gcc musl-dev python3-dev libgomp
The compiler said: {error}"""


def named_in(variable, default):
    """The comma-separated names in an environment variable, or `default`."""
    return [n for n in os.environ.get(variable, "").split(",") if n] or default


def cpu_levels():
    """The CPU levels to build for on this kind of machine."""
    x86_64 = platform.machine().lower() in ("x86_64", "amd64")
    default = ["v2", "v3", "v4"] if x86_64 else ["baseline"]
    return named_in("CKERAS_BUILD_LEVELS", default)


def compile_flags():
    """Flags that every extension shares.

    Of the relaxed-arithmetic flags only those that change no result are named:
    no errno from math functions and no traps. Nothing that reorders additions.
    """
    warn = ["-Wno-unused-function", "-Wno-unused-variable", "-Wno-unknown-pragmas"]
    # The register tile only stays in registers where it is inlined, constants and all.
    inline = "-DCYTHON_INLINE=inline __attribute__((always_inline))"
    common = ["-std=gnu11", "-fopenmp", "-fno-math-errno", "-fno-trapping-math"]
    common += [inline, *warn]
    if DEBUG:
        checks = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
        # Products and sums become one instruction as they do in a release.
        fused = "-fexpensive-optimizations"
        return [*common, "-O1", fused, "-g", "-fno-omit-frame-pointer", *checks]
    return [*common, "-O3", "-g0", "-fvisibility=hidden"]


def link_flags():
    """Link flags; the release build drops its symbol table to stay small."""
    sanitize = ["-fsanitize=address,undefined"]
    return ["-fopenmp", *(sanitize if DEBUG else ["-Wl,-s"])]


def translate():
    """Runs Cython once per source and returns the extensions, one per level."""
    kernels = sorted(KERNELS.glob("*/*.pyx"))
    sources = [*kernels, *sorted(ENGINE.rglob("*.pyx"))]
    only = named_in("CKERAS_BUILD_ONLY", [p.stem for p in sources])
    modules = [
        Extension(".".join(p.with_suffix("").parts), [str(p)])
        for p in sources
        if p.stem in only
    ]
    translated = cythonize(
        modules,
        nthreads=0,
        annotate=os.environ.get("CKERAS_BUILD_ANNOTATE", "") not in ("", "0"),
        compiler_directives={
            "language_level": 3,
            "boundscheck": DEBUG,
            "wraparound": False,
            "initializedcheck": DEBUG,
            "cdivision": True,
            "embedsignature": False,
        },
    )
    return [e for m in translated for e in extensions_of(m)]


def extensions_of(module):
    """One extension for each CPU level for a kernel, one for the runtime."""
    package, family, name = module.name.rsplit(".", 2)
    levels = cpu_levels() if package == "ckeras.kernels" else [None]
    flags = compile_flags() + MODULE_FLAGS.get(name, [])
    for level in levels:
        extension = Extension(
            f"{package}.{level}.{family}.{name}" if level else module.name,
            module.sources,
            depends=[str(p) for p in pathlib.Path("ckeras").rglob("*.pxd")],
            extra_compile_args=flags + LEVEL_FLAGS.get(level, []),
            extra_link_args=link_flags(),
        )
        extension.level = level
        yield extension


class BuildExtensions(build_ext):
    """Compiles in parallel, with an object folder for each CPU level."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def copy_extensions_to_source(self):
        for extension in self.extensions:
            folder = pathlib.Path(*extension.name.split(".")[:-1])
            folder.mkdir(parents=True, exist_ok=True)
        super().copy_extensions_to_source()

    def build_extension(self, extension):
        # The levels share their C sources, so their objects would collide.
        level = copy.copy(self)
        level.build_temp = os.path.join(self.build_temp, extension.level or "runtime")
        super(BuildExtensions, level).build_extension(extension)

    def build_extensions(self):
        for what, program, flags in NEEDS:
            try:
                self._try_to_build(program, flags)
            except (CompileError, LinkError, PlatformError) as error:
                sys.exit(MISSING.format(what=what, error=error))
        super().build_extensions()

    def _try_to_build(self, program, flags):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder, "probe.c")
            source.write_text(program)
            objects = self.compiler.compile(
                [str(source)],
                output_dir=folder,
                include_dirs=self.include_dirs,
                extra_postargs=flags,
            )
            self.compiler.link_executable(
                objects, str(pathlib.Path(folder, "probe")), extra_postargs=flags
            )


os.chdir(ROOT)
setup(ext_modules=translate(), cmdclass={"build_ext": BuildExtensions})
