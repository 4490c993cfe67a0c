from collections.abc import Callable
from typing import Any

from ckeras.engine.plan.buffers import Buffer
from ckeras.engine.plan.step import Copy, PlanStep

class Layout:
    steps: list[PlanStep]
    copies: list[Copy]
    scratch: list[Buffer]
    overwritten: set[int]
    def __init__(
        self, graph: Any, share: bool = True, plan_of: Callable | None = None
    ) -> None: ...
    def settle(self) -> None: ...
    def slot(self, value: Any) -> tuple: ...
    def slots_of(self, node: Any) -> list[tuple | None]: ...
