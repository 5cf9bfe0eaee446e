"""`Recorder`: frames of a dream while it runs, for animations and reports."""

from typing import Any

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.checks import check, integer
from keras_sounddream.deepdream.callbacks.callback import Callback
from keras_sounddream.types import Array


class Recorder(Callback):
    """Keeps frames for an animation, and the dream after each octave.

    The first frame is the input, at step 0, the last the finished dream. When there are more frames
    than `most_frames`, every second one is dropped, and from then on only half as many are kept:
    the memory is bounded, and the frames stay evenly spaced. Only the first sound or picture of
    the batch is drawn.

    Args:
        every: steps from one frame to the next, to begin with; at least 1.
        most_frames: at least 2.
        most_pixels: most columns or rows of a frame; at least 16.

    Attributes:
        frames: list of `(step, array)`: float16 `(frames, bins)` in dB for a sound, uint8
            `(height, width, 3)` for a picture.
        stages: list of float32 arrays shaped as the input, the dream after each octave.
        sample_rate: Hz; `None` for pictures.
        seconds: length of the sound; `None` for pictures.

    Raises:
        InputError: if a setting is not an int in its range.
    """

    def __init__(self, every: int = 1, most_frames: int = 60, most_pixels: int = 400):
        self.every = check("every", every, integer(1))
        self.most_frames = check("most_frames", most_frames, integer(2))
        self.most_pixels = check("most_pixels", most_pixels, integer(16))
        self._clear()

    def on_dream_begin(self, logs: dict[str, Any]) -> None:
        """Discards the previous dream, and keeps the input as the first frame."""
        self._clear()
        if np.ndim(logs["source"]) == 2:
            self.sample_rate = self.dream.sample_rate
            self.seconds = np.shape(logs["source"])[1] / self.sample_rate
        self._keep(0, logs["source"])

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        """Keeps a frame of the dream so far, if one is due."""
        self._steps = step + 1
        if len(self.frames) == self.most_frames:
            self._thin_out()
        if self._steps % self._every == 0:
            self._keep(self._steps, logs["make"]())

    def on_octave_end(self, octave: int, logs: dict[str, Any]) -> None:
        """Keeps the dream so far."""
        self.stages.append(np.array(logs["dream"], "float32"))

    def on_dream_end(self, logs: dict[str, Any]) -> None:
        """Makes the finished dream the last frame."""
        if len(self.frames) > 1 and self.frames[-1][0] == self._steps:
            self.frames.pop()
        elif len(self.frames) == self.most_frames:
            self._thin_out()
        self._keep(self._steps, logs["dream"])

    def _clear(self):
        self.frames: list[tuple[int, Array]] = []
        self.stages: list[Array] = []
        self.sample_rate = self.seconds = None
        self._every, self._steps = self.every, 0

    def _thin_out(self):
        self._every *= 2
        self.frames = [frame for frame in self.frames if frame[0] % self._every == 0]

    def _keep(self, step, batch):
        self.frames.append((step, self._frame(np.asarray(batch[0]))))

    def _frame(self, example):
        if example.ndim == 3:
            return _thumbnail(example, self.most_pixels)
        most = self.most_pixels
        levels = spectrogram_image.levels_db(example, self.sample_rate, most, most // 2)
        return levels.astype("float16")


def _thumbnail(picture, most_pixels):
    from PIL import Image

    image = Image.fromarray(spectrogram_image.to_bytes(picture))
    image.thumbnail((most_pixels, most_pixels))
    return np.asarray(image)
