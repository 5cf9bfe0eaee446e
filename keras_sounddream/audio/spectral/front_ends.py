"""Front ends of other people's networks: the spectrograms that TensorFlow and librosa compute.

A network that takes spectrograms dreams with one of these layers, or with a function of its own,
as its `front_end` (see `DeepDream`). All compute in float32, whatever the network computes in.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.spectral.mel import mel_weights
from keras_sounddream.audio.spectral.stft import TRANSFORMS, frames, hann, windowed_fourier
from keras_sounddream.checks import Allowed, check, choice, flag, integer, number, optional
from keras_sounddream.errors import InputError
from keras_sounddream.types import Tensor

_TINY = 1e-20  # keeps the gradient of a square root finite at silence; far below 16-bit sound
_LIBROSA: dict[str, Allowed] = {
    "n_fft": integer(2),
    "hop_length": integer(1),
    "n_mels": integer(1),
    "fmin": number(0),
    "fmax": optional(number(0, above=True)),
    "power": Allowed("1 or 2", lambda value: value in (1, 2)),
    "center": flag(),
    "pad_mode": choice(("constant", "reflect")),
    "scale": choice(("db", "log", "linear")),
    "ref": Allowed("above 0, or 'max'", lambda v: v == "max" or number(0, above=True).fits(v)),
    "amin": optional(number(0, above=True)),
    "top_db": optional(number(0)),
    "log_offset": number(0, above=True),
    "bands_first": flag(),
}


class SpectralLayer(keras.layers.Layer):
    """The base of layers that make a spectrogram: its rate, its Fourier transform.

    Args:
        sample_rate: Hz, of the waveforms.
        transform: `"dft"`, matrix products, which every exported format has, or `"fft"`.
    """

    def __init__(self, sample_rate: int, transform: str = "dft", **kwargs: Any):
        super().__init__(**{"dtype": "float32", **kwargs})
        self.sample_rate = check("sample_rate", sample_rate, integer(1))
        self.transform = check("transform", transform, choice(TRANSFORMS))

    def _energy(self, waveform: Tensor, analysis: Analysis, window: np.ndarray) -> Tensor:
        """Squared magnitude of windowed frames: float32 `(batch, frames, bins)`."""
        framed = frames(ops.cast(waveform, "float32"), analysis)
        framed = framed * ops.convert_to_tensor(window.astype("float32"))
        real, imaginary = windowed_fourier(framed, analysis.fft_length, self.transform)
        return ops.square(real) + ops.square(imaginary)

    def get_config(self) -> dict[str, Any]:
        own = {"sample_rate": self.sample_rate, "transform": self.transform}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class StftMagnitude(SpectralLayer):
    """The magnitude of TensorFlow's STFT: `tf.abs(tf.signal.stft(waveform, …))`.

    The defaults are those of TensorFlow's tutorial "Simple audio recognition".

    Args:
        frame_length: samples.
        frame_step: samples.
        fft_length: samples; `None` for the next power of two.
        sample_rate: Hz.
        transform: `"dft"` or `"fft"`, which give the same.

    Input shape:
        float32 `(batch, samples)`, at least a frame.

    Output shape:
        float32 `(batch, frames, fft_length // 2 + 1)`.

    Raises:
        InputError: if a setting is out of its range.
    """

    def __init__(
        self,
        frame_length: int = 255,
        frame_step: int = 128,
        fft_length: int | None = None,
        sample_rate: int = 16000,
        transform: str = "dft",
        **kwargs: Any,
    ):
        super().__init__(sample_rate, transform, **kwargs)
        self.frame_length = check("frame_length", frame_length, integer(2))
        self.frame_step = check("frame_step", frame_step, integer(1, self.frame_length))
        self.fft_length = check("fft_length", fft_length, optional(integer(self.frame_length)))
        size = self.fft_length or 2 ** (self.frame_length - 1).bit_length()
        self._analysis = _analysis(sample_rate, self.frame_length, self.frame_step, fft_length=size)

    def call(self, waveform: Tensor) -> Tensor:
        length = self.frame_length
        window = hann(length, length - length % 2)  # whose period TensorFlow makes even
        return ops.sqrt(self._energy(waveform, self._analysis, window) + _TINY)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, samples = input_shape
        count = None if samples is None else self._analysis.num_frames(samples)
        return (batch, count, self._analysis.num_bins)

    def get_config(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("frame_length", "frame_step", "fft_length")}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LogStftMagnitude(StftMagnitude):
    """The logarithm of 1 plus `StftMagnitude`, whose arguments and shapes it has."""

    def call(self, waveform: Tensor) -> Tensor:
        return ops.log1p(super().call(waveform))


@keras.saving.register_keras_serializable(package="keras_sounddream")
class LibrosaMel(SpectralLayer):
    """The mel spectrogram of librosa: `librosa.feature.melspectrogram`, and its decibels.

    The arguments have librosa's names and defaults; its mel scale is Slaney's, with bands of equal
    area. librosa itself is not needed.

    Args:
        sample_rate: Hz, librosa's `sr`.
        n_fft: samples of a frame.
        hop_length: samples from a frame to the next.
        n_mels: mel bands.
        fmin: Hz, lower edge of the lowest band.
        fmax: Hz, upper edge of the highest; `None` for half the rate.
        power: 2.0 for power, 1.0 for magnitude.
        center: whether half a frame of padding comes before and after the sound.
        pad_mode: of that padding: `"constant"` (zeros), or `"reflect"`, as before librosa 0.10.
        scale: `"db"` for `power_to_db` (`amplitude_to_db` of a magnitude), `"log"` for the natural
            logarithm of `mel + log_offset`, or `"linear"`.
        ref: of the decibels: a number, or `"max"` for the highest of each sound.
        amin: of the decibels: the least power (1e-10) or magnitude (1e-5), which is `None`.
        top_db: of the decibels: the most below the highest of each sound; `None` for any.
        log_offset: above 0.
        bands_first: whether bands come before frames, as in librosa.
        transform: `"dft"` or `"fft"`, which give the same.

    Input shape:
        float32 `(batch, samples)`.

    Output shape:
        float32 `(batch, n_mels, frames)`, or `(batch, frames, n_mels)` without `bands_first`.

    Raises:
        InputError: if a setting is out of its range.
    """

    def __init__(
        self,
        sample_rate: int = 22050,
        n_fft: int = 2048,
        hop_length: int = 512,
        n_mels: int = 128,
        fmin: float = 0.0,
        fmax: float | None = None,
        power: float = 2.0,
        center: bool = True,
        pad_mode: str = "constant",
        scale: str = "db",
        ref: float | str = 1.0,
        amin: float | None = None,
        top_db: float | None = 80.0,
        log_offset: float = 1e-6,
        bands_first: bool = True,
        transform: str = "dft",
        **kwargs: Any,
    ):
        given = {name: value for name, value in locals().items() if name in _LIBROSA}
        super().__init__(sample_rate, transform, **kwargs)
        self._own = {name: check(name, value, _LIBROSA[name]) for name, value in given.items()}
        bands = {"num_mel_bins": n_mels, "min_hz": fmin, "max_hz": fmax, "mel_scale": "slaney"}
        self._analysis = _analysis(sample_rate, n_fft, hop_length, **bands)

    def call(self, waveform: Tensor) -> Tensor:
        own, half = self._own, self._own["n_fft"] // 2
        if own["center"]:
            waveform = ops.pad(waveform, ((0, 0), (half, half)), mode=own["pad_mode"])
        energy = self._energy(waveform, self._analysis, hann(own["n_fft"]))
        if own["power"] == 1:
            energy = ops.sqrt(energy + _TINY)
        bands = ops.matmul(energy, ops.convert_to_tensor(mel_weights(self._analysis)))
        bands = self._scaled(bands)
        return ops.transpose(bands, (0, 2, 1)) if own["bands_first"] else bands

    def _scaled(self, bands):
        """Decibels or logarithm of mel bands `(batch, frames, bands)`."""
        own = self._own
        if own["scale"] == "linear":
            return bands
        if own["scale"] == "log":
            return ops.log(bands + own["log_offset"])
        factor = 10 * (3 - own["power"])  # 20 log10 of a magnitude
        least = own["amin"] or (1e-10 if own["power"] == 2 else 1e-5)
        highest = ops.max(bands, axis=(1, 2), keepdims=True)
        ref = highest if own["ref"] == "max" else own["ref"]
        decibels = factor * (ops.log10(ops.maximum(bands, least)) - _log10(ref, least))
        if own["top_db"] is None:
            return decibels
        return ops.maximum(decibels, ops.max(decibels, (1, 2), keepdims=True) - own["top_db"])

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, samples = input_shape
        padding = self._own["n_fft"] // 2 * 2 if self._own["center"] else 0
        count = None if samples is None else self._analysis.num_frames(samples + padding)
        bands = self._own["n_mels"]
        return (batch, bands, count) if self._own["bands_first"] else (batch, count, bands)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), **self._own}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class FrontEnd(keras.layers.Layer):
    """A front end of one's own: a function of waveforms as a layer that computes in float32.

    Args:
        function: from float32 `(batch, samples)` to a spectrogram, in operations of `keras.ops` or
            TensorFlow. To save a model with it, register it by
            `keras.saving.register_keras_serializable`.
        sample_rate: Hz, of the waveforms; `None` if it is not known.

    Raises:
        InputError: if `function` cannot be called; when it is saved, if it is not registered.
    """

    def __init__(
        self, function: Callable[[Tensor], Tensor], sample_rate: int | None = None, **kwargs: Any
    ):
        super().__init__(**{"dtype": "float32", **kwargs})
        if isinstance(function, dict):  # of a file
            function = keras.saving.deserialize_keras_object(function)
        if not callable(function):
            raise InputError(f"Expected a function of waveforms. Received: {function!r}")
        self.function = function
        self.sample_rate = check("sample_rate", sample_rate, optional(integer(1)))

    def call(self, waveform: Tensor) -> Tensor:
        return ops.cast(self.function(waveform), "float32")

    def get_config(self) -> dict[str, Any]:
        name = keras.saving.get_registered_name(self.function)
        if keras.saving.get_registered_object(name) is not self.function:
            raise InputError(
                f"The front end {getattr(self.function, '__name__', self.function)!r} has no name "
                "to be saved by: decorate it with @keras.saving.register_keras_serializable(), or "
                "take a layer."
            )
        own = {"function": self.function, "sample_rate": self.sample_rate}
        return {**super().get_config(), **own}


def _log10(ref, least):
    """Logarithm of the reference of decibels, which is at least `amin`."""
    if isinstance(ref, float | int):
        return float(np.log10(max(ref, least)))
    return ops.log10(ops.maximum(ref, least))


def _analysis(sample_rate, frame_length, frame_step, **settings):
    """The `Analysis` of frames of so many samples."""
    seconds = {
        "frame_seconds": frame_length / sample_rate,
        "step_seconds": frame_step / sample_rate,
    }
    try:
        return Analysis(sample_rate, **{"min_hz": 0, **seconds, **settings})
    except ValueError as error:
        raise InputError(str(error)) from None
