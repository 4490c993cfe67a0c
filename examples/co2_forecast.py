"""Forecasts the next twelve months of carbon dioxide in the air, with a GRU.

    python examples/co2_forecast.py

Data: weekly measurements at Mauna Loa 1958-2001 that statsmodels ships, as monthly
means. Prints the mean absolute error on the years since 1990, all twelve months
together, and that of two simple forecasts.
"""

import numpy as np
from statsmodels.datasets import co2

import ckeras
from ckeras import layers

WINDOW, AHEAD = 36, 12
ckeras.utils.set_random_seed(0)

monthly = co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
series = monthly.to_numpy().astype("float32")
years = monthly.index.year.to_numpy()

# Each window is seen relative to its last month, and so are the months to forecast.
n = len(series) - WINDOW - AHEAD + 1
windows = ckeras.utils.timeseries_dataset_from_array(
    series, None, WINDOW + AHEAD, batch_size=n
)
(whole,) = windows
last = whole[:, WINDOW - 1 : WINDOW]
x, y = (whole[:, :WINDOW] - last)[..., np.newaxis] / 3, (whole[:, WINDOW:] - last) / 3
train = years[WINDOW + AHEAD - 1 :] < 1990  # by the last month to forecast
test = years[WINDOW : WINDOW + n] >= 1990  # by the first

model = ckeras.Sequential(
    [ckeras.Input((WINDOW, 1)), layers.GRU(32), layers.Dense(AHEAD)]
)
model.compile(ckeras.optimizers.Adam(3e-3), "mse")
model.fit(x[train], y[train], batch_size=16, epochs=150, verbose=0)


def error(forecast):
    """Mean absolute error in parts per million."""
    return 3 * np.abs(forecast - y[test]).mean()


forecast = model.predict(x[test], verbose=0)
a_year_before = x[test, -AHEAD:, 0]
print(f"mean absolute error, GRU:           {error(forecast):.2f} ppm")
print(f"the last month, unchanged:          {error(0.0):.2f}")
print(f"the same months a year before:      {error(a_year_before):.2f}")
