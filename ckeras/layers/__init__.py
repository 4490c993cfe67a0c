"""Layers, the parts of models."""

from ckeras.layers.config import deserialize, serialize
from ckeras.layers.convolution.conv import Conv1D, Conv2D, Conv3D
from ckeras.layers.convolution.conv_transpose import (
    Conv1DTranspose,
    Conv2DTranspose,
    Conv3DTranspose,
)
from ckeras.layers.convolution.depthwise_conv import DepthwiseConv1D, DepthwiseConv2D
from ckeras.layers.convolution.separable_conv import SeparableConv1D, SeparableConv2D
from ckeras.layers.core.column import Column
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
from ckeras.layers.normalization.layer_normalization import LayerNormalization
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

Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

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
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
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
    "LayerNormalization",
    "Masking",
    "Maximum",
    "Minimum",
    "Multiply",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
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
