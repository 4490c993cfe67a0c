import numpy as np
import pytest

import ckeras
from ckeras import layers
from ckeras.layers.core.einsum_dense import einsum_shapes


@pytest.mark.parametrize(
    ("equation", "inputs", "given", "bias_axes", "kernel", "bias", "output"),
    [
        ("ab,b->a", (2, 7), (), None, (7,), None, (2,)),
        ("ab,bc->ac", (None, 7), (5,), "c", (7, 5), (5,), (None, 5)),
        ("abc,cde->abde", (2, 3, 7), (3, 4, 5), "d", (7, 4, 5), (4, 1), (2, 3, 4, 5)),
        ("abc,cde->abde", (2, 3, 7), (3, 4, 5), "be", (7, 4, 5), (3, 1, 5), None),
        ("BFNH,NHD->BFD", (2, 3, 4, 5), (3, 6), None, (4, 5, 6), None, (2, 3, 6)),
        ("...b,bc->...c", (2, 3, 7), (5,), "c", (7, 5), (5,), (2, 3, 5)),
        ("...bc,bc->...b", (2, 4, 7), (4,), None, (4, 7), None, (2, 4)),
        ("ab...,bc->ac...", (2, 7, 3, 4), (5,), "c", (7, 5), (5, 1, 1), (2, 5, 3, 4)),
        ("abc,cd->abd", (2, None, 7), (None, 5), "d", (7, 5), (5,), (2, None, 5)),
    ],
)
def test_shapes(equation, inputs, given, bias_axes, kernel, bias, output):
    found = einsum_shapes(equation, bias_axes, inputs, given)
    assert (found.kernel, found.bias) == (kernel, bias)
    if output is not None:
        assert found.output == output


@pytest.mark.parametrize(
    ("equation", "inputs", "given", "bias_axes", "message"),
    [
        ("ab,bc", (2, 3), (4,), None, "Invalid einsum equation"),
        ("...ab,bc->ac...", (2, 3), (4,), None, "Invalid einsum equation"),
        ("...ab...,bc->...ac...", (2, 3), (4,), None, "Invalid einsum equation"),
        ("abc,cd->abd", (2, 3), (4,), None, "at least 3 axes"),
        ("ab,cd->ad", (2, 3), (4,), None, "Weight dimension 'c' did not have a match"),
        ("ab,bc->ad", (2, 3), (4,), None, "Dimension 'd' was specified in the output"),
        ("abc,cd->abd", (2, 3, 3), (7, 4), None, "shared dimension 'b'"),
        ("abc,cd->abd", (2, 3, 3), (3,), None, "no size for dimension 'd'"),
        ("ab,bc->ac", (2, 3), (4,), "z", "Bias dimension 'z'"),
    ],
)
def test_equations_that_do_not_fit(equation, inputs, given, bias_axes, message):
    with pytest.raises(ValueError, match=message):
        layers.EinsumDense(equation, given, bias_axes=bias_axes).build(inputs)


def test_the_initializer_knows_which_axes_are_summed():
    def deviation(output_shape):
        initializer = ckeras.initializers.LecunNormal(seed=1)
        layer = layers.EinsumDense(
            "abc,cde->abde", output_shape, kernel_initializer=initializer
        )
        layer.build((None, 7, 25))
        return float(np.std(layer.kernel.numpy()))

    for heads in (4, 16):  # variance 1 / fan_in, whatever the output's sizes
        assert deviation((7, heads, 50)) == pytest.approx(0.2, rel=0.05)


def test_placeholders_and_quantization():
    layer = layers.EinsumDense("abc,cd->abd", (None, 8), bias_axes="d")
    assert layer(ckeras.Input((None, 4))).shape == (None, None, 8)
    with pytest.raises(ValueError, match="`lora_rank` of layer EinsumDense"):
        layers.EinsumDense("ab,bc->ac", 3, lora_rank=2)
