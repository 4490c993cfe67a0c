from collections.abc import Iterable
from typing import Any

class Buffer:
    kind: str
    source: Any
    parent: Buffer | None
    nbytes: int
    start: int
    first: int
    last: int
    offset: int
    end: int
    def __init__(self, kind: str, source: Any, nbytes: int, first: int = 0) -> None: ...
    def put_into(self, parent: Buffer, start: int) -> None: ...
    def use(self, step: int) -> None: ...

def round_up(size: int) -> int: ...
def assign_offsets(buffers: Iterable[Buffer], reuse: bool = True) -> int: ...
