from typing import Any

class PlanStep:
    node: Any
    step: Any
    workspace: Any
    plans: tuple
    flops: int
    nbytes: int
    def __init__(
        self, node: Any, step: Any, workspace: Any, plans: tuple, nbytes: int
    ) -> None: ...

class Copy:
    source: Any
    target: Any
    nbytes: int
    def __init__(self, source: Any, target: Any, nbytes: int) -> None: ...
