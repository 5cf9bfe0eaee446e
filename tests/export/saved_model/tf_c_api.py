"""Runs a SavedModel through TensorFlow's C API: no Python of TensorFlow's, as a server does.

    python tf_c_api.py LIBRARY FOLDER REQUEST.npz ANSWER.npz

REQUEST holds arrays by `in/TENSOR`, one string of bytes, as uint8, by `bytes/TENSOR`, and names
what to answer by `out/TENSOR`. Strings are answered as uint8, with a line break between.
"""

import ctypes
import sys

import numpy as np

KINDS = {1: np.float32, 3: np.int32}
_STRING = 7


class Output(ctypes.Structure):
    _fields_ = (("operation", ctypes.c_void_p), ("index", ctypes.c_int))


def main(library, folder, request, answer):
    tf = ctypes.CDLL(library)
    pointers = "TF_NewStatus TF_NewGraph TF_NewSessionOptions TF_LoadSessionFromSavedModel"
    pointers += " TF_GraphOperationByName TF_AllocateTensor TF_TensorData TF_Message"
    for name in (*pointers.split(), "TF_StringGetDataPointer"):
        getattr(tf, name).restype = ctypes.c_void_p
    tf.TF_Dim.restype = ctypes.c_int64
    tf.TF_StringGetSize.restype = ctypes.c_size_t
    status, graph = ctypes.c_void_p(tf.TF_NewStatus()), ctypes.c_void_p(tf.TF_NewGraph())

    def check():
        if tf.TF_GetCode(status):
            text = ctypes.cast(tf.TF_Message(status), ctypes.c_char_p).value.decode()
            raise RuntimeError(text)

    options, tags = ctypes.c_void_p(tf.TF_NewSessionOptions()), (ctypes.c_char_p * 1)(b"serve")
    session = ctypes.c_void_p(
        tf.TF_LoadSessionFromSavedModel(
            options, None, folder.encode(), tags, 1, graph, None, status
        )
    )
    check()

    def place(tensor):
        name, index = tensor.split(":")
        operation = tf.TF_GraphOperationByName(graph, name.encode())
        assert operation, name
        return Output(operation, int(index))

    def run(inputs, outputs):
        places = [(Output * len(names))(*map(place, names)) for names in (inputs, outputs)]
        given = (ctypes.c_void_p * len(inputs))(*(to_tensor(tf, v) for v in inputs.values()))
        found = (ctypes.c_void_p * len(outputs))()
        tf.TF_SessionRun(
            session, None, places[0], given, len(inputs), places[1], found, len(outputs),
            None, 0, None, status,
        )  # fmt: skip
        check()
        return [to_array(tf, ctypes.c_void_p(tensor)) for tensor in found]

    arrays = dict(np.load(request))
    inputs = {key[3:]: value for key, value in arrays.items() if key.startswith("in/")}
    files = {key[6:]: value.tobytes() for key, value in arrays.items() if key.startswith("bytes/")}
    outputs = [key[4:] for key in arrays if key.startswith("out/")]
    for name in files:  # what is no sound has its own answer, and the session lives on
        for array in run({**inputs, **files, name: b"no sound"}, outputs):
            print(array.tobytes().decode(errors="replace"))
    np.savez(answer, **dict(zip(outputs, run({**inputs, **files}, outputs), strict=True)))


def to_tensor(tf, value):
    if isinstance(value, bytes):
        tensor = ctypes.c_void_p(tf.TF_AllocateTensor(_STRING, (ctypes.c_int64 * 1)(1), 1, 24))
        string = ctypes.c_void_p(tf.TF_TensorData(tensor))
        tf.TF_StringInit(string)
        tf.TF_StringCopy(string, value, ctypes.c_size_t(len(value)))
        return tensor.value
    array, dims = value, (ctypes.c_int64 * value.ndim)(*value.shape)
    (kind,) = [kind for kind, dtype in KINDS.items() if array.dtype == dtype]
    size = ctypes.c_size_t(array.nbytes)
    tensor = ctypes.c_void_p(tf.TF_AllocateTensor(kind, dims, array.ndim, size))
    ctypes.memmove(tf.TF_TensorData(tensor), array.tobytes(), array.nbytes)
    return tensor.value


def to_array(tf, tensor):
    shape = [tf.TF_Dim(tensor, i) for i in range(tf.TF_NumDims(tensor))]
    kind, data = tf.TF_TensorType(tensor), tf.TF_TensorData(tensor)
    if kind == _STRING:
        strings = [ctypes.c_void_p(data + 24 * i) for i in range(int(np.prod(shape)))]
        texts = [
            ctypes.string_at(tf.TF_StringGetDataPointer(s), tf.TF_StringGetSize(s)) for s in strings
        ]
        return np.frombuffer(b"\n".join(texts), "uint8")
    size = int(np.prod(shape)) * np.dtype(KINDS[kind]).itemsize
    return np.frombuffer(ctypes.string_at(data, size), KINDS[kind]).reshape(shape)


if __name__ == "__main__":
    main(*sys.argv[1:])
