from typing import Any

from ckeras.engine.tracing.symbol import Symbol as Symbol

class Node:
    primitive: Any
    inputs: list
    outputs: list
    attrs: dict
    single: bool
    scope: str
    def __init__(
        self,
        primitive: Any,
        inputs: list,
        outputs: list,
        attrs: dict,
        single: bool,
        scope: str = "",
    ) -> None: ...

class Graph:
    reference: Any
    outer: Graph | None
    lender: Graph | None
    captures: dict
    replayed: dict
    carried: list
    nodes: list[Node]
    inputs: list
    outputs: list
    reads: list
    writes: list
    closed: bool
    def __init__(
        self, outer: Graph | None = None, lender: Graph | None = None
    ) -> None: ...
    def results(self) -> list: ...
    def uses(self) -> dict: ...
    def new_symbol(self, spec: Any) -> Symbol: ...
    def lift(self, value: Any) -> Any: ...
    def record(self, primitive: Any, args: Any, attrs: dict) -> Node: ...
