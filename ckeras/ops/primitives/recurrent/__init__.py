"""Recurrent layers over whole sequences."""

from ckeras.ops.primitives.recurrent import tokens
from ckeras.ops.primitives.recurrent.gru import gru
from ckeras.ops.primitives.recurrent.lstm import lstm
from ckeras.ops.primitives.recurrent.simple_rnn import simple_rnn

__all__ = ["gru", "lstm", "simple_rnn"]
