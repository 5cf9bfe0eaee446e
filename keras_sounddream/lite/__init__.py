"""Exported LiteRT files where neither TensorFlow nor Keras is: NumPy and `ai_edge_litert` alone."""

from keras_sounddream.lite.dreaming import Dreamer
from keras_sounddream.lite.generating import Generator
from keras_sounddream.lite.model_file import ModelFile
from keras_sounddream.lite.pipes import decode_pcm, read_blocks, record
from keras_sounddream.lite.resampling import resample, resampler
from keras_sounddream.lite.scoring import Classifier, Embedder
from keras_sounddream.lite.sonifying import sonify
from keras_sounddream.lite.sounds import load, save

__all__ = [
    "Classifier",
    "Dreamer",
    "Embedder",
    "Generator",
    "ModelFile",
    "decode_pcm",
    "load",
    "read_blocks",
    "record",
    "resample",
    "resampler",
    "save",
    "sonify",
]
