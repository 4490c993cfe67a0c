"""A file with normalization layers, read by the Keras that is installed."""

import os
import subprocess

import numpy as np

import ckeras
from tests.reference.normalization import cases
from tests.saving.test_live_keras import python_with_keras

READ = """
import sys
import numpy as np
import keras

folder = sys.argv[1]
x, expected = np.load(f"{folder}/x.npy"), np.load(f"{folder}/y.npy")
for ending in ("keras", "h5"):
    model = keras.models.load_model(f"{folder}/model.{ending}", compile=False)
    found = model.predict(x, verbose=0)
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)
print("the same")
"""


def test_keras_reads_our_files(tmp_path):
    python = python_with_keras()
    model, x = cases.saved_model(ckeras), cases.saved_input()
    model.set_weights(cases.weights("saved", [w.shape for w in model.weights]))
    for ending in ("keras", "h5"):
        model.save(tmp_path / f"model.{ending}")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", model.predict(x, verbose=0))
    (tmp_path / "read.py").write_text(READ)
    done = subprocess.run(
        [python, str(tmp_path / "read.py"), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={"KERAS_BACKEND": "jax", **os.environ},
    )
    assert done.stdout.strip().endswith("the same"), done.stderr[-2000:]
