"""The Fourier transform, which NumPy computes."""

import numpy as np

from ckeras.engine.primitive import Primitive, Spec
from ckeras.engine.values.tensor import Tensor

__all__ = ["fourier"]


def _infer(real, imag, *, axes, inverse):
    if real.shape != imag.shape:
        raise ValueError(
            "`fft`: the real and the imaginary part must have the same shape. "
            f"Received: {real.shape} and {imag.shape}"
        )
    return Spec(real.shape, real.dtype), Spec(real.shape, real.dtype)


def _evaluate(real, imag, *, axes, inverse):
    if not real.size:
        return real, imag
    norm = "forward" if inverse else "backward"  # neither direction is scaled
    transform = np.fft.ifftn if inverse else np.fft.fftn
    y = transform(real + 1j * imag, axes=axes, norm=norm)
    return y.real, y.imag


def _gradient(node, d_outputs, needs):
    # The transform's matrix is symmetric: its adjoint is the other direction.
    real, imag = [
        Tensor(np.zeros(y.shape, y.dtype)) if d is None else d
        for d, y in zip(d_outputs, node.outputs, strict=True)
    ]
    inverse = not node.attrs["inverse"]
    return list(fourier(real, imag, axes=node.attrs["axes"], inverse=inverse))


fourier = Primitive("fourier", infer=_infer, evaluate=_evaluate, gradient=_gradient)
