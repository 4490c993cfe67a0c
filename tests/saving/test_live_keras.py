"""Files that ckeras wrote, read by the Keras that is installed (skipped without)."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tests.reference.recurrent.cases import reader, translator
from tests.saving.helpers import graph_model, sequence_model, trained

READ = """
import sys
import numpy as np
import keras

folder = sys.argv[1]
for name in ("sequence", "graph", "recurrent", "states"):
    with np.load(f"{folder}/{name}.npz") as stored:
        x = [stored[k] for k in sorted(stored.files) if k.startswith("x")]
        expected = [stored[k] for k in sorted(stored.files) if k.startswith("y")]
    x = x[0] if len(x) == 1 else x
    for ending in ("keras", "h5"):
        model = keras.models.load_model(f"{folder}/{name}.{ending}")
        assert model.compiled and model.optimizer.built
        found = model.predict(x, verbose=0)
        found = found if isinstance(found, list) else [found]
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, two, rtol=2e-5, atol=2e-6)
        for ours in (f"{folder}/{name}.{ending}", f"{folder}/{name}.weights.h5"):
            clone = keras.models.clone_model(model)
            clone.load_weights(ours)
            for one, two in zip(clone.get_weights(), model.get_weights(), strict=True):
                np.testing.assert_array_equal(one, two)
        state = [np.asarray(v) for v in model.optimizer.variables]
        with np.load(f"{folder}/{name}_optimizer.npz") as stored:
            for i, value in enumerate(state):
                np.testing.assert_array_equal(value, stored[str(i)])
print("the same")
"""


MODELS = {
    "sequence": sequence_model,
    "graph": graph_model,
    "recurrent": lambda: trained(reader),
    "states": lambda: trained(translator),
}


def python_with_keras():
    """The interpreter named by CKERAS_KERAS_PYTHON, or this one if it has Keras."""
    python = os.environ.get("CKERAS_KERAS_PYTHON", sys.executable)
    found = subprocess.run(
        [python, "-c", "import importlib.util as u; print(u.find_spec('keras'))"],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode or found.stdout.strip() == "None":
        pytest.skip("Keras is not installed; CKERAS_KERAS_PYTHON can name a Python")
    return python


def test_keras_reads_our_files(tmp_path):
    python = python_with_keras()
    for name, make in MODELS.items():
        model, x = make()
        model.save(tmp_path / f"{name}.keras")
        model.save(tmp_path / f"{name}.h5")
        model.save_weights(tmp_path / f"{name}.weights.h5")
        inputs = x if isinstance(x, list) else [x]
        outputs = model.predict(x, verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        arrays = {f"x{i}": a for i, a in enumerate(inputs)}
        arrays |= {f"y{i}": a for i, a in enumerate(outputs)}
        np.savez(tmp_path / f"{name}.npz", **arrays)
        state = {str(i): v.numpy() for i, v in enumerate(model.optimizer.variables)}
        np.savez(tmp_path / f"{name}_optimizer.npz", **state)
    script = tmp_path / "read.py"
    script.write_text(READ)
    environment = {"KERAS_BACKEND": "jax", **os.environ}
    done = subprocess.run(
        [python, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.stdout.strip().endswith("the same"), done.stderr[-2000:]
