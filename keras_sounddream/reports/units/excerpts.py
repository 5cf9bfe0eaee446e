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
RATE = 24000  # Hz
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
        key, piece = self.cut(clip, seconds)
        if key not in self.sounds:
            sound = display.data_uri(to_mp3(piece, RATE), "audio/mpeg")
            picture = _picture_uri(piece)
            if self._bytes + len(sound) + len(picture) > _MOST_BYTES:
                return None
            self._bytes += len(sound) + len(picture)
            self.sounds[key], self.pictures[key] = sound, picture
        return key

    def cut(self, clip: int, seconds: float) -> tuple[str, Array]:
        """Key and waveform, at `RATE`, of the excerpt of a clip around a moment."""
        waveform = self._waveform(clip)
        last = max(len(waveform) / RATE - SECONDS, 0)
        start = round((seconds - SECONDS / 2) / _GRID_SECONDS) * _GRID_SECONDS
        start = min(max(start, 0), last)
        first = round(start * RATE)
        piece = waveform[first : first + round(SECONDS * RATE)]
        return f"{clip}-{round(start * 1000)}", piece

    def _waveform(self, clip):
        if clip not in self._waveforms:
            self._waveforms[clip] = quantize(load(self.clips[clip], RATE)[0])
        return self._waveforms[clip].astype("float32") / 32768


def to_mp3(waveform: Array, sample_rate: int) -> bytes:
    """A waveform `(samples,)` as MP3, faded in and out over 10 ms."""
    import soundfile

    ramp = np.minimum(np.arange(len(waveform)) / (_FADE_SECONDS * sample_rate), 1)
    buffer = io.BytesIO()
    faded = waveform * (ramp * ramp[::-1]).astype("float32")
    soundfile.write(buffer, faded, sample_rate, format="MP3")
    return buffer.getvalue()


def _picture_uri(piece):
    levels = spectrogram_image.levels_db(piece, RATE, *_PICTURE)
    pixels = spectrogram_image.to_colours(levels, float(levels.max()))
    return display.data_uri(spectrogram_image.to_png(pixels), "image/png")
