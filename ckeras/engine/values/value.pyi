import numpy as np

class Value:
    _array: np.ndarray
    dtype: str
    shape: tuple
    def __init__(self, array: np.ndarray) -> None: ...
