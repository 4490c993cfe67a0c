"""Compares gradients with central differences, in float64, for every input."""

import numpy as np

from ckeras.engine import tree
from ckeras.engine.function import function
from ckeras.engine.tracing.gradient import GradientTape
from ckeras.engine.values.convert import convert_to_tensor


def check_gradients(fn, *arrays, step=1e-5, rtol=1e-6, atol=1e-7, seed=0):
    """Asserts that the tape's gradient of `fn` is its slope, for every float input.

    The outputs are weighted with random numbers, so that no two errors cancel.

    Args:
        fn: takes one tensor for each array; returns a tensor or a structure of them.
            It must be a function of its arguments alone.
        *arrays: where to differentiate; floats are taken as float64, other types
            are passed on as they are.
        step: half of the difference between the two evaluations.
        rtol, atol: how far the two may differ, the latter relative to the largest
            entry of that input's gradient.

    Returns:
        The tape's gradients, for further checks; None for inputs that are no floats.
    """
    arrays = [_wide(a) for a in arrays]
    sources = [convert_to_tensor(a) for a in arrays]
    with GradientTape() as tape:
        tape.watch(sources)
        outputs = tree.flatten(fn(*sources))
    outputs = [o for o in outputs if o.dtype == "float64"]
    rng = np.random.default_rng(seed)
    weights = [rng.uniform(0.5, 1.5, o.shape) for o in outputs]
    found = tape.gradient(
        outputs, sources, output_gradients=[convert_to_tensor(w) for w in weights]
    )

    def weighted(values):
        results = tree.flatten(fn(*[convert_to_tensor(v) for v in values]))
        results = [np.asarray(r) for r in results if r.dtype == "float64"]
        return sum(float((w * r).sum()) for w, r in zip(weights, results, strict=True))

    for i, (array, gradient) in enumerate(zip(arrays, found, strict=True)):
        if array.dtype != np.float64:
            assert gradient is None, f"input {i}, {array.dtype}, has a gradient"
            continue
        expected = _slopes(weighted, arrays, i, step)
        if gradient is None:
            gradient = np.zeros(array.shape)
        gradient = np.asarray(gradient)
        assert gradient.shape == array.shape, f"gradient of input {i}"
        largest = np.abs(expected).max(initial=0)
        np.testing.assert_allclose(
            gradient,
            expected,
            rtol=rtol,
            atol=atol * max(1.0, largest),
            err_msg=f"gradient of input {i}",
        )
    return found


def check_traced(fn, *arrays, rtol=1e-9, atol=1e-11):
    """Asserts that a compiled `fn` has the values and gradients that it has at once.

    Args:
        fn: a function of tensors that returns a scalar.
        *arrays: where to evaluate it, as float64.
        rtol, atol: how far the two may differ.

    Returns:
        The compiled function, which returns the value and the list of gradients.
    """
    arrays = [_wide(a) for a in arrays]

    def value_and_gradients(*values):
        values = list(values)
        with GradientTape() as tape:
            tape.watch(values)
            result = fn(*values)
        return result, tape.gradient(result, values, unconnected_gradients="zero")

    compiled = function(value_and_gradients)
    found = tree.flatten(compiled(*arrays))
    expected = tree.flatten(value_and_gradients(*map(convert_to_tensor, arrays)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=rtol, atol=atol)
    return compiled


def _wide(array):
    array = np.array(array)
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _slopes(function, arrays, index, step):
    """Central differences of `function` for each entry of `arrays[index]`."""
    arrays = [a.copy() for a in arrays]
    flat = arrays[index].reshape(-1)
    slopes = np.empty(flat.shape)
    for j, value in enumerate(flat.copy()):
        flat[j] = value + step
        above = function(arrays)
        flat[j] = value - step
        below = function(arrays)
        flat[j] = value
        slopes[j] = (above - below) / (2 * step)
    return slopes.reshape(arrays[index].shape)
