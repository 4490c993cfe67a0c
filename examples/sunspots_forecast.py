"""Forecasts next year's sunspot number from the 24 years before, with an LSTM.

    python examples/sunspots_forecast.py

Data: the yearly sunspot numbers 1700-2008 that statsmodels ships. Prints the mean
absolute error on the years since 1950, and that of two simple forecasts.
"""

import numpy as np
from statsmodels.datasets import sunspots

import ckeras
from ckeras import layers

WINDOW = 24
ckeras.utils.set_random_seed(0)

data = sunspots.load_pandas().data
years = data["YEAR"].to_numpy().astype(int)
scale = 100.0
series = (data["SUNACTIVITY"].to_numpy() / scale).astype("float32")

x = np.lib.stride_tricks.sliding_window_view(series[:-1], WINDOW)[..., np.newaxis]
y = series[WINDOW:, np.newaxis]
train = years[WINDOW:] < 1950
x_train, y_train, x_test, y_test = x[train], y[train], x[~train], y[~train]

model = ckeras.Sequential([ckeras.Input((WINDOW, 1)), layers.LSTM(32), layers.Dense(1)])
model.compile(optimizer=ckeras.optimizers.Adam(3e-3), loss="mse", metrics=["mae"])
model.fit(x_train, y_train, batch_size=16, epochs=120, verbose=0)


def error(forecast):
    """Mean absolute error in sunspots."""
    return scale * np.abs(forecast - y_test).mean()


forecast = model.predict(x_test, verbose=0)
print(f"mean absolute error, LSTM:          {error(forecast):5.1f} sunspots")
print(f"the year before, unchanged:         {error(x_test[:, -1]):5.1f}")
print(f"the value eleven years earlier:     {error(x_test[:, -11]):5.1f}")
