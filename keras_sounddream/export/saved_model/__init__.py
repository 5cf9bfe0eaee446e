"""SavedModels, and the files that TensorFlow Serving needs beside them."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "SavedModelWriter": "writer",
        "decode_wav": "wav_decoder",
        "encode_wav": "wav_decoder",
        "export_serving": "serving",
    },
)
