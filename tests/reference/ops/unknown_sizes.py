"""Calls on placeholders with unknown sizes: inputs only, the library is an argument.

Each is an expression in `k`, the library, `np`, `ops`, `layers`, and two functions:
`t(*shape)`, a placeholder, and `c(*shape)`, an array. `make_unknown_sizes.py` stores
the shapes that Keras finds, or which error it raises.
"""

import numpy as np

CALLS = """
t(None, 8)[100:, :]
t(None, 8)[:-90, :]
t(None, 8)[:5, :]
t(None, 8)[:1, :]
t(None, 8)[-1:, :]
t(None, 8)[1:-1, :]
t(None, 8)[::2, :]
t(None, 8)[::-1, :]
t(None, 8)[50:150, :]
t(None, 8)[90:, :]
t(None, 8)[0]
t(None, 8)[-1]
t(None, 8)[200]
t(None, None, 8)[:, 100:, 2:7]
t(None, None, 8)[:, :-1000]
t(None, None, 8)[..., None, 3]
t(None, None, 8)[:, None, 85:86]
ops.diff(t(None, None, 8), n=90, axis=1)
ops.diff(t(None, None), n=1, axis=0)
ops.extract_sequences(t(None, None), 100, 5)
ops.extract_sequences(t(None, None), 4, 2)
ops.stft(t(None, None), 512, 128, 512)
ops.stft(t(None, None), 40, 10, 64)
layers.Conv1D(2, 3)(ops.stft(t(None, None), 512, 128, 512)[0])
layers.Conv2D(2, 3)(t(None, None, None, 3)[:, 100:, 100:])
layers.Conv2D(2, 50, dilation_rate=20)(t(None, None, None, 3))
layers.Flatten()(t(None, None, 8)[:, :-90])
layers.Conv1D(4, 200)(t(None, None, 3))
layers.Conv1D(4, 200, strides=90, padding='same')(t(None, None, 3))
layers.MaxPooling1D(128)(t(None, None, 3))
layers.Cropping1D((50, 60))(t(None, None, 3))
layers.ZeroPadding1D((500, 0))(t(None, None, 3))
layers.UpSampling1D(100)(t(None, None, 3))
layers.RepeatVector(90)(t(None, 3))
layers.Lambda(lambda x: x[:, -500:])(t(None, None, 3))
ops.conv(t(None, None, 3), c(100, 3, 2))
ops.conv(t(None, None, 3), c(3, 3, 2), dilation_rate=60)
ops.conv(t(None, None, None, 3), c(40, 40, 3, 2), dilation_rate=40)
ops.conv(t(None, None, 3), c(3, 3, 2), strides=200, padding='same')
ops.conv_transpose(t(None, None, 3), c(4, 2, 3), strides=2)
ops.depthwise_conv(t(None, None, 3), c(90, 3, 1))
ops.max_pool(t(None, None, 3), 100)
ops.average_pool(t(None, None, 3), 5, 3)
ops.max_pool(t(None, None, 3), 300, 7, 'same')
ops.pad(t(None, 3), ((100, 200), (0, 0)))
ops.image.crop_images(t(None, None, None, 3), 100, 100, None, None, 20, 9)
ops.image.pad_images(t(None, None, None, 3), 100, 100, 100, 100)
ops.image.extract_patches(t(None, None, None, 3), 90)
ops.image.extract_patches(t(None, None, None, 3), 5, 3)
ops.image.resize(t(None, None, None, 3), (200, 100))
ops.reshape(t(None, 8), (-1, 500))
ops.reshape(t(None, 3), (-1, 83))
ops.reshape(t(None, 3), (-1, 89, 2))
ops.reshape(t(None, 3), (-1, 3))
ops.reshape(t(None, 6), (-1, 4))
ops.reshape(t(None, None, 6), (-1, 6))
ops.reshape(t(None, None), (-1,))
ops.reshape(t(None, 6), (83, -1))
ops.reshape(t(None, 6), (-1, 2, 3))
ops.repeat(t(None, 3), 100, axis=0)
ops.tile(t(None, 3), (90, 2))
ops.roll(t(None, 3), 100, axis=0)
ops.take(t(None, 3), np.array([100, 200]), axis=0)
ops.take(t(None, 3), 100, axis=0)
ops.split(t(None, 3), [100, 200])
ops.split(t(None, 3), 90)
ops.array_split(t(None, 7), 3, axis=1)
ops.one_hot(t(None, dtype='int32'), 100)
ops.tril(t(None, None, None), 100)
ops.broadcast_to(t(None, 4), (90, 4))
ops.expand_dims(t(None, 4), 1)
ops.swapaxes(t(None, 4), 0, 1)
ops.top_k(t(None, None), 100)[0]
ops.argmax(t(None, None, 90), axis=1)
ops.sum(t(None, None, 90), axis=(0, 1), keepdims=True)
ops.cumsum(t(None, 3), axis=0)
ops.sort(t(None, 3), axis=0)
ops.meshgrid(t(None), t(5))
ops.outer(t(None), t(90))
ops.kron(t(None, 2), c(90, 3))
ops.dot(t(None, 90), c(90, 2))
ops.tensordot(t(None, 90, 2), c(90, 2, 5), 2)
ops.matmul(t(None, None, 5), c(5, 90))
ops.rfft(t(None, 100))
ops.rfft(t(None, None), 100)
ops.linspace(t(None, 3), 2.0, 100)
ops.logsumexp(t(None, 90), axis=0)
ops.squeeze(t(None, 1, None), 1)
ops.squeeze(t(None, 1, None), 0)
ops.moveaxis(t(None, None, 3), 0, 2)
t(None, 4) + c(3, 4)
t(None, 4) + c(1, 4)
t(None, 4) + c(4)
t(None, 4) + t(3, 4)
t(None, None) + c(3, 4)
t(None, 1) + c(3, 4)
c(3, 4) - t(None, 4)
t(None, 4) * c(3, 1)
ops.add(t(None, 2), [[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]])
t(None, 4) + ops.ones((3, 4))
t(None, 4) * k.Variable(c(3, 4))
t(None, 3) + t(2, None)
t(None, 4) + c(3, 5)
ops.average(t(None, 4), weights=c(3, 4))
ops.repeat(t(None, 4), np.array([1, 0, 2]), axis=0)
ops.in_top_k(t(None, dtype="int32"), c(5, 7), 2)
ops.rot90(t(None, 4))
ops.einsum("ij,jk,kl->il", t(None, None), c(4, 2), c(2, 90))
ops.vstack([t(None, 4), t(None, 4)])
t(None, 4) + 100
ops.where(c(3, 4) > 0, t(None, 4), 0.0)
ops.where(t(None, 4, dtype='bool'), c(3, 1), c(4))
ops.maximum(t(None, 90), c(3, 90))
ops.logical_and(t(None, 4, dtype='bool'), c(3, 4) > 0)
ops.concatenate([t(None, 4), c(3, 4)], 1)
ops.concatenate([t(None, 4), c(3, 4)], 0)
ops.concatenate([t(None, 4), t(None, 90)], 1)
ops.stack([t(None, 4), c(3, 4)], 1)
ops.hstack([t(None, 4), c(3, 4)])
ops.vstack([t(None, 4), c(3, 4)])
ops.matmul(t(None, 4, 5), c(3, 5, 2))
ops.matmul(t(3, None), c(90, 2))
ops.matmul(t(None, 3, None), c(2, 3, 4, 7))
ops.einsum('bij,bjk->bik', t(None, 4, 5), c(3, 5, 2))
ops.einsum('ij,jk', t(None, None), c(90, 2))
ops.solve(t(None, 4, 4), c(3, 4, 2))
ops.dot_product_attention(*[t(2, None, 2, 3)] * 3, mask=c(1, 1, 5, 5) > 0)
ops.dot_product_attention(*[t(None, None, 2, 3)] * 3)
ops.dot_product_attention(t(2, None, 2, 3), t(2, None, 2, 3), t(2, None, 2, 3))
layers.Embedding(11, 12)(t(None, None)) + c(1, 16, 12)
layers.Dense(12)(t(None, None, 4)) + c(200, 12)
layers.Add()([t(None, 4), t(3, 4)])
layers.Concatenate()([t(None, 4), t(None, 5)])
ops.sparse_categorical_crossentropy(t(None, 3, dtype='int32'), t(None, 5))
ops.categorical_crossentropy(t(None, 3), t(None, 5))
ops.categorical_crossentropy(t(None, 5), t(None, 5))
ops.binary_crossentropy(t(None, 5), t(None, 5))
ops.inv(t(None, 3))
ops.det(t(None, 90, 90))
ops.slice(t(None, 8), (0, 2), (90, 3))
ops.slice_update(t(None, 8), (100, 0), c(3, 8))
ops.scatter_update(t(None, 8), [[100, 0]], c(1))
ops.take_along_axis(t(None, 8), t(None, 3, dtype='int32'), axis=1)
ops.unstack(t(None, 3), axis=1)
ops.segment_sum(t(None, 3), t(None, dtype='int32'), 100)
ops.correlate(t(None), c(200))
ops.full_like(t(None, None, 64), 100000)
ops.vander(t(None), 100)
ops.trace(t(None, None, 90))
ops.diagonal(t(None, None, 90), axis1=0, axis2=2)
ops.trapezoid(t(None, 90), axis=0)
ops.quantile(t(None, 90), 0.5, axis=0)
ops.moments(t(None, None, 90), axes=[1])
ops.normalize(t(None, 90), axis=0)
ops.glu(t(None, 90))
ops.view_as_complex(t(None, 2))
""".strip().splitlines()


def outcome(library, call):
    """The flat shapes of a call's results, or the error that it raises."""
    names = {
        "k": library,
        "np": np,
        "ops": library.ops,
        "layers": library.layers,
        "t": lambda *shape, dtype="float32": library.KerasTensor(shape, dtype),
        "c": lambda *shape: np.ones(shape, "float32"),
    }
    try:
        found = eval(call, names)
    except Exception as error:
        return error
    return [list(x.shape) for x in library.tree.flatten(found)]
