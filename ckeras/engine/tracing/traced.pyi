from typing import Any

class Traced:
    _graph: Any
    shape: tuple
    dtype: str
    def __init__(self, graph: Any, spec: Any) -> None: ...
