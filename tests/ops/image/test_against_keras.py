"""Image ops against stored results of Keras (`reference/images`)."""

import pytest

from tests.reference.images.cases import OPS
from tests.reference.images.compare import compare_op

CASES = [key for key in OPS if key.startswith("image.")]


@pytest.mark.parametrize("key", CASES)
def test_value_and_gradient(key):
    compare_op(key)
