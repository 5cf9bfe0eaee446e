"""The log-mel spectrogram of EfficientAT: pre-emphasis, centred frames, a fixed scale."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_sounddream.audio.analysis import Analysis
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.audio.spectral.stft import frames, hann, windowed_fourier
from keras_sounddream.errors import InputError

ANALYSIS = Analysis(
    sample_rate=32000,
    frame_seconds=0.025,
    step_seconds=0.010,
    fft_length=1024,
    num_mel_bins=128,
    min_hz=0.0,
    max_hz=15000.0,
)
LOG_OFFSET = 1e-5
_PRE_EMPHASIS = 0.97
_MARGIN = ANALYSIS.frame_length // 2  # samples that are reflected at either end
LEAST_SAMPLES = _MARGIN + 2  # one is lost to the pre-emphasis, one is the mirror


@keras.saving.register_keras_serializable(package="keras_sounddream")
class CentredLogMel(LogMelSpectrogram):
    """Turns waveforms into the scaled log-mel spectrograms that EfficientAT was trained on.

    The difference `x[n + 1] - 0.97 x[n]` raises high frequencies. Frames of 25 ms under a symmetric
    Hann window lie around every 320th sample, the first around sample 0; where a frame reaches over
    an end of the sound, the sound is reflected there, without its first or last sample. The power's
    128 mel bands, from 0 to 15 kHz, go through `(ln(power + 1e-5) + 4.5) / 5`.

    Args:
        log_offset: added to the power before the logarithm; 1e-5 for the published weights.
        transform: `"dft"`, matrix products, which every exported format has, or `"fft"`.

    Input shape:
        float32 `(batch, samples)` in [-1, 1], mono, at 32 kHz; at least 402 samples, so that there
        is enough to reflect.

    Output shape:
        float32 `(batch, frames, 128)`, time first, about [-1.4, 2.5]; `1 + (samples - 1) // 320`
        frames.

    Raises:
        InputError: when it is called with fewer than 402 samples, or built for them.

    Reference: Schmid, Koutini and Widmer, *Efficient Large-Scale Audio Tagging via
    Transformer-to-CNN Knowledge Distillation*, 2023, https://arxiv.org/abs/2211.04772
    """

    shift, spread = 4.5, 5.0

    def __init__(self, log_offset: float = LOG_OFFSET, transform: str = "dft", **kwargs: Any):
        super().__init__(ANALYSIS, 2.0, log_offset, transform, **kwargs)

    @property
    def span(self) -> tuple[int, int]:
        """First and last sample of a frame, from the one that it lies around."""
        return -_MARGIN, _MARGIN

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        batch, num_samples = input_shape
        self._check_length(num_samples)
        num_frames = None if num_samples is None else 1 + (num_samples - 1) // ANALYSIS.frame_step
        return (batch, num_frames, ANALYSIS.num_mel_bins)

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        return {key: config[key] for key in config.keys() - {"analysis", "power"}}

    def _check_length(self, num_samples):
        if isinstance(num_samples, int) and num_samples < LEAST_SAMPLES:
            raise InputError(
                f"Expected at least {LEAST_SAMPLES} samples, to reflect half a frame. Received: "
                f"{num_samples}. `preprocess_input` repeats short sounds."
            )

    def _spectrum(self, waveform):
        raised = _pre_emphasised(waveform)
        raised = ops.pad(raised, ((0, 0), (_MARGIN, _MARGIN)), mode="reflect")
        framed = frames(raised, self.analysis) * ops.convert_to_tensor(_window())
        return windowed_fourier(framed, self.analysis.fft_length, self.transform)


def _pre_emphasised(waveform):
    """`x[n + 1] - 0.97 x[n]`: `(batch, samples - 1)`."""
    batch, num_samples = ops.shape(waveform)[0], ops.shape(waveform)[1]
    earlier, later = (ops.slice(waveform, (0, i), (batch, num_samples - 1)) for i in range(2))
    return later - _PRE_EMPHASIS * earlier


def _window():
    """Symmetric Hann window, float32 `(frame_length,)`, which begins and ends with 0."""
    length = ANALYSIS.frame_length
    return hann(length, length - 1).astype(np.float32)
