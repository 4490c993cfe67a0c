"""Stores what Keras's losses give: `KERAS_BACKEND=jax python make_losses.py`."""

import json
import pathlib

import jax
import keras
import numpy as np
from losses_cases import CASES, data

HERE = pathlib.Path(__file__).parent


def main():
    arrays, configs = {}, {"keras": keras.__version__, "jax": jax.__version__}
    for name, (cls, options, kind) in CASES.items():
        y_true, y_pred, weight = data(kind)
        loss = getattr(keras.losses, cls)(**options)
        plain = getattr(keras.losses, cls)(**{**options, "reduction": "none"})
        arrays[f"{name}/value"] = loss(y_true, y_pred)
        arrays[f"{name}/each"] = plain(y_true, y_pred)
        if arrays[f"{name}/each"].shape == weight.shape:
            arrays[f"{name}/weighted"] = loss(y_true, y_pred, sample_weight=weight)
        gradient = jax.grad(lambda p, t=y_true, f=loss: f(t, p).sum())(y_pred)
        arrays[f"{name}/gradient"] = gradient
        configs[name] = keras.losses.serialize(loss)
    np.savez_compressed(
        HERE / "losses.npz", **{k: np.asarray(v) for k, v in arrays.items()}
    )
    (HERE / "losses.json").write_text(json.dumps(configs, indent=1) + "\n")


if __name__ == "__main__":
    main()
