"""Exported LiteRT files where neither TensorFlow nor Keras is: NumPy and `ai_edge_litert` alone."""

from keras_sounddream.lite.classifier import Classifier, Embedder
from keras_sounddream.lite.dreamer import Dreamer
from keras_sounddream.lite.generator import Generator
from keras_sounddream.lite.io import load, save
from keras_sounddream.lite.model_file import ModelFile
from keras_sounddream.lite.resampling import resample, resampler
from keras_sounddream.lite.sonifier import sonify
from keras_sounddream.lite.streams import decode_pcm, read_blocks, record

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
