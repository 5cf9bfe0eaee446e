"""A small classifier for the tests of exports."""

import keras

from keras_sounddream.audio import Analysis, LogMelSpectrogram

RATE = 8000


def make_classifier(samples=None, name="tiny"):
    keras.utils.set_random_seed(0)
    analysis = Analysis(sample_rate=RATE, step_seconds=0.02, num_mel_bins=16)
    inputs = keras.Input((samples,), name="waveform")
    x = LogMelSpectrogram(analysis, name="front_end")(inputs)
    x = keras.layers.Reshape((-1, 16, 1))(x)
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv1")(x)
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", activation="relu", name="conv2")(x)
    x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
    x = keras.layers.Dense(3, activation="softmax", name="predictions")(x)
    model = keras.Model(inputs, x, name=name)
    model.labels = ("bark", "rain", "clock")
    return model
