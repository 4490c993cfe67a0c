"""Calls of `reference/ops/op_shapes.py` that ckeras answers otherwise than Keras.

With the reason: Keras's answer is the mistake of a back end, or NumPy has another.
"""

_CALLS = {
    "Keras sorts a value without axes, whatever the axis": [
        "argsort:()",
        *[f"argsort:(),axis={a}" for a in (0, -1, (0,), (), 3, -4)],
    ],
    "over no axes there is nothing to add up; Keras takes all to be one": [
        f"{name}:{shape},axis=()"
        for name in ("softmax", "log_softmax")
        for shape in [(0, 3), (3, 5), (2, 1, 3)]
    ],
    "Keras's sparsemax does not add up to 1": [
        *["sparsemax:(7,)", "sparsemax:(3, 5)", "sparsemax:(2, 1, 3)"],
    ],
    "a batch of rows is counted row by row, as Keras does on TensorFlow": [
        *["bincount:(0, 3)", "bincount:(3, 5)", "bincount:(2, 1, 3)"],
    ],
    "an empty vector has a histogram, as in NumPy": ["histogram:(0,)"],
    "in which of the middle bins a single value falls is a matter of rounding": [
        "histogram:()"
    ],
    "the edges do not ascend": ["digitize:(3, 5),(5,)", "digitize:(3, 5),(4,)"],
    "a cut behind the end leaves nothing, as in NumPy": ["split#18"],
}
DIFFERENT = {key: reason for reason, keys in _CALLS.items() for key in keys}
