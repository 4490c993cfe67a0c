from collections.abc import Sequence

class Call:
    def __init__(
        self, capsule: object, dims: Sequence[int], attrs: Sequence[float]
    ) -> None: ...
    def run(self, buffers: list, n_threads: int) -> int: ...

def call(
    capsule: object,
    addresses: Sequence[int],
    dims: Sequence[int],
    attrs: Sequence[float],
    n_threads: int,
) -> int: ...
def float_state() -> int: ...
