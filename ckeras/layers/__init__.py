"""Layers, the parts of models."""

from ckeras.layers.activations.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.column import Column
from ckeras.layers.config import deserialize, serialize
from ckeras.layers.core.dense import Dense
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.core.simple import Activation, Identity, Masking
from ckeras.layers.core.wrapper import Wrapper
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
from ckeras.layers.normalization.batch_normalization import BatchNormalization
from ckeras.layers.normalization.group_normalization import GroupNormalization
from ckeras.layers.normalization.layer_normalization import LayerNormalization
from ckeras.layers.normalization.rms_normalization import RMSNormalization
from ckeras.layers.normalization.spectral_normalization import SpectralNormalization
from ckeras.layers.normalization.unit_normalization import UnitNormalization
from ckeras.layers.regularization.alpha_dropout import AlphaDropout
from ckeras.layers.regularization.dropout import Dropout
from ckeras.layers.regularization.noise import (
    ActivityRegularization,
    GaussianDropout,
    GaussianNoise,
)
from ckeras.layers.regularization.spatial_dropout import (
    SpatialDropout1D,
    SpatialDropout2D,
    SpatialDropout3D,
)
from ckeras.layers.reshaping.reshaping import Flatten, Permute, RepeatVector, Reshape
from ckeras.layers.rnn.lstm import LSTM
from ckeras.layers.rnn.lstm_cell import LSTMCell
from ckeras.layers.rnn.rnn import RNN
from ckeras.layers.rnn.stacked_cells import StackedRNNCells

__all__ = [
    "ELU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "Add",
    "AlphaDropout",
    "Average",
    "BatchNormalization",
    "Column",
    "Concatenate",
    "Dense",
    "Dot",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianDropout",
    "GaussianNoise",
    "GroupNormalization",
    "Identity",
    "Input",
    "InputLayer",
    "InputSpec",
    "LSTMCell",
    "Lambda",
    "Layer",
    "LayerNormalization",
    "LeakyReLU",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "Subtract",
    "UnitNormalization",
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
