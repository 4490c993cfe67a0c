class Spec:
    shape: tuple
    dtype: str
    def __init__(self, shape: tuple, dtype: str) -> None: ...
