"""The rules of the house: which way imports point, how large files and folders are."""

import ast
import importlib
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "ckeras"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CYTHON = sorted([*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.pxd")])

# What each room may import at the top of a file, besides itself; every room may only
# import those above it in this table, so there are no circles.
BASE = {"engine", "ops", "saving", "user_code"}
ALLOWED = {
    "version": set(),
    "lazy": set(),
    "kernels": set(),
    "user_code": set(),
    "engine": {"kernels", "user_code"},
    "ops": {"engine", "kernels"},  # of kernels: the sizes of workspaces
    "tree": {"engine"},
    "saving": {"engine", "version"},  # knows classes by their registered names
    "utils": BASE,
    "random": BASE,
    "dtype_policies": BASE,
    "config": {"engine", "dtype_policies", "utils"},
    "backend": {"engine", "utils"},
    "activations": BASE,
    "constraints": BASE,
    "regularizers": BASE,
    "initializers": BASE | {"random"},
    "losses": BASE | {"dtype_policies", "utils"},
    "metrics": BASE
    | {"activations", "dtype_policies", "initializers", "losses", "utils"},
    "optimizers": BASE | {"initializers", "utils"},
    "layers": BASE
    | {"activations", "constraints", "dtype_policies", "initializers", "metrics"}
    | {"random", "regularizers", "utils"},
    "callbacks": BASE | {"utils"},
    "preprocessing": BASE | {"utils"},
    "training": BASE
    | {"callbacks", "layers", "losses", "metrics", "optimizers", "utils"},
    "models": BASE | {"layers", "training", "utils"},
}
# The primitives are for those who build gradients or whole kernels into a layer.
PRIMITIVES_FOR = {"ops", "layers/rnn", "optimizers", "random"}
# Imports inside functions may also look up: (importer, imported). Objects from files
# are found by name, whatever room their class is in.
LATE = {
    ("engine", "initializers"),  # `Variable("ones", shape=...)`
    ("saving", "layers"),
    ("saving", "models"),
    ("saving", "ops"),
    ("saving", "utils"),
    ("saving", "optimizers"),
    ("saving", "losses"),
    ("saving", "metrics"),
    ("ops", "random"),  # the seed of `image.elastic_transform`
    ("utils", "dtype_policies"),
    ("utils", "layers"),
    ("utils", "models"),
    ("utils", "random"),
}
# A file `x.pyx` and its header `x.pxd`, or a script and what it made, are one entry.
MOST_ENTRIES = 16
# Folders that still have to be divided by family. The numbers may only fall.
OVERFULL = {
    "ckeras/engine": 23,
    "ckeras/layers": 20,
    "tests/layers": 19,
    "ckeras/ops/primitives": 18,
    "tests/reference": 25,
}
MOST_LINES = 400


def room(path):
    """The room of a file, `ckeras/version.py` being one of its own."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path):
    """Each `ckeras` module that a file imports, and whether at its top level."""
    tree = ast.parse(path.read_text())
    top = set(map(id, tree.body))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            names = [node.module]
            if node.module == "ckeras" or _is_folder(node.module):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name == "ckeras" or name.startswith("ckeras."):
                yield name, id(node) in top


def _is_folder(module):
    return module.startswith("ckeras.") and (ROOT / module.replace(".", "/")).is_dir()


def test_every_room_is_in_the_table():
    assert {room(p) for p in SOURCES} - {"__init__"} == set(ALLOWED)


def test_the_table_has_no_circles():
    done = []
    for name, below in ALLOWED.items():
        assert below <= set(done), (name, below - set(done))
        done.append(name)


@pytest.mark.parametrize("name", ALLOWED)
def test_imports_point_one_way(name):
    wrong = []
    for path in SOURCES:
        if room(path) != name:
            continue
        for module, at_top in imports(path):
            other = module.split(".")[1] if "." in module else "ckeras"
            fine = other == name or other in ALLOWED[name]
            if not fine and not (not at_top and (name, other) in LATE):
                wrong.append(f"{path.relative_to(ROOT)} imports {module}")
    assert wrong == []


def test_primitives_are_imported_by_few():
    for path in SOURCES:
        folder = path.parent.relative_to(PACKAGE).as_posix()
        if any(folder == f or folder.startswith(f"{f}/") for f in PRIMITIVES_FOR):
            continue
        found = [m for m, _ in imports(path) if m.startswith("ckeras.ops.primitives")]
        assert found == [], path


def test_kernels_know_nothing_of_python_above_them():
    for path in CYTHON:
        for line in path.read_text().splitlines():
            match = re.match(r"\s*(?:from|import|cimport)\s+(ckeras[.\w]*)", line)
            if match and path.is_relative_to(PACKAGE / "kernels"):
                assert match.group(1).startswith("ckeras.kernels"), (path, line)


@pytest.mark.parametrize("folder", ["ckeras", "tests", "examples", "benchmarks"])
def test_files_are_short(folder):
    paths = [
        p for p in (ROOT / folder).rglob("*.p*") if p in CYTHON or p.suffix == ".py"
    ]
    lengths = {str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in paths}
    assert {p: n for p, n in lengths.items() if n > MOST_LINES} == {}


def _entries(folder):
    """What a reader finds in a folder: no caches, nothing that was compiled."""
    kept = {".py", ".pyx", ".pxd", ".npz", ".json", ".md", ".keras", ".h5", ""}
    names = set()
    for path in folder.iterdir():
        hidden = path.name.startswith((".", "_"))
        level = path.name in ("v2", "v3", "v4", "baseline")
        if not hidden and not level and path.suffix in kept:
            names.add(path.name.partition(".")[0])
    return names


@pytest.mark.parametrize("top", ["ckeras", "tests"])
def test_folders_are_small(top):
    folders = [p for p in (ROOT / top).rglob("*") if p.is_dir()]
    counts = {}
    for folder in folders:
        if "__pycache__" not in folder.parts:
            counts[folder.relative_to(ROOT).as_posix()] = len(_entries(folder))
    limits = {folder: OVERFULL.get(folder, MOST_ENTRIES) for folder in counts}
    assert {f: n for f, n in counts.items() if n > limits[f]} == {}


def _texts():
    for pattern in ("*.py", "*.pyx", "*.pxd", "*.md", "*.toml", "*.cfg", "*.yml"):
        for path in ROOT.rglob(pattern):
            hidden = any(p.startswith(".") for p in path.relative_to(ROOT).parts)
            if not hidden and "build" not in path.relative_to(ROOT).parts:
                yield path


def test_no_paths_of_somebodys_machine():
    words = re.compile(
        "|".join(["/" + name + r"\b" for name in ("work", "root", "home")])
    )
    for path in _texts():
        assert not words.search(path.read_text()), path


def test_no_flags_that_reorder_arithmetic():
    text = (ROOT / "setup.py").read_text()
    for flag in ("fast-math", "-Ofast", "associative-math", "unsafe-math"):
        assert flag not in text


def _re_exports(node):
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr):
        # A docstring, or one call that hands names to another module.
        return isinstance(node.value, (ast.Constant, ast.Call))
    if isinstance(node, ast.If):  # imports for type checkers
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    # `__all__`, other names for what is imported, and lazy imports.
    return isinstance(node, ast.Assign) and not isinstance(node.value, ast.Lambda)


def test_init_files_only_re_export():
    # The package of kernels chooses the CPU level: that is what it is.
    exempt = {PACKAGE / "kernels" / "__init__.py"}
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        if path.name == "__init__.py" and path not in exempt
        for node in ast.parse(path.read_text()).body
        if not _re_exports(node)
    ]
    assert wrong == []


def _public_names():
    for path in PACKAGE.rglob("__init__.py"):
        parts = path.parent.relative_to(ROOT).parts
        yield ".".join(parts)


@pytest.mark.parametrize("name", sorted(_public_names()))
def test_all_names_exist(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", ()):
        assert hasattr(module, public), public
