"""The benchmarks' models out of PyTorch's own modules, without Keras."""

import numpy as np
import torch
from torch import nn

__all__ = ["TorchModel"]


class Last(nn.Module):
    """What a recurrent module gives at the last timestep, in both directions."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        sequence, state = self.module(x)
        if not self.module.bidirectional:
            return sequence[:, -1]
        state = state[0] if isinstance(state, tuple) else state
        return torch.cat([state[-2], state[-1]], dim=1)


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut."""

    def __init__(self, before, filters, strides):
        super().__init__()
        self.inner = nn.Sequential(
            nn.Conv2d(before, filters, 3, strides, padding=1, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
            nn.Conv2d(filters, filters, 3, padding=1, bias=False),
            nn.BatchNorm2d(filters),
        )
        self.shortcut = nn.Identity()
        if strides > 1:
            self.shortcut = nn.Conv2d(before, filters, 1, strides, bias=False)

    def forward(self, x):
        return torch.relu(self.inner(x) + self.shortcut(x))


class TransformerBlock(nn.Module):
    """Attention with two heads, and two dense layers."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 2, batch_first=True)
        self.first, self.second = nn.LayerNorm(64), nn.LayerNorm(64)
        self.inner = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 64))

    def forward(self, x):
        x = self.first(x + self.attention(x, x, x, need_weights=False)[0])
        return self.second(x + self.inner(x)).mean(1)


def mlp_small():
    return [nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 2)]


def mlp_mnist():
    hidden = [nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2)]
    hidden += [nn.Linear(512, 512), nn.ReLU(), nn.Dropout(0.2)]
    return [nn.Flatten(), *hidden, nn.Linear(512, 10)]


def seed_lstm():
    lstm = Last(nn.LSTM(1, 32, batch_first=True))
    return [lstm, nn.Linear(32, 32), nn.ReLU(), nn.Dropout(0.2), nn.Linear(32, 20)]


def imdb_lstm():
    lstm = Last(nn.LSTM(128, 128, batch_first=True))
    return [nn.Embedding(20000, 128), lstm, nn.Linear(128, 2)]


def bilstm():
    lstm = Last(nn.LSTM(128, 64, 2, batch_first=True, bidirectional=True))
    return [nn.Embedding(20000, 128), lstm, nn.Linear(128, 2)]


def gru_series():
    return [Last(nn.GRU(8, 64, batch_first=True)), nn.Linear(64, 1)]


def transformer():
    return [nn.Embedding(20000, 64), TransformerBlock(), nn.Linear(64, 2)]


def mnist_cnn():
    first = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)]
    second = [nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    return [*first, *second, nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10)]


def cifar_resnet20():
    layers = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    before = 16
    for filters in (16, 32, 64):
        for block in range(3):
            strides = 2 if filters > 16 and block == 0 else 1
            layers.append(ResidualBlock(before, filters, strides))
            before = filters
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)]


def vgg_block():
    layers = [nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()]
    layers += [nn.Conv2d(128, 128, 3, padding=1), nn.ReLU()]
    return [*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10)]


DENSE = (mlp_small, mlp_mnist)
SEQUENCES = (seed_lstm, imdb_lstm, bilstm, gru_series, transformer)
CONVOLUTIONAL = (mnist_cnn, cifar_resnet20, vgg_block)
MODELS = {f.__name__: f for f in (*DENSE, *SEQUENCES, *CONVOLUTIONAL)}


class TorchModel:
    """One workload in PyTorch, in an ordinary loop over shuffled batches.

    Args:
        name: of the workload.
        x, y, batch: its data and batch size; images have their channels last.
    """

    def __init__(self, name, x, y, batch):
        torch.manual_seed(0)
        self.model = nn.Sequential(*MODELS[name]())
        if MODELS[name] in CONVOLUTIONAL:
            x = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        classes = y.dtype.kind == "i"
        self.x = torch.from_numpy(x)
        self.y = torch.from_numpy(y.astype("int64") if classes else y)
        self.batch = batch
        self.loss = nn.CrossEntropyLoss() if classes else nn.MSELoss()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def fit(self):
        """Trains for an epoch; the mean of its losses."""
        self.model.train()
        losses = []
        for rows in torch.randperm(len(self.x)).split(self.batch):
            self.optimizer.zero_grad()
            loss = self.loss(self.model(self.x[rows]), self.y[rows])
            loss.backward()
            self.optimizer.step()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    @torch.inference_mode()
    def predict(self):
        """Predicts all samples in batches of 256."""
        self.model.eval()
        return torch.cat([self.model(rows) for rows in self.x.split(256)])

    @torch.inference_mode()
    def predict_one(self):
        """Predicts one sample."""
        self.model.eval()
        return self.model(self.x[:1])
