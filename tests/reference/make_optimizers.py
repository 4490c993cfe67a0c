"""Stores Keras's optimizer steps: `KERAS_BACKEND=jax python make_optimizers.py`."""

import json
import pathlib

import keras
import numpy as np
from optimizers_cases import (
    CASES,
    SCHEDULE_STEPS,
    SCHEDULES,
    STEPS,
    gradients,
    options,
    start,
)

HERE = pathlib.Path(__file__).parent


def main():
    arrays, facts = {}, {"keras": keras.__version__}
    for name, case in CASES.items():
        made = options(case, keras.optimizers.schedules)
        optimizer = getattr(keras.optimizers, case[0])(**made, name="opt")
        with keras.name_scope("model"):
            variables = [keras.Variable(v, name=f"w{i}") for i, v in enumerate(start())]
        optimizer.build(variables)
        for step in range(STEPS):
            optimizer.apply([keras.ops.array(g) for g in gradients(step)])
            for i, variable in enumerate(variables):
                arrays[f"{name}/{step}/{i}"] = variable.numpy()
        for i, variable in enumerate(optimizer.variables):
            arrays[f"{name}/state/{i}"] = variable.numpy()
        facts[name] = {
            "config": keras.optimizers.serialize(optimizer),
            "variables": [
                [v.path, list(v.shape), str(v.dtype)] for v in optimizer.variables
            ],
        }
    for name, (cls, given, more) in SCHEDULES.items():
        schedule = getattr(keras.optimizers.schedules, cls)(*given, **more)
        values = [float(schedule(step)) for step in SCHEDULE_STEPS]
        arrays[f"schedule/{name}"] = np.array(values)
        facts[f"schedule/{name}"] = keras.optimizers.schedules.serialize(schedule)
    np.savez_compressed(HERE / "optimizers.npz", **arrays)
    (HERE / "optimizers.json").write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
