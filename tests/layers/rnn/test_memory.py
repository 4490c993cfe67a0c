"""What training keeps: the numbers of each timestep that the formula names, no more."""

import numpy as np
import pytest

import ckeras
from ckeras import layers

# Per row, timestep and unit: what the forward pass keeps, in whose place the gradients
# come, but for those of a GRU's product with the inputs.
NUMBERS = {"LSTM": 4 + 1 + 1, "GRU": 3 + 1 + 1 + 3, "SimpleRNN": 1 + 1}
UNITS = 64
# Products pack their operands piece by piece: numbers, whatever the size.
PACKED = 3 * 2**16
ALL = pytest.mark.parametrize("kind", NUMBERS)


def kept(kind, batch, timesteps, masked=False):
    """Scratch memory of a training step without the weights' gradients, in numbers."""
    model = ckeras.Sequential([ckeras.Input((None, UNITS))])
    if masked:
        model.add(layers.Masking(-1.0))
    model.add(getattr(layers, kind)(UNITS))
    model.add(layers.Dense(1))
    model.compile("adam", "mse")
    x = np.zeros((batch, timesteps, UNITS), "float32")
    model.train_on_batch(x, np.zeros((batch, 1), "float32"))
    return model.train_function.plan.scratch_bytes / 4 - model.count_params()


@pytest.mark.parametrize("batch,timesteps", [(32, 100), (32, 400), (8, 400)])
@ALL
def test_no_more_than_the_formula(kind, batch, timesteps):
    needed = NUMBERS[kind] * batch * timesteps * UNITS
    assert 0.99 * needed < kept(kind, batch, timesteps) < 1.05 * needed + PACKED


@pytest.mark.parametrize("batch", [32, 64])
@ALL
def test_each_further_timestep_takes_what_the_formula_says(kind, batch):
    grown = kept(kind, batch, 400) - kept(kind, batch, 200)
    assert grown == pytest.approx(NUMBERS[kind] * batch * 200 * UNITS, rel=0.02)


@ALL
def test_a_mask_costs_little(kind):
    without, masked = kept(kind, 32, 200), kept(kind, 32, 200, masked=True)
    products = 32 * 200 * UNITS * 2  # the masked inputs, and rows packed for products
    assert masked < 1.05 * without + products
