"""What Keras returned or refused for the calls of a table, beside what ckeras does."""

import json
import math
import pathlib

import numpy as np

from ckeras import ops
from ckeras.engine import tree

REFERENCE = pathlib.Path(__file__).parents[2] / "reference" / "ops"


def outcome(name, args, kwargs):
    """The op's results as arrays, or the error that it raises."""
    try:
        results = tree.flatten(getattr(ops, name)(*args, **kwargs))
    except (ValueError, TypeError, IndexError) as error:
        return error
    return [np.asarray(r) for r in results]


class Table:
    """Calls and their stored results, kept as the numbers of all of them in a row.

    Args:
        name: of the file below `reference/ops`.
        calls: pairs of a key and a call: the op's name, arguments and keyword
            arguments.
        different: keys of calls whose results are not Keras's, for known reasons.

    Attributes:
        calls: the calls by their keys.
        names: the names of the ops.
    """

    def __init__(self, name, calls, different):
        stored = np.load(REFERENCE / f"{name}.npz")
        self.calls = dict(calls)
        self.names = sorted({call[0] for call in self.calls.values()})
        self._different = different
        self._facts = json.loads(str(stored["facts"]))
        values, start, self._values = stored["values"], 0, {}
        for key, facts in self._facts.items():
            self._values[key] = []
            for _, shape in facts if isinstance(facts, list) else ():
                size = math.prod(shape)
                self._values[key].append(values[start : start + size])
                start += size

    def keys_of(self, name):
        """The keys of an op's calls."""
        return [key for key, call in self.calls.items() if call[0] == name]

    def wrong(self, name):
        """The calls of an op that are not as Keras has them or not listed as such."""
        wrong = {}
        for key in self.keys_of(name):
            found = self._difference(key, outcome(*self.calls[key]))
            if (found is None) == (key in self._different):
                wrong[key] = found or "as Keras has it, yet listed as different"
        return wrong

    def _difference(self, key, results):
        """What is not as Keras has it; None if nothing."""
        facts = self._facts[key]
        refused = isinstance(results, Exception)
        if isinstance(facts, str) or refused:
            if isinstance(facts, str) and refused:
                return None
            return (
                f"ours: {results if refused else [r.shape for r in results]}; {facts}"
            )
        found = [[r.dtype.name, list(r.shape)] for r in results]
        if [f[1] for f in found] != [f[1] for f in facts]:
            return f"shapes and types {found}; Keras: {facts}"
        for r, (dtype, _), expected in zip(
            results, facts, self._values[key], strict=True
        ):
            if dtype not in (r.dtype.name, r.dtype.name.replace("64", "32")):
                return f"type {r.dtype}; Keras: {dtype}"
            found = r.astype("complex64").ravel()
            if not np.allclose(found, expected, 2e-4, 2e-5, equal_nan=True):
                return f"values {found[:6]}; Keras: {expected[:6]}"
        return None
