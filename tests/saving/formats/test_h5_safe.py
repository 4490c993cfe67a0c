import h5py
import numpy as np
import pytest

from ckeras.saving.formats import h5_safe


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "file.h5", "w") as file:
        yield file


def test_values_and_strings(file):
    file.create_dataset("a/b/c", data=np.arange(3))
    file.attrs["names"] = np.array([b"x", b"y"])
    file.attrs["more0"] = np.array([b"x"])
    file.attrs["more1"] = np.array([b"z"])
    np.testing.assert_array_equal(h5_safe.read_dataset(file, "a/b/c"), [0, 1, 2])
    assert h5_safe.read_strings(file, "names") == ["x", "y"]
    assert h5_safe.read_strings(file, "more") == ["x", "z"]
    assert h5_safe.has_path(file, "a/b")
    assert not h5_safe.has_path(file, "a/x/y")
    with pytest.raises(KeyError):
        h5_safe.get_dataset(file, "a/b/d")


def test_empty_and_scalar_datasets(file):
    file["empty"] = np.zeros((0, 3))
    file["scalar"] = np.int32(4)
    assert h5_safe.read_dataset(file, "empty").shape == (0, 3)
    assert h5_safe.read_dataset(file, "scalar") == 4


@pytest.mark.parametrize(
    "link", [h5py.SoftLink("/there"), h5py.ExternalLink("other.h5", "/there")]
)
def test_links(file, link):
    file.create_dataset("there/0", data=[1])
    file["here"] = link
    with pytest.raises(ValueError, match="Not allowed: HDF5 file with"):
        h5_safe.get_group(file, "here")
    group = file.create_group("group")
    group["0"] = link
    with pytest.raises(ValueError, match="Not allowed: HDF5 file with"):
        h5_safe.get_dataset(group, "0")


def test_values_in_other_files(file, tmp_path):
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "x", (3,))
    file.create_virtual_dataset("virtual", layout)
    file.create_dataset(
        "external", (3,), "f4", external=[(str(tmp_path / "raw"), 0, 12)]
    )
    for name in ("virtual", "external"):
        with pytest.raises(ValueError, match="values in another file"):
            h5_safe.get_dataset(file, name)


def test_declaration_without_values(file):
    file.create_dataset("chunked", (1 << 40,), "f4", chunks=(1024,), compression="gzip")
    file.create_dataset("plain", (1 << 30,), "f4")
    for name in ("chunked", "plain"):
        with pytest.raises(ValueError, match=r"declares .* bytes, but the file holds"):
            h5_safe.read_dataset(file, name)


def test_other_types(file):
    file.create_dataset("text", data=["a", "b"])
    file.create_dataset("pair", data=np.zeros(2, [("a", "f4"), ("b", "i4")]))
    file["reference"] = np.array([file.ref], dtype=h5py.ref_dtype)
    for name in ("text", "pair", "reference"):
        with pytest.raises(ValueError, match="Expected numbers"):
            h5_safe.get_dataset(file, name)


def test_kinds_are_told_apart(file):
    file.create_dataset("data", data=[1])
    file.create_group("group")
    with pytest.raises(ValueError, match="expected a group"):
        h5_safe.get_group(file, "data")
    with pytest.raises(ValueError, match="expected a dataset"):
        h5_safe.get_dataset(file, "group")
    with pytest.raises(ValueError, match="Invalid path"):
        h5_safe.get_group(file, "group//b")
