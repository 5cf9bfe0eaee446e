"""The constants of a TFLite file, as floats."""

from keras_sounddream.errors import InputError


def read(path):
    """Reads the constant tensors of a TFLite file; nothing in it is run.

    Args:
        path: str or path.

    Returns:
        dict from tensor name to array: quantised numbers as the float32 that they stand for,
        others as they are. Axes keep TFLite's order: kernels are `(out, height, width, in)`, those
        of depthwise convolutions `(1, height, width, channels)`, of dense layers `(out, in)`.

    Raises:
        InputError: if it is not such a file, two constants have one name, or `ai_edge_litert` is
            not installed.
    """
    interpreter = _open(path)
    found = {}
    for tensor in interpreter.get_tensor_details():
        try:
            array = interpreter.get_tensor(tensor["index"])
        except ValueError:  # computed, not constant: nothing is there before it runs
            continue
        name = tensor["name"]
        if name in found:
            raise InputError(f"Cannot read the weights {path}: two constants are named {name!r}.")
        found[name] = _dequantised(array, tensor["quantization_parameters"])
    return found


def _open(path):
    try:
        from ai_edge_litert import interpreter  # on request: few weights come as TFLite
    except ImportError:
        raise InputError(
            f"Cannot read the weights {path}, a TFLite file, without ai_edge_litert. Install it: "
            "pip install 'keras-sounddream[lite]'"
        ) from None
    plain = interpreter.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    try:
        return interpreter.Interpreter(str(path), experimental_op_resolver_type=plain)
    except ValueError as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Cannot read the weights {path} as TFLite: {reason}") from None


def _dequantised(array, quantization):
    """Numbers for the integers that stand for them, by one scale or by one a channel."""
    scales, zeros = quantization["scales"], quantization["zero_points"]
    if not len(scales):
        return array
    shape = [1] * array.ndim
    if len(scales) > 1:
        shape[quantization["quantized_dimension"]] = -1
    numbers = array.astype("float64") - zeros.reshape(shape)
    return (numbers * scales.reshape(shape)).astype("float32")
