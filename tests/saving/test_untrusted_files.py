"""Files made to harm: an error, no code run, no memory taken."""

import io
import json
import tracemalloc
import zipfile

import h5py
import numpy as np
import pytest

from ckeras import models
from tests.saving.helpers import graph_model


@pytest.fixture(scope="module")
def members(tmp_path_factory):
    model, _ = graph_model()
    path = tmp_path_factory.mktemp("files") / "m.keras"
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def refuse(path, message, error=ValueError):
    tracemalloc.start()
    with pytest.raises(error, match=message):
        models.load_model(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6


def edit(content, **changes):
    config = json.loads(content)
    for path, value in changes.items():
        place = config
        *parents, last = path.split("__")
        for part in parents:
            place = place[int(part) if part.isdigit() else part]
        place[last] = value
    return json.dumps(config)


def with_weights(members, change):
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        change(file)
    return {**members, "model.weights.h5": buffer.getvalue()}


def test_no_archive(tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(b"nothing of the kind")
    refuse(path, "no `.keras` archive")
    path = tmp_path / "m.h5"
    path.write_bytes(b"nothing of the kind")
    refuse(path, "no HDF5 file")


def test_missing_members(members, tmp_path):
    for name in ("config.json", "model.weights.h5"):
        rest = {k: v for k, v in members.items() if k != name}
        refuse(pack(tmp_path / "m.keras", rest), f"'{name}' once")


def test_compressed_archives_are_fine(members, tmp_path):
    path = pack(tmp_path / "m.keras", members, zipfile.ZIP_DEFLATED)
    assert models.load_model(path).name == "graph"


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_zip_bomb(members, tmp_path, name):
    bomb = {**members, name: bytes(300 << 20)}
    path = pack(tmp_path / "m.keras", bomb, zipfile.ZIP_DEFLATED)
    refuse(path, f"'{name}' in the archive declares 314572800 bytes")


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (b"{", "not valid JSON"),
        (b"\xff\xfe", "not valid JSON"),
        (b"[1, 2]", "JSON object"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_broken_configuration(members, tmp_path, config, message):
    path = pack(tmp_path / "m.keras", {**members, "config.json": config})
    refuse(path, message)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"),
        ("builtins", "eval"),
        ("subprocess", "Popen"),
        ("keras.models", "load_model"),
        ("keras.utils", "get_file"),
        ("ckeras.saving.saving_api", "load_model"),
    ],
)
def test_only_known_classes(members, tmp_path, module, name):
    config = edit(
        members["config.json"],
        module=module,
        class_name=name,
        registered_name=name,
        config={"name": "x"},
    )
    path = pack(tmp_path / "m.keras", {**members, "config.json": config})
    refuse(path, "Could not locate", TypeError)


def test_lambda(members, tmp_path):
    code = {"class_name": "__lambda__", "config": {"value": {"code": "4wA="}}}
    config = edit(members["config.json"], config__layers__1__config__activation=code)
    path = pack(tmp_path / "m.keras", {**members, "config.json": config})
    refuse(path, "lambda", (TypeError, ValueError))


def test_a_configuration_that_asks_for_terabytes(members, tmp_path):
    config = edit(members["config.json"], config__layers__1__config__units=10**11)
    path = pack(tmp_path / "m.keras", {**members, "config.json": config})
    refuse(path, "more variables than the .* bytes of weights")


def test_shapes_of_the_file_are_checked_before_reading(members, tmp_path):
    def change(file):
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = np.zeros((3, 5), "float32")

    path = pack(tmp_path / "m.keras", with_weights(members, change))
    refuse(path, r"\(3, 4\)[\s\S]*\(3, 5\)")


def test_a_dataset_that_declares_terabytes(members, tmp_path):
    def change(file):
        for name in ("layers/dense/vars/0", "optimizer/vars/2"):
            del file[name]
            file.create_dataset(
                name, (1 << 20, 1 << 20), "f4", chunks=(64, 64), compression="gzip"
            )

    path = pack(tmp_path / "m.keras", with_weights(members, change))
    refuse(path, "declares")


@pytest.mark.parametrize(
    "link",
    [h5py.ExternalLink("/etc/hostname", "/x"), h5py.SoftLink("/layers/dense_1/vars")],
)
def test_links(members, tmp_path, link):
    def change(file):
        del file["layers/dense/vars"]
        file["layers/dense/vars"] = link

    path = pack(tmp_path / "m.keras", with_weights(members, change))
    refuse(path, "Not allowed: HDF5 file with")


def test_older_format(tmp_path):
    model, _ = graph_model()
    path = tmp_path / "m.h5"

    def damaged(change):
        model.save(path)
        with h5py.File(path, "r+") as file:
            change(file)
        return path

    def huge(file):
        config = json.loads(file.attrs["model_config"])
        config["config"]["layers"][1]["config"]["units"] = 10**11
        file.attrs["model_config"] = json.dumps(config)

    def no_config(file):
        del file.attrs["model_config"]

    def link(file):
        del file["model_weights/shared"]
        file["model_weights/shared"] = h5py.ExternalLink("/etc/hostname", "/x")

    def text(file):
        file.attrs["model_config"] = "[1, 2]"

    refuse(damaged(huge), "more variables than")
    refuse(damaged(no_config), "No model config")
    refuse(damaged(link), "Not allowed")
    refuse(damaged(text), "JSON object")
