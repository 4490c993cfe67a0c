"""Models whose configurations, names and numbers are compared with Keras's."""


def sequential(keras):
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((6,)),
            layers.Dense(5, activation="relu"),
            layers.Dropout(0.3),
            layers.Dense(2, name="head"),
        ]
    )


def sequence(keras):
    layers = keras.layers
    model = keras.Sequential(name="reader")
    model.add(layers.Input((4,)))
    model.add(layers.Embedding(9, 3, mask_zero=True))
    model.add(layers.LSTM(4, return_sequences=True))
    model.add(layers.LSTM(3))
    model.add(layers.Dense(1, activation="sigmoid"))
    return model


def deferred(keras):
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    model.build((None, 4))
    return model


def two_inputs(keras):
    layers = keras.layers
    a = keras.Input((3,), name="a")
    b = keras.Input((4,), name="b")
    x = layers.Concatenate()([layers.Dense(2)(a), b])
    first = layers.Dense(1, name="first")(x)
    second = layers.Dense(2, name="second")(x)
    return keras.Model({"a": a, "b": b}, [first, second])


def shared(keras):
    layers = keras.layers
    a, b = keras.Input((3,)), keras.Input((3,))
    dense = layers.Dense(3, activation="tanh")
    x = layers.Add()([dense(a), dense(b), dense(dense(a))])
    return keras.Model([a, b], x, name="twins")


def nested(keras):
    layers = keras.layers
    inner_input = keras.Input((3,))
    inner = keras.Model(inner_input, layers.Dense(4)(inner_input), name="inner")
    stack = keras.Sequential([layers.Dense(3), layers.Dense(3)], name="stack")
    inputs = keras.Input((3,))
    return keras.Model(inputs, inner(stack(inner_input_like(inner, inputs))))


def inner_input_like(inner, inputs):
    """`inputs` plus what `inner` makes of it: a second call of a nested model."""
    return inputs * inner(inputs)[:, :3]


def masked(keras):
    layers = keras.layers
    inputs = keras.Input((4,))
    x = layers.Embedding(9, 3, mask_zero=True)(inputs)
    x = layers.LSTM(4, return_sequences=True)(layers.Dropout(0.1)(x))
    return keras.Model(inputs, layers.Dense(1)(layers.LSTM(3)(x)))


def with_ops(keras):
    ops = keras.ops
    inputs = keras.Input((3, 4))
    x = inputs + 1.5
    total = ops.sum(x, axis=1, keepdims=True)
    x = ops.concatenate([total, x], axis=1)
    x = ops.reshape(x[:, 1:, 0], (-1, 3))
    x = ops.softmax(x) * 2.0 - ops.relu(x) / 3.0
    x = ops.where(x > 0, -x, ops.abs(x))
    x = ops.expand_dims(ops.clip(x, -1.0, 1.0), axis=-1)
    x = ops.mean(ops.matmul(x, ops.transpose(x, (0, 2, 1))), axis=(1, 2))
    return keras.Model(inputs, x)


CASES = {
    f.__name__: f
    for f in (
        sequential,
        sequence,
        deferred,
        two_inputs,
        shared,
        nested,
        masked,
        with_ops,
    )
}
