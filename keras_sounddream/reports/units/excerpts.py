"""Excerpts of clips inside a page: MP3 and spectrogram, shared by near moments."""

import io
from collections.abc import Sequence

import numpy as np

from keras_sounddream import display
from keras_sounddream.audio import spectrogram_image
from keras_sounddream.audio.io import load, quantize
from keras_sounddream.types import Array, PathLike

SECONDS = 2.0
_GRID_SECONDS = 0.5  # of where pieces begin, so that near moments share them
_RATE = 24000  # Hz
_FADE_SECONDS = 0.01
_MOST_BYTES = 8_000_000  # of sounds and pictures
_PICTURE = (100, 48)  # frames, bins


class Excerpts:
    """Excerpts of sound files: key → `data:` address of a 2 s MP3, and of its spectrogram."""

    def __init__(self, clips: Sequence[PathLike]) -> None:
        self.clips = clips
        self.sounds: dict[str, str] = {}
        self.pictures: dict[str, str] = {}
        self._bytes = 0
        self._waveforms: dict[int, Array] = {}

    def add(self, clip: int, seconds: float) -> str | None:
        """Key of the excerpt of a clip around a moment; `None` when 8 MB are full."""
        waveform = self._waveform(clip)
        last = max(len(waveform) / _RATE - SECONDS, 0)
        start = round((seconds - SECONDS / 2) / _GRID_SECONDS) * _GRID_SECONDS
        start = min(max(start, 0), last)
        key = f"{clip}-{round(start * 1000)}"
        if key not in self.sounds:
            first = round(start * _RATE)
            piece = waveform[first : first + round(SECONDS * _RATE)]
            sound, picture = _mp3_uri(piece), _picture_uri(piece)
            if self._bytes + len(sound) + len(picture) > _MOST_BYTES:
                return None
            self._bytes += len(sound) + len(picture)
            self.sounds[key], self.pictures[key] = sound, picture
        return key

    def _waveform(self, clip):
        if clip not in self._waveforms:
            self._waveforms[clip] = quantize(load(self.clips[clip], _RATE)[0])
        return self._waveforms[clip].astype("float32") / 32768


def _mp3_uri(piece):
    import soundfile

    ramp = np.minimum(np.arange(len(piece)) / (_FADE_SECONDS * _RATE), 1).astype("float32")
    buffer = io.BytesIO()
    soundfile.write(buffer, piece * ramp * ramp[::-1], _RATE, format="MP3")
    return display.data_uri(buffer.getvalue(), "audio/mpeg")


def _picture_uri(piece):
    levels = spectrogram_image.levels_db(piece, _RATE, *_PICTURE)
    pixels = spectrogram_image.to_colours(levels, float(levels.max()))
    return display.data_uri(spectrogram_image.to_png(pixels), "image/png")
