"""LSTM layers by size, lengths, distinct tokens, step by step, masked; their memory.

    python benchmarks/recurrent.py lengths  # epochs of 50 lengths against one
    python benchmarks/recurrent.py step     # one timestep of a stateful layer
    python benchmarks/recurrent.py memory   # what training keeps, against the formula
    python benchmarks/recurrent.py masks    # rows of 10 to 100 timesteps against 100
    python benchmarks/recurrent.py tokens   # predictions from texts that repeat words
    python benchmarks/recurrent.py sweep --peers-python PATH --picture sweep.svg

`step` and `sweep` compare with PyTorch and Keras on JAX where `--peers-python` names a
Python that has them. Peers run in processes of their own. With `--results FILE`, a
sweep keeps there what it has measured, and goes on from it when it is started again.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

STEP_UNITS = 128
# Batch, timesteps, units: each varied with the others kept.
POINTS = (
    *[(batch, 50, 128) for batch in (1, 4, 16, 64, 256)],
    *[(32, timesteps, 128) for timesteps in (1, 10, 100, 1000)],
    *[(32, 50, units) for units in (8, 32, 128, 512, 1024)],
)


def seconds(work, least=0.3):
    """The median time of a call, after one that compiles."""
    work()
    times, end = [], time.perf_counter() + least
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def keras_model(keras, units, features):
    """An LSTM under a Dense layer, compiled."""
    model = keras.Sequential(
        [
            keras.Input((None, features)),
            keras.layers.LSTM(units),
            keras.layers.Dense(1),
        ]
    )
    model.compile("adam", "mse")
    return model


def keras_train(keras, batch, timesteps, units):
    """Seconds of a training step."""
    model = keras_model(keras, units, units)
    x = np.random.default_rng(0).normal(size=(batch, timesteps, units))
    x, y = x.astype("float32"), np.zeros((batch, 1), "float32")
    return seconds(lambda: model.train_on_batch(x, y))


def torch_train(batch, timesteps, units):
    """The same step with PyTorch's own modules."""
    import torch

    torch.set_num_threads(os.cpu_count())
    lstm = torch.nn.LSTM(units, units, batch_first=True)
    dense = torch.nn.Linear(units, 1)
    optimizer = torch.optim.Adam([*lstm.parameters(), *dense.parameters()])
    x, y = torch.randn(batch, timesteps, units), torch.zeros(batch, 1)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(dense(lstm(x)[0][:, -1]), y).backward()
        optimizer.step()

    return seconds(step)


def keras_step(keras):
    """Seconds for one timestep of one sequence."""
    layers = keras.layers
    lstm = layers.LSTM(STEP_UNITS, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=(1, 1, STEP_UNITS)), lstm])
    x = np.ones((1, 1, STEP_UNITS), "float32")
    return seconds(lambda: model.predict_on_batch(x))


def torch_step():
    """The same with PyTorch's cell."""
    import torch

    torch.set_num_threads(1)  # with more, it waits for them: there is little to do
    cell, x = torch.nn.LSTMCell(STEP_UNITS, STEP_UNITS), torch.ones(1, STEP_UNITS)
    state = [torch.zeros(1, STEP_UNITS)] * 2

    def step():
        state[:] = cell(x, state)

    with torch.inference_mode():
        return seconds(step)


def measure(what):
    """One measurement, named as `peer` asks for it."""
    library, *sizes = what
    if library == "torch":
        return torch_train(*map(int, sizes)) if sizes else torch_step()
    import importlib

    keras = importlib.import_module(library)
    return keras_train(keras, *map(int, sizes)) if sizes else keras_step(keras)


def peer(python, *what):
    """One measurement in a process of its own; None without a Python for it."""
    if python is None:
        return None
    done = subprocess.run(
        [python, __file__, "measure", *map(str, what)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def lengths(options):
    """Epochs with batches of 50 lengths, against as many of the mean length."""
    import ckeras

    rng = np.random.default_rng(0)

    def batches(sizes):
        made = [rng.normal(size=(32, t, 128)).astype("float32") for t in sizes]
        return [(x, np.zeros((32, 1), "float32")) for x in made]

    def epoch(model, data):
        start = time.perf_counter()
        for x, y in data:
            model.train_on_batch(x, y)
        return time.perf_counter() - start

    one, many = batches([44, 45] * 25), batches(range(20, 70))
    print("| batches | one length, s | 50 lengths, s | ratio | next epoch |")
    print("| --- | --- | --- | --- | --- |")
    for count in (50, 200, 800):
        rows = []
        for _ in range(5):
            model = keras_model(ckeras, 128, 128)
            epoch(model, one * 2)  # a process's first epochs are slower
            data = [many[i] for i in rng.permutation(count) % 50]
            same, first, later = (
                epoch(model, d) for d in (one * (count // 50), data, data)
            )
            rows.append((same, first, first / same, later / same))
        same, first, ratio, later = np.median(rows, axis=0)
        print(f"| {count} | {same:.3f} | {first:.3f} | {ratio:.2f} | {later:.2f} |")


def step(options):
    """One timestep of a stateful LSTM, one sequence."""
    own = peer(sys.executable, "ckeras")
    print(f"ckeras  {1e6 * own:8.1f} us")
    for name in ("torch", "keras") if options.peers_python else ():
        other = peer(options.peers_python, name)
        print(f"{name:7} {1e6 * other:8.1f} us, {other / own:.2f} times as long")


def memory(options):
    """The memory of a training step's plan, and what it must keep."""
    import ckeras

    print("| batch | timesteps | units | needed MB | scratch MB | peak MB |")
    print("| --- | --- | --- | --- | --- | --- |")
    for batch, timesteps, units in ((32, 100, 128), (32, 1000, 128), (64, 200, 512)):
        model = keras_model(ckeras, units, units)
        x = np.zeros((batch, timesteps, units), "float32")
        model.train_on_batch(x, np.zeros((batch, 1), "float32"))
        # Gates, c and h of each timestep; the gates' gradients take their place.
        needed = 4 * batch * timesteps * units * (4 + 1 + 1)
        needed += 4 * model.count_params()  # the weights' gradients
        scratch = model.train_function.plan.scratch_bytes
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        cells = f"{needed / 1e6:.1f} | {scratch / 1e6:.1f} | {peak:.0f}"
        print(f"| {batch} | {timesteps} | {units} | {cells} |")


def masked_train(keras, kind, x, mask, **options):
    """Seconds of a training step of one layer below a Dense one."""
    layers, data = keras.layers, [x] if mask is None else [x, mask]
    inputs = [keras.Input(a.shape[1:], dtype=str(a.dtype)) for a in data]
    layer = getattr(layers, kind)(x.shape[-1], **options)
    h = layer(inputs[0], mask=(*inputs, None)[1])
    model = keras.Model(inputs, layers.Dense(1)(h))
    model.compile("adam", "mse")
    y = np.zeros((len(x), 1), "float32")
    return seconds(lambda: model.train_on_batch(data, y), least=1)


def masks(_):
    """Training steps with masks, against those without one."""
    import ckeras

    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 100, 128)).astype("float32")
    lengths, steps = rng.integers(10, 101, (64, 1)), np.arange(100)
    given = {
        "all": np.ones((64, 100), bool),
        "padding behind": steps < lengths,
        "padding before": steps >= 100 - lengths,
    }
    print(f"{lengths.mean():.0f} % of the timesteps count")
    print("| layer | mask | ms | share |")
    print("| --- | --- | --- | --- |")
    for kind in ("LSTM", "GRU", "SimpleRNN"):
        whole = masked_train(ckeras, kind, x, None)
        print(f"| {kind} | none | {1e3 * whole:.2f} | 1 |", flush=True)
        for name, mask in given.items():
            found = masked_train(ckeras, kind, x, mask)
            cells = f"{1e3 * found:.2f} | {found / whole:.2f}"
            print(f"| {kind} | {name} | {cells} |", flush=True)
    half = np.broadcast_to(steps < 50, (64, 100)).copy()
    short = np.ascontiguousarray(x[:, :50])
    print("| layer | 50 timesteps, ms | the same in 100, ms | ratio |")
    print("| --- | --- | --- | --- |")
    for kind, options in (
        *[(kind, {}) for kind in ("LSTM", "GRU", "SimpleRNN")],
        ("LSTM", {"activation": "relu"}),
    ):
        rounds = []
        for _ in range(3):
            one = masked_train(ckeras, kind, short, None, **options)
            rounds.append((one, masked_train(ckeras, kind, x, half, **options)))
        one, two = np.median(rounds, axis=0)
        name = ", ".join([kind, *options.values()])
        cells = f"{1e3 * one:.2f} | {1e3 * two:.2f} | {two / one:.2f}"
        print(f"| {name} | {cells} |", flush=True)


def tokens(options):
    """Predictions from batches of tokens of which some are distinct."""
    import ckeras
    from ckeras.engine.passes import switched_off

    words, rng = 20_480, np.random.default_rng(0)
    texts = {
        "all": rng.permutation(words),
        "drawn evenly": rng.integers(0, words, words),
        "drawn by Zipf's law": np.minimum(rng.zipf(1.2, words), words) - 1,
        "100 characters": rng.integers(0, 100, words),
    }
    layers = ckeras.layers
    model = ckeras.Sequential([layers.Embedding(words, 128), layers.LSTM(128)])
    print("| distinct tokens | share | ms | each timestep by itself, ms |")
    print("| --- | --- | --- | --- |")
    for name, text in texts.items():
        x = text.reshape(256, 80).astype("int32")
        found = []
        for off in ((), ("tokens",)):
            with switched_off(*off) if off else contextlib.nullcontext():
                model.make_predict_function(force=True)
                found.append(1e3 * seconds(lambda x=x: model.predict_on_batch(x)))
        share = len(np.unique(text)) / words
        print(f"| {name} | {share:.2f} | {found[0]:.2f} | {found[1]:.2f} |", flush=True)


def sweep(options):
    """Training steps over the sizes, as Markdown and as a picture."""
    print("| batch | timesteps | units | ckeras ms | torch ms | Keras on JAX ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    kept = pathlib.Path(options.results) if options.results else None
    known = json.loads(kept.read_text()) if kept and kept.exists() else {}
    rows = []
    for point in POINTS:
        row = []
        for name in ("ckeras", "torch", "keras"):
            python = sys.executable if name == "ckeras" else options.peers_python
            key = " ".join(map(str, (name, *point)))
            if key not in known:
                known[key] = peer(python, name, *point)
                if kept:
                    kept.write_text(json.dumps(known))
            row.append(known[key])
        rows.append(row)
        cells = ["-" if s is None else f"{1e3 * s:.2f}" for s in row]
        print(f"| {' | '.join(map(str, point))} | {' | '.join(cells)} |", flush=True)
    if options.picture:
        draw(rows, options.picture)


def draw(rows, path):
    """Time over each of the three sizes, with logarithmic axes."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "sweep"})
    figure = Figure((12, 4), layout="constrained")
    parts = (("batch", 0, 0, 5), ("timesteps", 1, 5, 9), ("units", 2, 9, 14))
    for axes, part in zip(figure.subplots(1, 3), parts, strict=True):
        title, column, start, stop = part
        sizes = [p[column] for p in POINTS[start:stop]]
        for i, name in enumerate(("ckeras", "PyTorch", "Keras on JAX")):
            times = [row[i] for row in rows[start:stop]]
            if None not in times:
                axes.loglog(sizes, [1e3 * t for t in times], "o-", label=name)
        axes.set(xlabel=title, ylabel="ms per training step")
        axes.legend()
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)


COMMANDS = {f.__name__: f for f in (lengths, step, memory, masks, tokens, sweep)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=[*COMMANDS, "measure"])
    parser.add_argument("what", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument("--peers-python", help="a Python with torch, keras and jax")
    parser.add_argument("--results", help="file that keeps what `sweep` has measured")
    parser.add_argument("--picture", help="file for the picture of `sweep`")
    options = parser.parse_args()
    if options.command == "measure":
        print(json.dumps(measure(options.what)))
    else:
        COMMANDS[options.command](options)
