"""Layers, the parts of models."""

from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.config import deserialize, serialize
from ckeras.layers.core.column import Column
from ckeras.layers.core.dense import Dense
from ckeras.layers.core.einsum_dense import EinsumDense
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.core.reversible_embedding import ReversibleEmbedding
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
from ckeras.layers.rnn.lstm import LSTM
from ckeras.layers.rnn.lstm_cell import LSTMCell
from ckeras.layers.rnn.rnn import RNN
from ckeras.layers.rnn.stacked_cells import StackedRNNCells

__all__ = [
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "Average",
    "Column",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
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
    "ReversibleEmbedding",
    "Softmax",
    "SpatialDropout1D",
    "StackedRNNCells",
    "Subtract",
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
