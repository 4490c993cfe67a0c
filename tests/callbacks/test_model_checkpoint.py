import pytest

from ckeras.callbacks import ModelCheckpoint
from tests.callbacks.helpers import run

EPOCHS = [{"val_loss": 3.0}, {"val_loss": 2.0}, {"val_loss": 2.5}]


def test_every_epoch_with_fields_in_the_name():
    callback = ModelCheckpoint("m-{epoch:02d}-{val_loss:.1f}.keras")
    assert run([callback], EPOCHS).saved == [
        "m-01-3.0.keras",
        "m-02-2.0.keras",
        "m-03-2.5.keras",
    ]
    assert not callback.wants_batches("train")


def test_only_the_best():
    callback = ModelCheckpoint(
        "{epoch}.weights.h5", save_best_only=True, save_weights_only=True
    )
    assert run([callback], EPOCHS).saved == ["1.weights.h5", "2.weights.h5"]


def test_threshold():
    callback = ModelCheckpoint(
        "{epoch}.h5", save_best_only=True, initial_value_threshold=2.2
    )
    assert run([callback], EPOCHS).saved == ["2.h5"]


def test_every_few_batches():
    callback = ModelCheckpoint("{epoch}-{batch}.keras", save_freq=2)
    assert callback.wants_batches("train")
    model = run([callback], [{"loss": 1.0}] * 2, batches=[{"loss": 1.0}] * 3)
    assert model.saved == ["1-2.keras", "2-1.keras", "2-3.keras"]


@pytest.mark.parametrize(
    ("path", "weights"), [("m.txt", False), ("m.keras", True), ("m.h5", True)]
)
def test_endings(path, weights):
    with pytest.raises(ValueError, match="`filepath` to end in"):
        ModelCheckpoint(path, save_weights_only=weights)


def test_save_freq():
    with pytest.raises(ValueError, match="Unrecognized save_freq"):
        ModelCheckpoint("m.keras", save_freq="step")


def test_unknown_field():
    with pytest.raises(KeyError, match="Failed to format this callback filepath"):
        run([ModelCheckpoint("{nothing}.keras")], EPOCHS)


def test_missing_quantity_warns_and_saves():
    callback = ModelCheckpoint("m.keras", save_best_only=True)
    with pytest.warns(UserWarning, match="only with val_loss available"):
        model = run([callback], [{"loss": 1.0}])
    assert model.saved == ["m.keras"]


def test_folder_in_the_way(tmp_path):
    folder = tmp_path / "m.keras"
    folder.mkdir()
    with pytest.raises(OSError, match="existing directory"):
        run([ModelCheckpoint(folder)], EPOCHS)


def test_message(capsys):
    run([ModelCheckpoint("m.keras", save_best_only=True, verbose=1)], EPOCHS[:2])
    assert capsys.readouterr().out == (
        "\nEpoch 1: val_loss improved from None to 3.00000, saving model to m.keras\n"
        "\nEpoch 1: finished saving model to m.keras\n"
        "\nEpoch 2: val_loss improved from 3.00000 to 2.00000, saving model to "
        "m.keras\n\nEpoch 2: finished saving model to m.keras\n"
    )
