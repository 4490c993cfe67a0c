from typing import Any

from ckeras.engine.tracing.graph import Node

class Prepared:
    node: Node
    def __init__(self, node: Node) -> None: ...

class PreparedCall(Prepared):
    def __init__(self, node: Node, step: Any) -> None: ...

class PreparedView(Prepared):
    def __init__(self, node: Node, start: int) -> None: ...

class PreparedNumpy(Prepared): ...

class Applicable:
    prepared: dict
    def __init__(self) -> None: ...
    def __call__(self, *args: Any, **attrs: Any) -> Any: ...
