"""Networks for style transfer: random convolutions, sound textures, and average pooling."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import keras
import numpy as np
from keras import layers

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.audio.spectral.front_ends import LogStftMagnitude
from keras_sounddream.checks import check, integer
from keras_sounddream.deepdream.network.calls import layer_names
from keras_sounddream.deepdream.network.checks import takes_sounds
from keras_sounddream.deepdream.network.lookup import no_convolution
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_CONVOLUTIONS = (layers.Conv1D, layers.Conv2D)
# Places of the layers among a network's convolutions; of VGG19's, those of Gatys et al.
_STYLE_PLACES, _CONTENT_PLACE = (0, 1 / 8, 1 / 4, 1 / 2, 3 / 4), 1 / 2
_SOUND_PLACES = (0, 1 / 4, 1 / 2)  # Gram matrix and correlations of each frequency band there
_ENVELOPE_STEP = 0.0025  # s
_CYCLES = 1.0  # standard deviation of a modulation filter
_MODULATIONS_HZ = (2.0, 3.5, 6.0, 11.0, 19.0, 33.0, 58.0, 100.0)
_COMPRESSION = 0.15  # of power: 0.3 of magnitude


class StyleLayer(NamedTuple):
    """A layer whose statistic is a style; arguments of `objectives.style`."""

    name: str
    statistic: str = "gram"
    over: str = "positions"


def random_convolution(
    sample_rate: int = 22050, filters: int = 512, width: int = 11, seed: int = 0
) -> keras.Model:
    """A single random convolution along time on a log-magnitude spectrogram.

    Frequency bins are its channels, so that its Gram matrix holds which spectra, over `width`
    frames, go together. Nothing is learned.

    Args:
        sample_rate: Hz.
        filters: number of channels, 4096 in the reference.
        width: frames of the convolution, 23 ms each at 22050 Hz.
        seed: of the weights.

    Returns:
        `keras.Model` from float32 `(batch, samples)` to `(batch, frames, filters)`, layer
        `convolution`.

    Raises:
        InputError: if an argument is not an int of at least 1 (`seed`: 0).

    Reference: Ulyanov and Lebedev, *Audio texture synthesis and style transfer*, 2016,
    https://dmitryulyanov.github.io/audio-texture-synthesis-and-style-transfer/
    """
    filters, width = check("filters", filters, integer(1)), check("width", width, integer(1))
    seed = check("seed", seed, integer(0))
    inputs = keras.Input((None,), name="waveform")
    x = LogStftMagnitude(2048, 512, sample_rate=sample_rate, name="front_end")(inputs)
    deviation = 2 / math.sqrt((x.shape[-1] + filters) * width)
    x = layers.Conv1D(
        filters,
        width,
        padding="same",
        activation="relu",
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=deviation, seed=seed),
        name="convolution",
    )(x)
    return keras.Model(inputs, x, name="random_convolution")


def sound_texture(sample_rate: int = 16000, bands: int = 32) -> keras.Model:
    """The auditory model of texture statistics: envelopes of bands, and their modulations.

    Mel bands of 10 ms every 2.5 ms, compressed by a power of 0.3 (`envelopes`), then eight filters
    of 2 to 100 Hz along each envelope (`modulations`, and `modulation_bands` with its axes
    exchanged). A subset of the reference: mel bands stand for its cochlear filters; correlations
    between modulation bands of one envelope, and the histograms of bands, are left out.

    Args:
        sample_rate: Hz.
        bands: mel bands.

    Returns:
        `keras.Model` from float32 `(batch, samples)` to `(batch, frames, 8, bands)`.

    Raises:
        InputError: if an argument is not an int of at least 1, or the bands are too many.

    Reference: McDermott and Simoncelli, *Sound Texture Perception via Statistics of the Auditory
    Periphery*, 2011, https://doi.org/10.1016/j.neuron.2011.06.032
    """
    bands = check("bands", bands, integer(1))
    inputs = keras.Input((None,), name="waveform")
    analysis = _envelope_analysis(check("sample_rate", sample_rate, integer(1)), bands)
    x = LogMelSpectrogram(analysis, log_offset=1e-8, name="front_end")(inputs)
    x = layers.Rescaling(_COMPRESSION, name="compression")(x)
    x = layers.Activation("exponential", name="envelopes")(x)
    x = _modulations(x, bands)
    x = layers.Permute((1, 3, 2), name="modulation_bands")(x)
    return keras.Model(inputs, x, name="sound_texture")


def _modulations(x, bands):
    """Envelopes `(batch, frames, bands)` to `(batch, frames, bands, 8)`, each filter's output."""
    kernel = modulation_filters().transpose(1, 0, 2, 3)
    # time is the width: along the height, TensorFlow's oneDNN aborts from three sounds of 2 s
    x = layers.Permute((2, 1), name="bands")(x)
    x = layers.Reshape((bands, -1, 1), name="add_channel")(x)
    convolution = layers.Conv2D(
        kernel.shape[-1],
        kernel.shape[:2],
        padding="same",
        use_bias=False,
        data_format="channels_last",
        name="modulation_filters",
    )
    x = convolution(x)
    convolution.set_weights([kernel])
    return layers.Permute((2, 1, 3), name="modulations")(x)


def modulation_filters() -> Array:
    """Filters of modulation, cosines under Gaussians: float32 `(taps, 1, 1, filters)`.

    Each lets its own frequency pass as it is, and nothing of a constant.
    """
    half = round(2.5 * _CYCLES / _MODULATIONS_HZ[0] / _ENVELOPE_STEP)
    time = np.arange(-half, half + 1) * _ENVELOPE_STEP
    filters = []
    for hertz in _MODULATIONS_HZ:
        window = np.exp(-0.5 * np.square(time * hertz / _CYCLES))
        wave = np.cos(2 * np.pi * hertz * time)
        wave = window * (wave - np.sum(window * wave) / window.sum())
        filters.append(wave / np.abs(np.sum(wave * np.exp(-2j * np.pi * hertz * time))))
    return np.stack(filters, axis=-1)[:, None, None].astype("float32")


NETWORKS: dict[str, Callable[..., keras.Model]] = {
    "random_convolution": random_convolution,
    "sound_texture": sound_texture,
}
_OWN_LAYERS: dict[str, tuple[Sequence[StyleLayer], Sequence[str]]] = {  # of style, of content
    "random_convolution": (
        (StyleLayer("convolution"), StyleLayer("convolution", "correlation")),
        ("convolution",),
    ),
    "sound_texture": (
        (
            StyleLayer("envelopes", "moments"),
            StyleLayer("envelopes", "correlation"),
            StyleLayer("modulations", "power", "time"),
            StyleLayer("modulation_bands", "correlation", "time"),
        ),
        ("envelopes",),
    ),
}


def default_layers(model: keras.Model) -> tuple[Sequence[StyleLayer], Sequence[str]]:
    """Layers of style and of content: of VGG19 those of Gatys et al., of others their like.

    Of sounds, each frequency band has a Gram matrix and correlations of its own.

    Raises:
        InputError: if the model has no convolution.
    """
    if model.name in _OWN_LAYERS:
        return _OWN_LAYERS[model.name]
    names = layer_names(model, _CONVOLUTIONS)
    if not names:
        raise InputError(no_convolution(model))
    content = names[int(_CONTENT_PLACE * len(names))]
    if takes_sounds(model):
        places = dict.fromkeys(names[int(place * len(names))] for place in _SOUND_PLACES)
        kinds = ("gram", "correlation")
        return [StyleLayer(n, kind, "time") for n in places for kind in kinds], [content]
    places = dict.fromkeys(names[int(place * len(names))] for place in _STYLE_PLACES)
    return [StyleLayer(name) for name in places], [content]


def with_average_pooling(model: keras.Model) -> keras.Model:
    """A copy of a model, with its weights, whose max-poolings are average poolings.

    Args:
        model: functional, such as `keras.applications.VGG19`.

    Reference: Gatys et al., *Image Style Transfer Using Convolutional Neural Networks*, 2016
    """
    averages = {
        layers.MaxPooling1D: layers.AveragePooling1D,
        layers.MaxPooling2D: layers.AveragePooling2D,
    }

    def copied(layer):
        if not isinstance(layer, keras.Layer):  # an operation of Keras
            return layer
        return averages.get(type(layer), type(layer)).from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=copied)
    copy.set_weights(model.get_weights())
    for name in ("sample_rate", "labels"):
        if hasattr(model, name):
            setattr(copy, name, getattr(model, name))
    return copy


def _envelope_analysis(sample_rate, bands):
    try:
        return Analysis(
            sample_rate=sample_rate,
            frame_seconds=4 * _ENVELOPE_STEP,
            step_seconds=_ENVELOPE_STEP,
            fft_length=1 << (sample_rate // 16 - 1).bit_length(),
            num_mel_bins=bands,
        )
    except ValueError as error:
        raise InputError(str(error)) from None
