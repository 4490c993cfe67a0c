"""Stores what Keras's metrics give: `KERAS_BACKEND=jax python make_metrics.py`."""

import json
import pathlib

import keras
import numpy as np
from metrics_cases import CASES, arguments, data

HERE = pathlib.Path(__file__).parent


def main():
    arrays, facts = {}, {"keras": keras.__version__}
    for name, (cls, options, kind) in CASES.items():
        for weighted in (False, True):
            metric = getattr(keras.metrics, cls)(**options)
            for batch in data(kind):
                given, weights = arguments(name, batch, weighted)
                metric.update_state(*given, **weights)
            key = f"{name}/weighted" if weighted else f"{name}/plain"
            arrays[key] = np.asarray(metric.result())
        facts[name] = {
            "config": {
                k: np.asarray(v) if hasattr(v, "shape") else v
                for k, v in metric.get_config().items()
            },
            "variables": [
                [v.name, list(v.shape), str(v.dtype)] for v in metric.variables
            ],
        }
    np.savez_compressed(HERE / "metrics.npz", **arrays)
    (HERE / "metrics.json").write_text(
        json.dumps(facts, indent=1, default=np.ndarray.tolist) + "\n"
    )


if __name__ == "__main__":
    main()
