"""`keras.preprocessing.sequence`."""

from ckeras.preprocessing.sequence.skipgrams import make_sampling_table, skipgrams
from ckeras.preprocessing.sequence.timeseries_generator import TimeseriesGenerator
from ckeras.utils.sequences import pad_sequences

__all__ = [
    "TimeseriesGenerator",
    "make_sampling_table",
    "pad_sequences",
    "skipgrams",
]
