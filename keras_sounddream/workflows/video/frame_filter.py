"""A picture filter on frames: each in one pass, its change blended with that of those before."""

from typing import Any

import keras
import numpy as np

from keras_sounddream.digests import weights_digest
from keras_sounddream.types import Array
from keras_sounddream.workflows.video.flow import find_motion, opencv
from keras_sounddream.workflows.video.frames import Carried, Frames


class FrameFilter(Frames):
    """Filters frames in their order.

    The change that was made to the frame before is moved with the picture, and this frame's own
    is blended in, or the filtered pictures flicker as dreams of frames alone do.

    Args:
        model: of `filters.PictureFilter`.
        keep: share of the frame before in the change, 0 to 0.99; 0 filters each frame alone.
        side: see `Frames`.

    Raises:
        MissingPackageError: without OpenCV.
    """

    def __init__(self, model: keras.Model, keep: float, side: int):
        super().__init__(side)
        opencv()  # is missed now, and not when the sound is dreamed
        self.model, self._keep = model, np.float32(keep)

    def check(self, height: int, width: int) -> None:
        """Takes frames of any size."""

    def advance(self, carried: Carried | None, frame: Array, weights: Array | None) -> Carried:
        """Filters the next frame, uint8 `(height, width, 3)`, of `small`."""
        pixels = frame.astype("float32")
        change = np.asarray(self.model(pixels[np.newaxis]))[0] - pixels
        if carried is not None and (motion := find_motion(carried.frame, frame)).is_seen:
            own = 1 - self._keep * motion.visible[..., np.newaxis]
            change = self._keep * motion.warp(carried.change) + own * change
        return Carried(frame, change)

    def scores(self, carried: Carried) -> tuple[None, None]:
        """Nothing: a filter knows no objective."""
        return None, None


def identify(model: keras.Model) -> dict[str, Any]:
    """All that a filter's bytes depend on: its settings, and a SHA-256 of its weights."""
    return {"filter": model.layers[-1].get_config(), "weights": weights_digest(model)}
