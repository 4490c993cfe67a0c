"""How an elementwise program is laid out for the kernel: axes, tiles, registers.

The encoding is described once, in `ckeras/kernels/elementwise.pxd`.
"""

import functools
from dataclasses import dataclass
from math import prod

from ckeras import kernels
from ckeras.engine.primitive import Step

__all__ = ["MAX_BUFFERS", "fits", "step_of"]

MAX_BUFFERS = 48
# A register is a tile of this many bytes: a few of them and the tiles of the operands
# stay in the first-level cache. As many registers lie on the kernel's stack.
TILE_BYTES = 4096
MAX_REGISTERS = 24
# Threads take chunks of about this many nanoseconds, and at least this many of them.
CHUNK_NS = 10_000
MIN_CHUNKS = 4
# Nanoseconds for each element where it is not the usual 0.1; only the order counts.
_COST: dict[str, float] = {
    "power": 4,
    "mod": 2,
    "floor_divide": 2,
    "sin": 1,
    "cos": 1,
    "tan": 3,
}
_COST.update(dict.fromkeys(("exp", "log", "log1p", "expm1"), 0.4))
_COST.update(dict.fromkeys(("tanh", "sigmoid", "erf", "softplus"), 0.6))
_COST.update(dict.fromkeys(("asin", "acos", "atan", "sinh", "cosh"), 3))
_END = 1 << 30


@functools.lru_cache(maxsize=1)
def _codes():
    """The kernel's numbers for opcodes, types and modes, by lower-case name."""
    kernel = kernels.module("elementwise")
    return tuple(
        {name.lower(): int(value) for name, value in enum.__members__.items()}
        for enum in (kernel.Opcode, kernel.Storage, kernel.Mode)
    )


@dataclass
class _Input:
    """How the kernel reads one input: strides over the collapsed axes, and a mode."""

    strides: list
    flat: bool
    mode: str = ""
    register: int = -1


@dataclass
class _Layout:
    axes: list
    tile: int
    rows_per_tile: int
    inputs: list
    registers: dict
    n_scratch: int
    direct: list
    in_place: dict


def _collapsed(program):
    """The output's axes, as few as the inputs' broadcasting allows, and strides."""
    if 0 in program.shape:
        return [0], [[0] for _ in program.inputs]
    rank = len(program.shape)
    strides = []
    for shape, _ in program.inputs:
        padded = (1,) * (rank - len(shape)) + tuple(shape)
        steps = [prod(padded[i + 1 :]) if padded[i] > 1 else 0 for i in range(rank)]
        strides.append(steps)
    axes, kept = [], []
    for i, size in enumerate(program.shape):
        if size == 1:
            continue
        if axes and all(s[kept[-1]] == s[i] * size for s in strides):
            axes[-1] *= size
            kept[-1] = i
        else:
            axes.append(size)
            kept.append(i)
    if not axes:
        return [1], [[0] for _ in strides]
    return axes, [[s[i] for i in kept] for s in strides]


def _tiles(axes, dtype):
    """Elements in a tile, and the whole rows that it holds, 0 for a part of one."""
    most = TILE_BYTES // (8 if dtype.endswith("64") else 4)
    inner = axes[-1]
    if len(axes) == 1:
        return max(1, min(inner, most)), 0
    if inner * 4 <= most:
        rows = min(most // inner, prod(axes[:-1]))
        return rows * inner, rows
    parts = -(-inner // most)
    return min(inner, -(-inner // (parts * 16)) * 16), 0


def _choose_modes(program, axes, strides, rows_per_tile):
    """What the kernel does to have an input's tile at hand."""
    size, inputs = prod(program.shape), []
    for (shape, dtype), steps in zip(program.inputs, strides, strict=True):
        flat = prod(shape) == size and (size == 1 or steps[-1] == 1)
        read = _Input(steps, flat)
        whole = flat or (steps[-1] == 1 and not rows_per_tile)
        constant = not any(steps[:-1]) if rows_per_tile else not any(steps)
        if whole and dtype == program.dtype:
            read.mode = "pointer"
        elif flat:
            read.mode = "convert"
        elif constant:
            read.mode = "once"
        else:
            read.mode = "rows"
        inputs.append(read)
    return inputs


def _last_uses(program):
    """The index of the last instruction that reads each operand."""
    last = {}
    for k, instruction in enumerate(program.code):
        for operand in instruction.operands:
            last[operand] = k
    return last


class _Registers:
    """Scratch registers, lowest first, so that few are in use."""

    def __init__(self):
        self.free, self.count = [], 0

    def take(self):
        if self.free:
            self.free.sort(reverse=True)
            return self.free.pop()
        self.count += 1
        return self.count - 1


def _direct_outputs(program, inputs):
    """For each output whether its instruction writes straight into its buffer."""
    seen, direct = set(), []
    for operand, dtype in program.outputs:
        once = dtype == program.dtype and operand not in seen
        loaded = operand.kind == "input" and inputs[operand.index].mode in (
            "convert",
            "rows",
        )
        direct.append(once and (operand.kind == "result" or loaded))
        if direct[-1]:
            seen.add(operand)
    return direct


def _assign(program, inputs, direct):
    """A register for every operand: scratch by liveness, then those in buffers."""
    last, scratch, registers = _last_uses(program), _Registers(), {}
    for (operand, _), straight in zip(program.outputs, direct, strict=True):
        if straight:
            registers[operand] = ("output", len(registers))
        else:
            last[operand] = _END
    for i in range(len(program.constants)):
        registers["constant", i] = scratch.take()
    for wanted in ("once", "convert", "rows"):
        for i, read in enumerate(inputs):
            if read.mode == wanted and ("input", i) not in registers:
                registers["input", i] = scratch.take()
    loaded = {
        ("input", i) for i, r in enumerate(inputs) if r.mode in ("convert", "rows")
    }
    for k, instruction in enumerate(program.code):
        for operand in set(instruction.operands):
            dying = last[operand] == k and type(registers.get(operand)) is int
            if dying and (operand.kind == "result" or operand in loaded):
                scratch.free.append(registers[operand])
        result = ("result", k)
        if result not in registers:
            registers[result] = scratch.take()
            if result not in last:
                scratch.free.append(registers[result])
    following = scratch.count
    for operand, register in registers.items():
        if type(register) is tuple:
            registers[operand] = following
            following += 1
    for i, read in enumerate(inputs):
        if read.mode == "pointer":
            registers["input", i] = following
            following += 1
        read.register = registers["input", i]
    return registers, scratch.count


def _in_place(program, inputs, direct):
    """The inputs whose buffer each output may take over: read before it is written."""
    last, found = _last_uses(program), {}
    stored_late = {
        o
        for (o, _), straight in zip(program.outputs, direct, strict=True)
        if not straight
    }
    for o, (operand, dtype) in enumerate(program.outputs):
        allowed = []
        for i, (shape, input_dtype) in enumerate(program.inputs):
            if tuple(shape) != program.shape or input_dtype != dtype:
                continue
            if not direct[o]:
                safe = ("input", i) not in stored_late or operand == ("input", i)
            elif operand.kind == "input":
                safe = False  # written while inputs are being loaded
            elif inputs[i].mode == "pointer":
                before = last.get(("input", i), -1) <= operand.index
                safe = before and ("input", i) not in stored_late
            else:
                safe = True
            if safe:
                allowed.append(i)
        if allowed:
            found[o] = tuple(allowed)
    return found


def _layout(program):
    axes, strides = _collapsed(program)
    tile, rows_per_tile = _tiles(axes, program.dtype)
    inputs = _choose_modes(program, axes, strides, rows_per_tile)
    direct = _direct_outputs(program, inputs)
    registers, n_scratch = _assign(program, inputs, direct)
    in_place = _in_place(program, inputs, direct)
    return _Layout(
        axes, tile, rows_per_tile, inputs, registers, n_scratch, direct, in_place
    )


def fits(program):
    """Whether the program needs no more registers than the kernel has."""
    most = len(program.inputs) + len(program.constants) + len(program.code)
    return most <= MAX_REGISTERS or _layout(program).n_scratch <= MAX_REGISTERS


def _tiles_per_chunk(program, tile, n_tiles):
    moved = len(program.inputs) + len(program.outputs)
    each = 0.1 * moved + sum(_COST.get(i.opcode, 0.1) for i in program.code)
    chunk = max(1, int(CHUNK_NS / (max(tile, 1) * each)))
    return chunk if chunk * MIN_CHUNKS <= n_tiles else max(1, n_tiles)


@functools.lru_cache(maxsize=2048)
def step_of(program):
    """The kernel call for a program.

    Raises:
        ValueError: if it needs more registers than the kernel has.
    """
    plan, (opcodes, storages, modes) = _layout(program), _codes()
    if plan.n_scratch > MAX_REGISTERS:
        raise ValueError(f"A program needs {plan.n_scratch} registers:\n{program}")
    size, inner = prod(program.shape), plan.axes[-1]
    if plan.rows_per_tile:
        n_tiles = -(-(size // inner if inner else 0) // plan.rows_per_tile)
    else:
        n_tiles = size // inner * -(-inner // plan.tile) if size else 0
    head = [size, inner, plan.rows_per_tile, plan.tile, n_tiles]
    head += [_tiles_per_chunk(program, plan.tile, n_tiles), len(plan.axes) - 1]
    head += [len(program.inputs), len(program.constants)]
    head += [len(program.code), len(program.outputs)]
    dims = head + plan.axes[:-1]
    for (_, dtype), read in zip(program.inputs, plan.inputs, strict=True):
        dims += [storages[dtype], modes[read.mode], read.register]
        dims += [int(read.flat), *read.strides]
    dims += [plan.registers["constant", i] for i in range(len(program.constants))]
    for k, (opcode, operands) in enumerate(program.code):
        read = [plan.registers[o] for o in operands]
        read += [read[0]] * (3 - len(read))
        dims += [opcodes[opcode], plan.registers["result", k], *read]
    for (operand, dtype), straight in zip(program.outputs, plan.direct, strict=True):
        dims += [storages[dtype], plan.registers[operand], int(straight)]
    return Step(
        "elementwise.program",
        tuple(dims),
        tuple(program.constants),
        program.dtype,
        flops=size * len(program.code),
        in_place=plan.in_place,
    )
