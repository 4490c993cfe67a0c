"""Layers for images against stored results of Keras (`reference/images`)."""

import pytest

from tests.reference.images.cases import LAYERS
from tests.reference.images.compare import compare_layer


@pytest.mark.parametrize("key", LAYERS)
def test_config_value_and_gradient(key):
    compare_layer(key)
