"""Videos whose sound goes with their picture, and networks that look at them and listen."""

import pathlib
import sys

import keras
import numpy as np
from keras import layers

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "examples"))
from make_videos import PLACES, THINGS, draw, make_videos, sound, write_video  # noqa: F401

from keras_sounddream.audio import Analysis, LogMelSpectrogram
from keras_sounddream.training.distillation.teachers import Teacher

RATE = 22050
WINDOW_SECONDS = 3.06  # of three steps: what the frames of the spectrogram hear


def place_teacher(softmax="softmax"):
    """Tells red, green and blue by the mean colour: exact on pictures of `draw`."""
    inputs = keras.Input((16, 16, 3))
    x = layers.GlobalAveragePooling2D()(inputs)
    top = layers.Dense(3, softmax)
    model = keras.Model(inputs, top(x), name="place_teacher")
    top.set_weights([0.15 * (np.eye(3) - 1 / 3), np.zeros(3)])
    model.labels = PLACES
    return Teacher(model)


def small_student(classes=3, activation="softmax", along_time=True):
    """Hears a second at a time."""
    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=48)
    inputs = keras.Input((None,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = layers.BatchNormalization(momentum=0.8)(x)
    x = layers.Conv1D(32, 5, padding="same", activation="relu")(x)
    x = layers.AveragePooling1D(50)(x) if along_time else layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(classes, activation, name="places")(x)
    return keras.Model(inputs, x, name="small_student")
