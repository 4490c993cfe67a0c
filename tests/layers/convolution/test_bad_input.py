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


NAN = float("nan")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: layers.Conv2D("3", 3), "`filters`. Expected an integer"),
        (lambda: layers.Conv2D(2.5, 3), "`filters`. Expected an integer"),
        (lambda: layers.Conv2D(NAN, 3), "`filters`.*filters=nan"),
        (lambda: layers.Conv2D(2, 3, groups=None), "groups=None"),
        (lambda: layers.Conv2D(2, 3, groups=2.0), "groups=2.0"),
        (lambda: layers.Conv2D(2, NAN), "`kernel_size` argument.*nan"),
        (lambda: layers.Conv2D(2, (3, NAN)), "including element nan"),
        (lambda: layers.Conv2D(2, (3, 2.5)), "including element 2.5"),
        (lambda: layers.Conv2D(2, "33"), "including element 3 of type <class 'str'>"),
        (lambda: layers.Conv2D(2, None), "`kernel_size` argument.*None"),
        (lambda: layers.Conv2D(2, -1), "kernel_size=-1"),
        (lambda: layers.Conv2D(2, 3, strides=(1, -1)), r"strides=\(1, -1\)"),
        (lambda: layers.Conv2D(2, 3, dilation_rate=0), "dilation_rate=0"),
        (lambda: layers.Conv2D(2, 3, padding=1), "`padding` argument.*1"),
        (lambda: layers.Conv2D(2, 3, padding=None), "`padding` argument.*None"),
        (lambda: layers.Conv2D(2, 3, stride=2), "{'stride': 2}"),
        (lambda: layers.Conv2DTranspose(2, 3, output_padding=-1), "output_padding=-1"),
        (lambda: layers.DepthwiseConv2D(3, depth_multiplier=1.5), "Expected an int"),
        (lambda: layers.MaxPooling2D(NAN), "`pool_size` argument.*nan"),
        (lambda: layers.AveragePooling2D(2, strides=0), "strides=0"),
        (lambda: layers.Cropping2D(-1), "cropping=-1"),
        (lambda: layers.Cropping2D(((1, 2, 3), 1)), "1st entry of cropping"),
        (lambda: layers.ZeroPadding2D(-1), "padding=-1"),
        (lambda: layers.ZeroPadding2D((1.5, 1)), "1st entry of padding=1.5"),
        (lambda: layers.UpSampling2D(0), "size=0"),
        (lambda: layers.SpatialDropout2D(1.5), "rate=1.5"),
    ],
)
def test_arguments_that_make_no_layer(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize(
    ("layer", "x", "words"),
    [
        (layers.Conv2D(2, 3), None, "should be tensors. Got 'None'"),
        (layers.Conv2D(2, 3), [IMAGE, IMAGE], "received 2 input tensors"),
        (layers.Conv2D(2, 3), IMAGE[..., :0], "input channels 0"),
        (layers.Conv2D(2, 1), IMAGE[:, :, :0], "zero or negative"),
        (layers.Conv2D(2, 6, data_format="channels_first"), IMAGE, "zero or negative"),
        (layers.AveragePooling2D(2, padding="full"), IMAGE, "Invalid padding 'full'"),
        (layers.AdaptiveMaxPooling2D(0), IMAGE, r"output_size=\(0, 0\)"),
    ],
)
def test_inputs_that_do_not_fit(layer, x, words):
    with pytest.raises(ValueError, match=words):
        layer(x)


def test_channels_first_with_channels_last_images():
    layer = layers.Conv2D(2, 3, data_format="channels_first")
    assert layer(np.ones((2, 4, 6, 5), "float32")).shape == (2, 2, 4, 3)
    with pytest.raises(ValueError, match=r"axis 1.*value 4.*\(2, 6, 5, 4\)"):
        layer(np.ones((2, 6, 5, 4), "float32"))


KERNEL = np.ones((3, 3, 4, 2), "float32")


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: ops.conv(IMAGE, KERNEL[0]), ValueError, "kernel of the same rank"),
        (lambda: ops.conv(IMAGE, KERNEL[:0]), ValueError, "at least one tap"),
        (lambda: ops.conv(IMAGE, KERNEL, strides=0), ValueError, "strides=0"),
        (lambda: ops.conv(IMAGE, KERNEL, strides=NAN), TypeError, "strides=nan"),
        (lambda: ops.conv(IMAGE, KERNEL, padding="full"), ValueError, "padding=full"),
        (lambda: ops.conv(IMAGE, KERNEL, data_format="x"), ValueError, "data_format=x"),
        (
            lambda: ops.conv_transpose(IMAGE, KERNEL),
            ValueError,
            "channels=4, kernel input channels=2",
        ),
        (
            lambda: ops.conv_transpose(IMAGE[..., :2], KERNEL, 2, output_padding=(1,)),
            ValueError,
            r"output_padding=\(1,\)",
        ),
        (
            lambda: ops.conv_transpose(IMAGE[..., :2], KERNEL, 2, output_padding=NAN),
            TypeError,
            "output_padding=nan",
        ),
        (
            lambda: ops.depthwise_conv(IMAGE, KERNEL[:, :, :3]),
            ValueError,
            "kernel input channels=3",
        ),
        (
            lambda: ops.separable_conv(IMAGE, KERNEL, np.ones((1, 1, 5, 2), "float32")),
            ValueError,
            "input channels 8 and kernel in_channels 5",
        ),
        (lambda: ops.max_pool(IMAGE, -2), ValueError, "pool_size=-2"),
        (lambda: ops.max_pool(IMAGE, (2, 2, 2)), ValueError, r"pool_size=\(2, 2, 2\)"),
    ],
)
def test_arguments_of_ops(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_integers_stay_integers_as_in_keras():
    x, w = IMAGE.astype("int32") * 3, KERNEL.astype("int32") * 2
    y = ops.conv(x, w)
    assert y.dtype == "int32" and np.all(y == 3 * 2 * 36)
    assert ops.conv(x, w.astype("int8")).dtype == "int32"
    assert ops.conv(x, KERNEL).dtype == "float32"
