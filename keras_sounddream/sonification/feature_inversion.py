"""The sound that layers answer to as they do to another: feature inversion through the dream."""

import keras
import numpy as np

from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError

STEPS = 100
RATE_NEPERS = 0.3  # Adam's learning rate, on the log-magnitude of the spectrogram


def invert(model, waveform, layers, steps=STEPS, seed=0, progress=False):
    """Finds a sound that layers answer to as they answer to a given one.

    Noise as loud as the sound is dreamed on until the layers' activations are, place by place,
    nearest to those of the sound. What is heard in it is what the layers know; what is lost on the
    way there is noise.

    Args:
        model: `keras.Model`, functional, that takes sounds.
        waveform: float array `(samples,)` or `(1, samples)` in [-1, 1], at the model's rate.
        layers: sequence of str, layers of the model; if several, all at once.
        steps: int, of Adam.
        seed: int, of the noise.
        progress: bool, whether to show a progress bar.

    Returns:
        `DreamResult`: `waveform` is the sound, `source` the noise; `-objective_real` ÷ the number
        of layers is the squared relative error of the activations, in a file of 16 bits.

    Raises:
        InputError: if the model takes no sounds, lacks a layer, or the sound is not for it.
    """
    waveform = np.atleast_2d(np.asarray(waveform, "float32"))
    objective = objectives.inverted(model, list(layers), waveform)
    settings = {"octaves": 1, "steps": steps, "roll_seconds": 0.0, "seed": seed}
    dream = DeepDream(model, objective, **settings)
    if dream.kind == "picture":
        raise InputError(f"Expected a model of sounds to invert. {model.name} takes pictures.")
    dream.compile(keras.optimizers.Adam(RATE_NEPERS))
    return dream.run(_noise_like(waveform, seed), progress=progress)


def _noise_like(waveform, seed):
    """White noise of a sound's root mean square: float32 of the same shape."""
    noise = np.random.default_rng(seed).normal(size=waveform.shape)
    level = np.sqrt(np.mean(waveform.astype("float64") ** 2) / np.mean(noise**2))
    return np.clip(level * noise, -1, 1).astype("float32")
