"""Ops as nodes of functional graphs: one class of operation for each op function.

The classes are made when an op first meets a placeholder. They have the names and
configurations of Keras's classes, since files of functional models hold them.
"""

import inspect

from ckeras.engine import tree
from ckeras.engine.symbolic.fitting import infer_fitting
from ckeras.engine.symbolic.keras_tensor import KerasTensor
from ckeras.engine.symbolic.operation import Operation
from ckeras.engine.values import dtypes

__all__ = ["OpOperation", "op_class", "symbolic_call"]

# Parameters that take values of the graph, or functions of them; all others are
# settings, kept in the operation's configuration.
_VALUE_WORDS = (
    "a abs_ angle array arrays b bias branches condition constant_values coordinates "
    "data elements elems end_points f false_fn fill_value image1 image2 images index "
    "indices init init_val inputs inputs_mask kernel key logits loop_vars mask "
    "mean operands output pred query segment_ids start start_indices "
    "start_points step stop target tensors transform true_fn updates value "
    "values variance volumes "
    "x x1 x2 x3 xi xs y"
)
_VALUE_NAMES = frozenset(_VALUE_WORDS.split())
# Settings in these modules though values in others.
_SETTING_NAMES = {"image": frozenset({"fill_value"})}
# Keras's class names that are not simply the op's name in camel case.
_CLASS_NAMES = {
    "abs": "Absolute",
    "allclose": "AllClose",
    "ctc_decode": "CTCDecode",
    "ctc_loss": "CTCLoss",
    "fft": "FFT",
    "fft2": "FFT2",
    "getitem": "GetItem",
    "hsv_to_rgb": "HSVToRGB",
    "ifft2": "IFFT2",
    "irfft": "IRFFT",
    "istft": "ISTFT",
    "psnr": "PSNR",
    "rfft": "RFFT",
    "rgb_to_grayscale": "RGBToGrayscale",
    "rgb_to_hsv": "RGBToHSV",
    "rms_normalization": "RMSNorm",
    "ssim": "SSIM",
    "stft": "STFT",
    "svd": "SVD",
    "true_divide": "TrueDivide",
}
# Ops by the Keras module that has their class; all others are in "numpy".
_MODULE_OPS = {
    "nn": (
        "adaptive_average_pool adaptive_max_pool average_pool batch_normalization "
        "binary_crossentropy categorical_crossentropy celu conv conv_transpose "
        "ctc_decode ctc_loss depthwise_conv dot_product_attention elu gelu glu "
        "hard_shrink hard_sigmoid hard_silu hard_tanh layer_normalization leaky_relu "
        "log_sigmoid log_softmax max_pool moments multi_hot normalize one_hot polar "
        "psnr relu relu6 rms_normalization selu separable_conv sigmoid silu "
        "soft_shrink softmax softplus softsign sparse_categorical_crossentropy "
        "sparse_plus sparse_sigmoid sparsemax squareplus tanh_shrink threshold"
    ),
    "math": (
        "erf erfc erfinv extract_sequences fft fft2 ifft2 in_top_k irfft istft logdet "
        "logsumexp rfft rsqrt segment_max segment_min segment_prod segment_sum stft "
        "top_k view_as_complex view_as_real"
    ),
    "core": (
        "associative_scan cast cond convert_to_tensor fori_loop map saturate_cast scan "
        "scatter scatter_update slice slice_update stop_gradient switch unstack "
        "vectorized_map while_loop"
    ),
    "image": (
        "affine_transform crop_images elastic_transform extract_patches "
        "extract_patches_3d gaussian_blur hsv_to_rgb map_coordinates pad_images "
        "perspective_transform resize rgb_to_grayscale rgb_to_hsv "
        "scale_and_translate sobel_edges ssim"
    ),
    "linalg": (
        "cholesky cholesky_inverse det eig eigh inv lstsq lu_factor norm pinv qr solve "
        "solve_triangular svd"
    ),
}
_MODULES = {module: names.split() for module, names in _MODULE_OPS.items()}
_classes: dict = {}


def _module_of(op_name):
    return next((m for m, names in _MODULES.items() if op_name in names), "numpy")


def keras_name(op_name):
    """The module and class by which Keras's files call the op `op_name`."""
    module = _module_of(op_name)
    class_name = _CLASS_NAMES.get(op_name)
    if class_name is None:
        class_name = "".join(part[:1].upper() + part[1:] for part in op_name.split("_"))
    return f"keras.src.ops.{module}", class_name


class OpOperation(Operation):
    """A call of an op on placeholders.

    Subclasses, made by `op_class`, have the op as `function`.

    Args:
        name: name of the operation.
        settings: the op's arguments that are no values, by name.
    """

    function = None

    def __init__(self, *, name=None, **settings):
        super().__init__(name=name)
        if settings.get("dtype") is not None:
            settings["dtype"] = dtypes.standardize_dtype(settings["dtype"])
        self.settings = settings

    def call(self, *args, **kwargs):
        """Applies the op; values in the order of its signature."""
        return self._apply(type(self).function, args, kwargs)

    def _apply(self, target, args, kwargs):
        values, positional = iter(args), []
        keywords = {**self.settings, **kwargs}
        for parameter in _parameters(self.function):
            name = parameter.name
            if parameter.kind is parameter.VAR_POSITIONAL:
                positional.extend(values)
            elif parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                if name in keywords:
                    positional.append(keywords.pop(name))
                    continue
                value = next(values, _END)
                if value is _END:
                    break
                positional.append(value)
        return target(*positional, **keywords)

    def compute_output_spec(self, *args, **kwargs):
        # No rewording: an op's own error says what is wrong.
        known = getattr(type(self).function, "output_spec", None)
        if known is not None:
            specs = self._apply(known, args, kwargs)
        else:
            specs = infer_fitting(self.call, args, kwargs, self.settings)
        return tree.map_structure(
            lambda s: KerasTensor(s.shape, s.dtype) if _is_spec(s) else s, specs
        )

    def get_config(self):
        return {"name": self.name, **self.settings}

    def __reduce__(self):
        return _rebuild, (type(self).function, self.__getstate__())


_END = object()


def _is_spec(x):
    return isinstance(x, KerasTensor)


def _rebuild(function, state):
    operation = op_class(function).__new__(op_class(function))
    operation.__dict__.update(state)
    return operation


def _parameters(function):
    return inspect.signature(function).parameters.values()


def op_class(function):
    """The class of operations that apply the op `function`."""
    name = function.__name__
    cls = _classes.get(name)
    if cls is None:
        module, class_name = keras_name(name)
        members = {
            "function": staticmethod(function),
            "__module__": module,
            "__doc__": f"The op `{name}` as a node of a functional graph.",
        }
        cls = _classes[name] = type(class_name, (OpOperation,), members)
    return cls


def symbolic_call(function, args, kwargs):
    """Records a call of an op on placeholders as a node of the functional graph.

    Args:
        function: the public op.
        args, kwargs: its arguments, with a `KerasTensor` among them.

    Returns:
        A `KerasTensor` in place of each of the op's results.
    """
    signature = inspect.signature(function)
    bound = signature.bind(*args, **kwargs)
    values, gaps, settings, value_keywords = [], [], {}, {}
    module = _module_of(function.__name__)
    value_names = _VALUE_NAMES - _SETTING_NAMES.get(module, frozenset())
    for name, parameter in signature.parameters.items():
        given = name in bound.arguments
        value = bound.arguments.get(name, parameter.default)
        if parameter.kind is parameter.VAR_POSITIONAL:
            values.extend(value if given else ())
        elif parameter.kind is parameter.VAR_KEYWORD:
            settings.update(value if given else {})
        elif name in value_names and parameter.kind is not parameter.KEYWORD_ONLY:
            gaps.append(value)
            if given:
                values.extend(gaps)
                gaps.clear()
        elif _holds_value(value):
            value_keywords[name] = value
        else:
            settings[name] = value
    operation = op_class(function)(**settings)
    return operation.symbolic_call(*values, **value_keywords)


def _holds_value(value):
    return any(hasattr(x, "is_symbolic") for x in tree.flatten(value))
