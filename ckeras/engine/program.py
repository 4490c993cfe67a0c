"""Elementwise programs: what one call of the kernel `elementwise.program` computes.

A program is a few instructions without branches that are applied at every index of
its output's shape. Every elementwise primitive is one, and programs that follow each
other can be joined: the kernel then runs through memory once, and what was in between
stays in cache. How a program is handed to the kernel is told in
`ckeras/kernels/elementwise.pxd`; `program_layout.py` decides registers and tiles.
"""

import functools
from dataclasses import dataclass, replace
from typing import NamedTuple

from ckeras.engine.plan.program_layout import MAX_BUFFERS, fits, step_of
from ckeras.engine.values.dtypes import HALVES

__all__ = ["Instruction", "Operand", "Program", "compute_dtype", "join"]


class Operand(NamedTuple):
    """A value in a program: `kind` is "input", "constant" or "result"."""

    kind: str
    index: int


class Instruction(NamedTuple):
    """An opcode of the kernel, by its name, and what it is applied to."""

    opcode: str
    operands: tuple


# These mean the same in every type, so that masks can be joined with what they mask.
_LOGICAL = {"logical_and", "logical_or", "logical_xor", "logical_not", "select"}
_WIDE = {"int64", "uint32", "uint64"}


def compute_dtype(*dtypes):
    """The type in which a program computes with values of the given types.

    Narrow integers and booleans are computed as int32, uint32 as int64, and cut when
    stored; half precision is computed as float32, and rounded when stored.
    """
    for float_type in ("float64", "float32"):
        if float_type in dtypes:
            return float_type
    if HALVES.intersection(dtypes):
        return "float32"
    if "uint64" in dtypes:
        return "uint64"
    return "int64" if _WIDE.intersection(dtypes) else "int32"


@dataclass(frozen=True, eq=False)
class Program:
    """A straight-line elementwise computation.

    Programs that are equal are found again, rather than laid out and joined anew for
    every plan: most of a training step is the same for all shapes of its batches.

    Attributes:
        dtype: the type of all its arithmetic.
        shape: shape of every output; inputs are broadcast into it.
        inputs: `(shape, dtype)` of each input.
        constants: numbers that are part of the program.
        code: the instructions; each one's result has its position as its index.
        outputs: `(operand, dtype)` of each output.
    """

    dtype: str
    shape: tuple
    inputs: tuple
    constants: tuple
    code: tuple
    outputs: tuple

    @functools.cached_property
    def _key(self):
        numbers = tuple(map(repr, self.constants))  # tells 0.0 from -0.0
        return self.dtype, self.shape, self.inputs, numbers, self.code, self.outputs

    @functools.cached_property
    def _hash(self):
        return hash(self._key)

    def __hash__(self):
        return self._hash

    def __eq__(self, other):
        return isinstance(other, Program) and self._key == other._key

    @classmethod
    def single(cls, opcode, node, *constants, dtype=None):
        """The program of a primitive that is one instruction.

        Args:
            opcode: applied to the node's inputs, then to the constants; None stores
                the input as the output's type.
            node: the applied primitive, with one output.
            *constants: numbers.
            dtype: type of the arithmetic; by default that of inputs and output.
        """
        operands = [Operand("input", i) for i in range(len(node.inputs))]
        operands += [Operand("constant", i) for i in range(len(constants))]
        code = (Instruction(opcode, tuple(operands)),) if opcode else ()
        result = Operand("result", 0) if code else operands[0]
        return cls.of(node, code, result, *constants, dtype=dtype)

    @classmethod
    def of(cls, node, code, result, *constants, dtype=None):
        """The program of a primitive that is some instructions.

        Args:
            node: the applied primitive, with one output.
            code: the instructions.
            result: the operand that is stored.
            *constants: numbers.
            dtype: type of the arithmetic; by default that of inputs and output.
        """
        inputs = tuple([(tuple(x.shape), x.dtype) for x in node.inputs])
        output = node.outputs[0]
        if dtype is None:
            dtype = compute_dtype(output.dtype, *[d for _, d in inputs])
        outputs = ((result, output.dtype),)
        return cls(dtype, tuple(output.shape), inputs, constants, code, outputs)

    def __str__(self):
        names = {"input": "x", "constant": "c", "result": "r"}

        def name(operand):
            return f"{names[operand.kind]}{operand.index}"

        head = [f"x{i}: {d}{list(s)}" for i, (s, d) in enumerate(self.inputs)]
        head += [f"c{i} = {c:g}" for i, c in enumerate(self.constants)]
        body = [
            f"r{i} = {op} {' '.join(map(name, operands))}"
            for i, (op, operands) in enumerate(self.code)
        ]
        tail = [f"-> {name(o)}: {d}" for o, d in self.outputs]
        return "\n".join([f"{self.dtype}{list(self.shape)}", *head, *body, *tail])

    def step(self):
        """The kernel call that runs this program."""
        return step_of(self)

    def with_dtype(self, dtype):
        """The same program computed in another type, or None if that may differ."""
        if dtype == self.dtype:
            return self
        booleans = all(d == "bool" for _, d in (*self.inputs, *self.outputs))
        if booleans and all(i.opcode in _LOGICAL for i in self.code):
            return replace(self, dtype=dtype)
        return None

    def with_constant(self, index, value):
        """The program with the number `value` in place of a 0-d input."""
        shape, dtype = self.inputs[index]
        if shape != () or (dtype in _WIDE and abs(int(value)) > 2**53):
            raise ValueError(f"Input {index} ({dtype}{list(shape)}) is no constant.")
        inputs = self.inputs[:index] + self.inputs[index + 1 :]
        places = [Operand("input", i - (i > index)) for i in range(len(self.inputs))]
        places[index] = Operand("constant", len(self.constants))
        return replace(
            self,
            inputs=inputs,
            constants=(*self.constants, float(value)),
            code=tuple([_moved(i, {"input": places}) for i in self.code]),
            outputs=tuple([(_place(o, {"input": places}), d) for o, d in self.outputs]),
        )


def _place(operand, places):
    table = places.get(operand.kind)
    return operand if table is None else table[operand.index]


def _moved(instruction, places):
    operands = tuple([_place(o, places) for o in instruction.operands])
    return Instruction(instruction.opcode, operands)


def join(producer, consumer, producer_keys, produced, consumer_keys, keep=()):
    """One program that computes what two programs compute one after the other.

    Args:
        producer, consumer: the programs; the consumer need not use the producer.
        producer_keys, consumer_keys: for each input something hashable that tells
            which value it is. Inputs of the same key become one, and consumer inputs
            whose key is in `produced` are taken from the producer.
        produced: the keys of the producer's outputs.
        keep: those among `produced` that are needed elsewhere too.

    Returns:
        The program and the keys of its inputs, or None if the two cannot be joined.
        Its outputs are those of the producer that are kept, then the consumer's.
    """
    keys = (producer_keys, produced, consumer_keys, keep)
    found = _join(producer, consumer, *map(tuple, keys))
    return None if found is None else (found[0], list(found[1]))


@functools.lru_cache(maxsize=2048)
def _join(producer, consumer, producer_keys, produced, consumer_keys, keep):
    if producer.shape != consumer.shape:
        return None
    dtype = consumer.dtype
    if producer.with_dtype(dtype) is None:
        dtype = producer.dtype
    first, second = producer.with_dtype(dtype), consumer.with_dtype(dtype)
    if first is None or second is None:
        return None
    keys, inputs = [], []
    first_places = _merge_inputs(keys, inputs, producer_keys, first.inputs, {})
    first = _rewired(first, first_places, 0, range(len(first.constants)))
    results = dict(zip(produced, first.outputs, strict=True))
    # What is not stored must have been exact: no rounding is left out.
    first, exact = _with_rounding(first, results, consumer_keys)
    if any(k in exact and exact[k][1] not in (dtype, "bool") for k in consumer_keys):
        return None
    places = _merge_inputs(keys, inputs, consumer_keys, second.inputs, exact)
    constants, numbers = _merged_constants(first.constants, second.constants)
    second = _rewired(second, places, len(first.code), numbers)
    kept = [results[key] for key in produced if key in keep]
    joined = Program(
        dtype,
        first.shape,
        tuple(inputs),
        constants,
        first.code + second.code,
        (*kept, *second.outputs),
    )
    if len(inputs) + len(joined.outputs) > MAX_BUFFERS or not fits(joined):
        return None
    return joined, keys


def _with_rounding(producer, results, used):
    """The producer with instructions that round what it stores in half precision.

    Args:
        producer: the program.
        results: `(operand, dtype)` of its outputs by their keys.
        used: the keys of those that are not read from memory any more.

    Returns:
        The program, and where in it to read the results instead.
    """
    code, results = list(producer.code), dict(results)
    for key in dict.fromkeys(used):
        operand, dtype = results.get(key, (None, None))
        if dtype in HALVES and producer.dtype == "float32":
            code.append(Instruction(f"to_{dtype}", (operand,)))
            results[key] = Operand("result", len(code) - 1), "float32"
    return replace(producer, code=tuple(code)), results


def _merge_inputs(keys, inputs, new_keys, new_inputs, results):
    """Where each new input is found; `keys` and `inputs` grow by those not known."""
    places = []
    for key, spec in zip(new_keys, new_inputs, strict=True):
        if key in results:
            places.append(results[key][0])
            continue
        if key not in keys:
            keys.append(key)
            inputs.append(spec)
        places.append(Operand("input", keys.index(key)))
    return places


def _rewired(program, inputs, first_result, numbers):
    """A program's code and outputs with every operand at its place in a joined one."""
    n = len(program.code)
    places = {
        "input": inputs,
        "constant": [Operand("constant", i) for i in numbers],
        "result": [Operand("result", first_result + i) for i in range(n)],
    }
    return replace(
        program,
        code=tuple([_moved(i, places) for i in program.code]),
        outputs=tuple([(_place(o, places), d) for o, d in program.outputs]),
    )


def _merged_constants(first, second):
    """All constants once, and where those of `second` are among them."""
    constants, places = list(first), []
    texts = [repr(c) for c in first]  # tells 0.0 from -0.0, and finds NaN
    for value in second:
        if repr(value) not in texts:
            constants.append(value)
            texts.append(repr(value))
        places.append(texts.index(repr(value)))
    return tuple(constants), places
