"""Feature inversion: a sound from noise whose activations match those of another sound."""

from collections.abc import Sequence

import keras
import numpy as np

from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.errors import InputError
from keras_sounddream.sonification.inputs import ImageInput, model_input
from keras_sounddream.types import Array

STEPS = 100
RATE_NEPERS = 0.3  # Adam's learning rate, on the log-magnitude of the spectrogram


def invert(
    model: keras.Model,
    waveform: Array,
    layers: Sequence[str],
    steps: int = STEPS,
    seed: int = 0,
    progress: bool = False,
) -> DreamResult:
    """Finds a sound whose activations are those of a given one.

    Gradient ascent begins with noise as loud as the sound and brings the layers' activations,
    position by position, nearest to those of the sound. What can be recognised in the result is
    what the layers represent; what they discard remains noise.

    Args:
        model: functional, takes sounds.
        waveform: float array `(samples,)` or `(1, samples)` in [-1, 1], at the model's rate.
        layers: layers of the model, inverted together.
        steps: Adam steps.
        seed: seed of the noise.
        progress: whether to show a progress bar.

    Returns:
        the dream: `waveform` is the sound, `source` the noise; `-objective_real` ÷ the number of
        layers is the squared relative error of the activations, in a file of 16 bits.

    Raises:
        InputError: if the model takes no sounds, lacks a layer, or the sound is not for it.
    """
    if isinstance(model_input(model), ImageInput):
        raise InputError(f"Expected a model of sounds to invert. {model.name} takes pictures.")
    waveform = np.atleast_2d(np.asarray(waveform, "float32"))
    objective = objectives.inverted(model, list(layers), waveform)
    dream = DeepDream(
        model,
        objective,
        parameterization="log_magnitude",
        octaves=1,
        steps=steps,
        roll_seconds=0.0,
        seed=seed,
    )
    dream.compile(keras.optimizers.Adam(RATE_NEPERS))
    return dream.run(_noise_like(waveform, seed), progress=progress)


def _noise_like(waveform, seed):
    """White noise with the root mean square of a sound: float32 of the same shape."""
    noise = np.random.default_rng(seed).normal(size=waveform.shape)
    level = np.sqrt(np.mean(waveform.astype("float64") ** 2) / np.mean(noise**2))
    return np.clip(level * noise, -1, 1).astype("float32")
