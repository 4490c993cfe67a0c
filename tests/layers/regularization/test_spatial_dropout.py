import numpy as np
import pytest

from ckeras import layers

CASES = [
    (layers.SpatialDropout1D, {}, (9, 4, 8), (1,)),
    (layers.SpatialDropout2D, {}, (9, 4, 3, 8), (1, 2)),
    (layers.SpatialDropout2D, {"data_format": "channels_first"}, (9, 8, 4, 3), (2, 3)),
    (layers.SpatialDropout3D, {}, (9, 4, 3, 2, 8), (1, 2, 3)),
    (
        layers.SpatialDropout3D,
        {"data_format": "channels_first"},
        (9, 8, 4, 3, 2),
        (2, 3, 4),
    ),
]


@pytest.mark.parametrize(("kind", "options", "shape", "spatial"), CASES)
def test_whole_channels_are_dropped(kind, options, shape, spatial):
    layer, x = kind(0.5, seed=1, **options), np.ones(shape, "float32")
    np.testing.assert_array_equal(layer(x), x)
    y = layer(x, training=True).numpy()
    np.testing.assert_array_equal(y.min(spatial), y.max(spatial))
    assert set(np.unique(y)) == {0.0, 2.0}
    np.testing.assert_array_equal(kind(0, **options)(x, training=True), x)


def test_bad_arguments():
    with pytest.raises(ValueError, match="data_format=x"):
        layers.SpatialDropout2D(0.3, data_format="x")
    with pytest.raises(ValueError, match="expected ndim=4"):
        layers.SpatialDropout2D(0.3)(np.ones((2, 3)))
    with pytest.raises(ValueError, match="rate=2"):
        layers.SpatialDropout3D(2)
    with pytest.raises(TypeError):
        layers.SpatialDropout1D(0.3, trainable=False)
