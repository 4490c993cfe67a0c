"""Arguments and inputs that convolutional layers and ops refuse: the kinds of errors
are Keras's, and they name what was expected and what came."""

import numpy as np
import pytest

import ckeras
from ckeras import layers, ops

SIGNAL, IMAGE, VOLUME = (np.ones(s, "float32") for s in ((2, 5, 4), (2, 5, 5, 4),
                                                         (1, 3, 3, 3, 4)))  # fmt: skip


def placeholder(x):
    return ckeras.Input(x.shape[1:])


@pytest.mark.parametrize("make", [lambda x: x, placeholder])
@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (lambda: layers.Conv1D(2, 7), SIGNAL),
        (lambda: layers.Conv2D(2, (3, 6)), IMAGE),
        (lambda: layers.Conv2D(2, 3, dilation_rate=3), IMAGE),
        (lambda: layers.Conv3D(2, 4), VOLUME),
        (lambda: layers.DepthwiseConv1D(6), SIGNAL),
        (lambda: layers.DepthwiseConv2D(6), IMAGE),
        (lambda: layers.SeparableConv2D(2, 6), IMAGE),
        (lambda: layers.MaxPooling2D(6), IMAGE),
        (lambda: layers.AveragePooling1D(6), SIGNAL),
    ],
)
def test_a_kernel_larger_than_its_input(layer, x, make):
    layer = layer()
    with pytest.raises(ValueError, match=r"zero or negative.*5|zero or negative.*3"):
        layer(make(x))
    assert not layer.built or not layer.weights


def test_an_input_that_is_too_small_later():
    layer = layers.Conv2D(2, 4)
    layer(IMAGE)
    with pytest.raises(ValueError, match=r"empty output.*\(2, 2, 5, 4\)"):
        layer(IMAGE[:, :2])
    assert layers.Conv2D(2, 7, padding="same")(IMAGE).shape == (2, 5, 5, 2)


def test_groups_that_do_not_divide():
    with pytest.raises(ValueError, match=r"number of filters.*groups=2, filters=3"):
        layers.Conv2D(3, 3, groups=2)
    with pytest.raises(ValueError, match=r"input channels.*groups=3.*4 channels"):
        layers.Conv2D(3, 3, groups=3)(IMAGE)
    for groups in (0, -1):
        with pytest.raises(ValueError, match="groups must be a positive integer"):
            layers.Conv1D(3, 3, groups=groups)
    with pytest.raises(ValueError, match=r"evenly divisible.*channels 4"):
        ops.conv(IMAGE, np.ones((3, 3, 3, 2), "float32"))


@pytest.mark.parametrize("kind", [layers.Conv2D, layers.Conv2DTranspose])
def test_strides_with_dilation(kind):
    with pytest.raises(ValueError, match=r"strides=\(2, 2\).*dilation_rate=\(1, 2\)"):
        kind(2, 3, strides=2, dilation_rate=(1, 2))


def test_strides_with_dilation_where_keras_takes_them():
    layer = layers.DepthwiseConv2D(3, strides=2, dilation_rate=2)
    assert layer(IMAGE).shape == (2, 1, 1, 4)
    layer = layers.SeparableConv1D(2, 3, strides=2, dilation_rate=2)
    assert layer(SIGNAL).shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (layers.Conv2D(2, 3), SIGNAL),
        (layers.Conv2D(2, 3), VOLUME),
        (layers.Conv1D(2, 3), IMAGE),
        (layers.Conv3D(2, 3), IMAGE),
        (layers.Conv2DTranspose(2, 3), SIGNAL),
        (layers.DepthwiseConv2D(3), SIGNAL),
        (layers.SeparableConv2D(2, 3), SIGNAL),
        (layers.GlobalMaxPooling2D(), SIGNAL),
        (layers.ZeroPadding2D(), SIGNAL),
        (layers.Cropping2D(), SIGNAL),
        (layers.UpSampling2D(), SIGNAL),
        (layers.SpatialDropout2D(0.5), SIGNAL),
    ],
)
def test_wrong_rank(layer, x):
    with pytest.raises(ValueError, match=r"ndim|rank|shape"):
        layer(x)


def test_channels_that_are_unknown_or_change():
    with pytest.raises(ValueError, match="must have a known size"):
        layers.Conv2D(2, 3)(ckeras.Input((5, 5, None)))
    layer = layers.Conv2D(2, 3)
    layer(IMAGE)
    with pytest.raises(ValueError, match=r"axis -1.*value 4"):
        layer(IMAGE[..., :2])


def test_arguments_out_of_range():
    for filters in (0, -2):
        with pytest.raises(ValueError, match=f"`filters`.*filters={filters}"):
            layers.Conv2D(filters, 3)
    with pytest.raises(ValueError, match="`kernel_size` argument must be a tuple of 2"):
        layers.Conv2D(2, (3, 3, 3))
    with pytest.raises(ValueError, match="`strides` argument"):
        layers.Conv2D(2, 3, strides=0)
    with pytest.raises(ValueError, match="`padding` argument"):
        layers.Conv2D(2, 3, padding="causal")
    with pytest.raises(ValueError, match="`data_format` argument"):
        layers.Conv2D(2, 3, data_format="middle")
    with pytest.raises(ValueError, match="`output_padding` must be strictly less"):
        layers.Conv2DTranspose(2, 3, strides=2, output_padding=2)
    with pytest.raises(ValueError, match="depth_multiplier"):
        layers.DepthwiseConv2D(3, depth_multiplier=0)


def test_cropping_everything():
    for x in (IMAGE, placeholder(IMAGE)):
        with pytest.raises(ValueError, match=r"[Cc]ropping"):
            layers.Cropping2D(3)(x)
