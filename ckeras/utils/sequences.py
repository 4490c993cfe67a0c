"""Padding of ragged lists of sequences to one rectangular array."""

import numpy as np


def pad_sequences(
    sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0
):
    """Bring sequences of different lengths to one length.

    Args:
        sequences: List of sequences; each a list of numbers or an array whose
            first axis is time.
        maxlen: Length of the result. `None` means the longest sequence's length.
        dtype: Type of the result; `object` for strings of varying length.
        padding: `"pre"` or `"post"`: the side at which short ones are filled up.
        truncating: `"pre"` or `"post"`: the side at which long ones are cut.
        value: What the padding consists of.

    Returns:
        NumPy array of shape `(len(sequences), maxlen, ...)`.

    Raises:
        ValueError: If `sequences` is no list of sequences, if samples differ in
            the shape of a timestep, or if an option is unknown.

    Example:

    >>> pad_sequences([[1], [2, 3], [4, 5, 6]], maxlen=2)
    array([[0, 1],
           [2, 3],
           [5, 6]], dtype=int32)
    """
    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable.")
    if truncating not in ("pre", "post"):
        raise ValueError(f'Truncating type "{truncating}" not understood')
    if padding not in ("pre", "post"):
        raise ValueError(f'Padding type "{padding}" not understood')
    lengths, step_shape = _measure(sequences)
    if maxlen is None:
        maxlen = max(lengths)
    _check_value(dtype, value)
    result = np.full((len(sequences), maxlen, *step_shape), value, dtype=dtype)
    for i, sequence in enumerate(sequences):
        if not len(sequence) or not maxlen:
            continue
        kept = sequence[-maxlen:] if truncating == "pre" else sequence[:maxlen]
        kept = np.asarray(kept, dtype=dtype)
        if kept.shape[1:] != step_shape:
            raise ValueError(
                f"Shape of sample {kept.shape[1:]} of sequence at position {i} is "
                f"different from expected shape {step_shape}"
            )
        if padding == "post":
            result[i, : len(kept)] = kept
        else:
            result[i, -len(kept) :] = kept
    return result


def _measure(sequences):
    """Lengths of all sequences, and the shape of one timestep."""
    lengths, step_shape, found = [], (), False
    for x in sequences:
        try:
            lengths.append(len(x))
        except TypeError as e:
            raise ValueError(
                f"`sequences` must be a list of iterables. Found non-iterable: {x!s}"
            ) from e
        if not found and len(x):
            step_shape, found = np.asarray(x).shape[1:], True
    return lengths, step_shape


def _check_value(dtype, value):
    is_text = np.issubdtype(dtype, np.str_) or np.issubdtype(dtype, np.bytes_)
    if isinstance(value, str) and dtype is not object and not is_text:
        raise ValueError(
            f"`dtype` {dtype} is not compatible with `value`'s type: "
            f"{type(value)}\nYou should set `dtype=object` for variable length "
            "strings."
        )
