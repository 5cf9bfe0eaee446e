"""Keeps what a dream looked like on its way."""

import numpy as np

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.deepdream.callbacks import Callback
from keras_sounddream.errors import InputError


class Recorder(Callback):
    """Keeps frames for an animation, and the dream after each octave.

    The first is the input, as step 0, and the last the finished dream. When there are more frames
    than `most_frames`, every second one is dropped, and from then on only half as many are kept:
    the memory is bounded, and the frames stay evenly spaced. Only the first sound or picture of
    the batch is drawn.

    Args:
        every: int, steps from one frame to the next, to begin with.
        most_frames: int, at least 2.
        most_pixels: int, most columns or rows of a frame.

    Attributes:
        frames: list of `(step, array)`: float16 `(frames, bins)` in dB for a sound, uint8
            `(height, width, 3)` for a picture.
        stages: list of float32 arrays shaped as the input, the dream after each octave.
        sample_rate: int, Hz; `None` for pictures.
        seconds: float, length of the sound; `None` for pictures.

    Raises:
        InputError: if a setting is not an int in its range.
    """

    def __init__(self, every=1, most_frames=60, most_pixels=400):
        for name, value, least in (
            ("every", every, 1),
            ("most_frames", most_frames, 2),
            ("most_pixels", most_pixels, 16),
        ):
            if not isinstance(value, int) or value < least:
                raise InputError(
                    f"`{name}` must be an int of at least {least}. Received: {value!r}"
                )
        self.every = every
        self.most_frames = most_frames
        self.most_pixels = most_pixels
        self._clear()

    def on_dream_begin(self, logs):
        """Forgets the dream before, and keeps the input as the first frame."""
        self._clear()
        if np.ndim(logs["source"]) == 2:
            self.sample_rate = self.dream.sample_rate
            self.seconds = np.shape(logs["source"])[1] / self.sample_rate
        self._keep(0, logs["source"])

    def on_step_end(self, step, logs):
        """Keeps a frame of what the step made, if it is time for one."""
        self._steps = step + 1
        if len(self.frames) == self.most_frames:
            self._thin_out()
        if self._steps % self._every == 0:
            self._keep(self._steps, logs["make"]())

    def on_octave_end(self, octave, logs):
        """Keeps the dream so far."""
        self.stages.append(np.array(logs["dream"], "float32"))

    def on_dream_end(self, logs):
        """Makes the finished dream the last frame."""
        if len(self.frames) > 1 and self.frames[-1][0] == self._steps:
            self.frames.pop()
        elif len(self.frames) == self.most_frames:
            self._thin_out()
        self._keep(self._steps, logs["dream"])

    def _clear(self):
        self.frames, self.stages = [], []
        self.sample_rate = self.seconds = None
        self._every, self._steps = self.every, 0

    def _thin_out(self):
        self._every *= 2
        self.frames = [frame for frame in self.frames if frame[0] % self._every == 0]

    def _keep(self, step, batch):
        self.frames.append((step, self._frame(np.asarray(batch[0]))))

    def _frame(self, one):
        if one.ndim == 3:
            return _thumbnail(one, self.most_pixels)
        most = self.most_pixels
        return spectrogram_image.levels_db(one, self.sample_rate, most, most // 2).astype("float16")


def _thumbnail(picture, most_pixels):
    from PIL import Image

    image = Image.fromarray(spectrogram_image.to_bytes(picture))
    image.thumbnail((most_pixels, most_pixels))
    return np.asarray(image)
