"""The rules of the house: which way imports point, how large files and folders are."""

import ast
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parents[1]
PACKAGE = ROOT / "ckeras"
SOURCES = sorted(PACKAGE.rglob("*.py"))
CYTHON = sorted([*PACKAGE.rglob("*.pyx"), *PACKAGE.rglob("*.pxd")])

# What each room may import, besides itself. Rooms stand in the order of the layers:
# kernels, engine, ops, the parts of models, models, training, and what is on top.
# `engine` knows ops by registration only; saving knows objects by name only.
ENGINE = {"engine"}
NUMBERS = ENGINE | {"ops"}
NAMED = NUMBERS | {"saving"}
ALLOWED = {
    "version": set(),
    "kernels": set(),
    "engine": {"kernels"},
    "ops": ENGINE,
    "tree": ENGINE,
    "config": ENGINE,
    "saving": ENGINE | {"utils", "version"},
    "utils": NAMED,
    "random": NAMED,
    "dtype_policies": NAMED,
    "activations": NAMED,
    "constraints": NAMED,
    "regularizers": NAMED,
    "initializers": NAMED | {"random"},
    "losses": NAMED | {"utils"},
    "metrics": NAMED | {"utils", "losses", "initializers", "activations"},
    "optimizers": NAMED | {"utils", "initializers"},
    "layers": NAMED
    | {"activations", "constraints", "dtype_policies", "initializers", "random"}
    | {"regularizers", "utils"},
    "callbacks": NAMED | {"utils"},
    "preprocessing": NUMBERS | {"utils"},
    "training": NAMED
    | {"callbacks", "layers", "losses", "metrics", "optimizers", "utils"},
    "models": NAMED | {"layers", "training", "utils"},
}
# The primitives are for those who build gradients or whole kernels into a layer.
PRIMITIVES_FOR = {"ops", "layers/rnn", "optimizers", "random"}
# Imports within functions that break a circle by intent: (importer, imported).
LATE = {
    ("saving", "layers"),
    ("saving", "models"),
    ("saving", "optimizers"),
    ("saving", "losses"),
    ("saving", "metrics"),
    ("utils", "models"),
    ("utils", "layers"),
}
# `ckeras/` holds the public modules of Keras, `layers/` its families of layers.
MOST_ENTRIES = 16
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
        assert below <= set(done) or name in ("saving",), (name, below - set(done))
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
    paths = [p for p in (ROOT / folder).rglob("*.p*") if p in CYTHON or p.suffix == ".py"]
    lengths = {
        str(p.relative_to(ROOT)): len(p.read_text().splitlines()) for p in paths
    }
    assert {p: n for p, n in lengths.items() if n > MOST_LINES} == {}


def _entries(folder):
    """What a reader finds in a folder: no caches, nothing that was compiled."""
    kept = {".py", ".pyx", ".pxd", ".npz", ".json", ".md", ".keras", ".h5", ""}
    for path in folder.iterdir():
        hidden = path.name.startswith((".", "__pycache__"))
        compiled = path.parent.name == "kernels" and path.is_dir()
        if not hidden and not compiled and path.suffix in kept:
            if path.name != "__init__.py":
                yield path


@pytest.mark.parametrize("top", ["ckeras", "tests"])
def test_folders_are_small(top):
    folders = [p for p in (ROOT / top).rglob("*") if p.is_dir()]
    counts = {}
    for folder in folders:
        if "__pycache__" not in folder.parts:
            counts[str(folder.relative_to(ROOT))] = len(list(_entries(folder)))
    assert {f: n for f, n in counts.items() if n > MOST_ENTRIES} == {}


def _texts():
    for pattern in ("*.py", "*.pyx", "*.pxd", "*.md", "*.toml", "*.cfg", "*.yml"):
        for path in ROOT.rglob(pattern):
            hidden = any(p.startswith(".") for p in path.relative_to(ROOT).parts)
            if not hidden and "build" not in path.relative_to(ROOT).parts:
                yield path


def test_no_paths_of_somebodys_machine():
    words = re.compile("|".join(["/" + name + r"\b/" for name in ("work", "root", "home")]))
    for path in _texts():
        assert not words.search(path.read_text()), path


def test_no_flags_that_reorder_arithmetic():
    text = (ROOT / "setup.py").read_text()
    for flag in ("fast-math", "-Ofast", "associative-math", "unsafe-math"):
        assert flag not in text


def _re_exports_only(path):
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.Assign):
            # `__all__` and other names for what is imported.
            value = node.value
            named = isinstance(value, (ast.Name, ast.Attribute))
            listed = isinstance(value, (ast.List, ast.Tuple, ast.BinOp))
            if named or (listed and node.targets[0].id == "__all__"):
                continue
        return False
    return True


def test_init_files_only_re_export():
    # The package of kernels chooses the CPU level: that is what it is.
    exempt = {PACKAGE / "kernels" / "__init__.py"}
    inits = [p for p in SOURCES if p.name == "__init__.py" and p not in exempt]
    assert [str(p) for p in inits if not _re_exports_only(p)] == []


def test_all_lists_what_is_imported():
    for path in SOURCES:
        if path.name != "__init__.py" or path.parent.name == "kernels":
            continue
        tree = ast.parse(path.read_text())
        names = [
            alias.asname or alias.name
            for node in tree.body
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        ]
        listed = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign)
            and node.targets[0].id == "__all__"
            and not isinstance(node.value, ast.BinOp)
        ]
        if listed:
            assert set(names) - set(listed[0]) == set(), path
