"""Constants of a TFLite file, dequantized."""

from keras_sounddream.errors import InputError, MissingPackageError
from keras_sounddream.types import Array, PathLike


def read(path: PathLike) -> dict[str, Array]:
    """Constant tensors by name, quantized ones as the float32 that they stand for.

    Axes keep TFLite's order: kernels are `(out, height, width, in)`, those of depthwise
    convolutions `(1, height, width, channels)`, of dense layers `(out, in)`.
    """
    interpreter = _open(path)
    arrays: dict[str, Array] = {}
    for tensor in interpreter.get_tensor_details():
        try:
            array = interpreter.get_tensor(tensor["index"])
        except ValueError:  # computed, not constant: it has no values before the model runs
            continue
        name = tensor["name"]
        if name in arrays:
            raise InputError(f"Cannot read the weights {path}: two constants are named {name!r}.")
        arrays[name] = _dequantized(array, tensor["quantization_parameters"])
    return arrays


def _open(path):
    try:
        from ai_edge_litert import interpreter  # on request: few weights come as TFLite
    except ImportError:
        purpose = f"Reading the weights {path}, a TFLite file,"
        raise MissingPackageError("ai-edge-litert", purpose, "lite") from None
    plain = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        return interpreter.Interpreter(str(path), experimental_op_resolver_type=plain)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Cannot read the weights {path} as TFLite: {reason}") from None


def _dequantized(array, quantization):
    """float32 numbers of quantized integers, by one scale or one per channel."""
    scales, zeros = quantization["scales"], quantization["zero_points"]
    if not len(scales):
        return array
    shape = [1] * array.ndim
    if len(scales) > 1:
        shape[quantization["quantized_dimension"]] = -1
    numbers = array.astype("float64") - zeros.reshape(shape)
    return (numbers * scales.reshape(shape)).astype("float32")
