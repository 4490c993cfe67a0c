"""Layers, the parts of models."""

from ckeras.layers.activations.rectifiers import ELU, LeakyReLU, PReLU, ReLU
from ckeras.layers.activations.softmax import Softmax
from ckeras.layers.attention.additive_attention import AdditiveAttention
from ckeras.layers.attention.attention import Attention
from ckeras.layers.attention.grouped_query_attention import GroupQueryAttention
from ckeras.layers.attention.multi_head_attention import MultiHeadAttention
from ckeras.layers.base.config import deserialize, serialize
from ckeras.layers.base.input_spec import InputSpec
from ckeras.layers.base.layer import Layer
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
from ckeras.layers.core.einsum_dense import EinsumDense
from ckeras.layers.core.embedding import Embedding
from ckeras.layers.core.input_layer import Input, InputLayer
from ckeras.layers.core.lambda_layer import Lambda
from ckeras.layers.core.reversible_embedding import ReversibleEmbedding
from ckeras.layers.core.simple import Activation, Identity, Masking
from ckeras.layers.core.wrapper import Wrapper
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
from ckeras.layers.pooling.adaptive_pooling import (
    AdaptiveAveragePooling1D,
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling1D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
)
from ckeras.layers.pooling.average_pooling import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
)
from ckeras.layers.pooling.global_pooling import (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling1D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
)
from ckeras.layers.pooling.max_pooling import (
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
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
from ckeras.layers.reshaping.cropping import Cropping1D, Cropping2D, Cropping3D
from ckeras.layers.reshaping.reshaping import Flatten, Permute, RepeatVector, Reshape
from ckeras.layers.reshaping.up_sampling import (
    UpSampling1D,
    UpSampling2D,
    UpSampling3D,
)
from ckeras.layers.reshaping.zero_padding import (
    ZeroPadding1D,
    ZeroPadding2D,
    ZeroPadding3D,
)
from ckeras.layers.rnn.bidirectional import Bidirectional
from ckeras.layers.rnn.cells.gru_cell import GRUCell
from ckeras.layers.rnn.cells.lstm_cell import LSTMCell
from ckeras.layers.rnn.cells.simple_rnn_cell import SimpleRNNCell
from ckeras.layers.rnn.cells.stacked_cells import StackedRNNCells
from ckeras.layers.rnn.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from ckeras.layers.rnn.gru import GRU
from ckeras.layers.rnn.lstm import LSTM
from ckeras.layers.rnn.rnn import RNN
from ckeras.layers.rnn.simple_rnn import SimpleRNN
from ckeras.layers.rnn.time_distributed import TimeDistributed

Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose = Conv1DTranspose
Convolution2DTranspose = Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D = SeparableConv1D
SeparableConvolution2D = SeparableConv2D

# Keras's other names of the same classes.
AvgPool1D = AveragePooling1D
AvgPool2D = AveragePooling2D
AvgPool3D = AveragePooling3D
GlobalAvgPool1D = GlobalAveragePooling1D
GlobalAvgPool2D = GlobalAveragePooling2D
GlobalAvgPool3D = GlobalAveragePooling3D
GlobalMaxPool1D = GlobalMaxPooling1D
GlobalMaxPool2D = GlobalMaxPooling2D
GlobalMaxPool3D = GlobalMaxPooling3D
MaxPool1D = MaxPooling1D
MaxPool2D = MaxPooling2D
MaxPool3D = MaxPooling3D

__all__ = [
    "ELU",
    "GRU",
    "LSTM",
    "RNN",
    "Activation",
    "ActivityRegularization",
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
    "Add",
    "AdditiveAttention",
    "AlphaDropout",
    "Attention",
    "Average",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "BatchNormalization",
    "Bidirectional",
    "Column",
    "Concatenate",
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Dense",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "Dot",
    "Dropout",
    "EinsumDense",
    "Embedding",
    "Flatten",
    "GRUCell",
    "GaussianDropout",
    "GaussianNoise",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "GroupNormalization",
    "GroupQueryAttention",
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
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Maximum",
    "Minimum",
    "MultiHeadAttention",
    "Multiply",
    "PReLU",
    "Permute",
    "RMSNormalization",
    "ReLU",
    "RepeatVector",
    "Reshape",
    "ReversibleEmbedding",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
    "SimpleRNN",
    "SimpleRNNCell",
    "Softmax",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
    "SpectralNormalization",
    "StackedRNNCells",
    "Subtract",
    "TimeDistributed",
    "UnitNormalization",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "Wrapper",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
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
