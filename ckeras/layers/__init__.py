"""Layers, the parts of models."""

from ckeras.layers.column import Column
from ckeras.layers.config import deserialize, serialize
from ckeras.layers.core.dense import Dense
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.core.simple import Activation, Identity, Masking, Wrapper
from ckeras.layers.input_spec import InputSpec
from ckeras.layers.layer import Layer
from ckeras.layers.merging.concatenate import Concatenate, concatenate
from ckeras.layers.merging.dot import Dot, dot
from ckeras.layers.merging.elementwise import (
    Add,
    Average,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
    add,
    average,
    maximum,
    minimum,
    multiply,
    subtract,
)
from ckeras.layers.regularization.dropout import Dropout, SpatialDropout1D
from ckeras.layers.regularization.noise import (
    ActivityRegularization,
    GaussianDropout,
    GaussianNoise,
)
from ckeras.layers.reshaping.reshaping import Flatten, Permute, RepeatVector, Reshape
from ckeras.layers.rnn.bidirectional import Bidirectional
from ckeras.layers.rnn.gru import GRU
from ckeras.layers.rnn.gru_cell import GRUCell
from ckeras.layers.rnn.lstm import LSTM
from ckeras.layers.rnn.lstm_cell import LSTMCell
from ckeras.layers.rnn.rnn import RNN
from ckeras.layers.rnn.simple_rnn import SimpleRNN
from ckeras.layers.rnn.simple_rnn_cell import SimpleRNNCell
from ckeras.layers.rnn.stacked_cells import StackedRNNCells
from ckeras.layers.rnn.time_distributed import TimeDistributed

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "Average",
    "Bidirectional",
    "Column",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "LSTMCell",
    "Lambda",
    "Layer",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SimpleRNN",
    "SimpleRNNCell",
    "SpatialDropout1D",
    "StackedRNNCells",
    "Subtract",
    "TimeDistributed",
    "Wrapper",
    "add",
    "average",
    "concatenate",
    "deserialize",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "serialize",
    "subtract",
]
