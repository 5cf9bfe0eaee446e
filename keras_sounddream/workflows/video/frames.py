"""Dreams of frames one after another: each begins with the dream of the frame before, moved on."""

from __future__ import annotations

import dataclasses

import numpy as np

from keras_sounddream.deepdream.ascent import loop
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array
from keras_sounddream.workflows.video.flow import find_motion, opencv, resize

SETTINGS = {"octaves": 3, "steps": 2}  # of each frame, of a dream that is not told others


@dataclasses.dataclass
class Carried:
    """What one frame hands on to the next.

    Attributes:
        frame: uint8 `(height, width, 3)`, at the size that is dreamed.
        change: float32 of the same shape, the dream less the frame.
    """

    frame: Array
    change: Array

    def as_array(self) -> Array:
        """float32 `(2, height, width, 3)`."""
        return np.stack([self.frame.astype("float32"), self.change])

    @classmethod
    def of_array(cls, array: Array) -> Carried:
        """The same, of `as_array`."""
        return cls(array[0].astype("uint8"), np.array(array[1]))


class Frames:
    """Frames at the size that is dreamed, and shown at their own.

    Args:
        side: pixels of the shorter side of the frames that are dreamed; larger ones are made
            smaller, and the change is made larger again.
    """

    num_terms = 1  # of an objective, which signals can weigh

    def __init__(self, side: int):
        self._side = side

    def small(self, frame: Array) -> Array:
        """A frame uint8 `(height, width, 3)` at the size that is dreamed."""
        factor = min(1.0, self._side / min(frame.shape[:2]))
        height, width = (max(1, round(length * factor)) for length in frame.shape[:2])
        return resize(np.ascontiguousarray(frame), height, width)

    def shown(self, frame: Array, carried: Carried, strength: float) -> Array:
        """A frame of any size with a share of the dream: uint8."""
        change = resize(carried.change, *frame.shape[:2])
        return np.clip(np.rint(frame + np.float32(strength) * change), 0, 255).astype("uint8")


class FrameDream(Frames):
    """Dreams frames in their order.

    The change that the dream made to the frame before is moved with the picture, faded by `keep`,
    left out where that frame does not show the place, and put on the new frame; from there on the
    ascent makes its steps. The first frame, and that after a cut, is dreamed until keeping and
    adding balance.

    Args:
        dream: of a model of pictures; its steps and octaves are those of each frame.
        keep: share of the change that is kept from frame to frame, 0 to 0.99; 0 dreams each alone.
        side: see `Frames`.

    Raises:
        InputError: if the dream is not one of pictures.
        MissingPackageError: without OpenCV.
    """

    def __init__(self, dream: DeepDream, keep: float, side: int):
        if dream.kind != "picture":
            raise InputError(
                f"Frames are dreamed by a network of pictures, and {dream.model.name} takes sounds."
            )
        opencv()  # is missed now, and not when the sound is dreamed
        super().__init__(side)
        self.dream, self._keep = dream, np.float32(keep)
        self.num_terms = len(dream.objective.terms)
        self._ascend = loop.traced_ascent(dream.ascent)
        self._passes = round(1 / (1 - keep))  # until what is kept and what is added balance

    def check(self, height: int, width: int) -> None:
        """Checks that frames of a size can be dreamed.

        Raises:
            InputError: if they are too small for a layer, or the network takes another size alone.
        """
        grey = np.full((height, width, 3), 128, "uint8")
        self.dream.ascent.check(self.small(grey).astype("float32"))

    def advance(self, carried: Carried | None, frame: Array, weights: Array | None) -> Carried:
        """Dreams the next frame.

        Args:
            carried: of the frame before; `None` for the first.
            frame: of `small`.
            weights: float32 `(terms,)`, a factor for each term of the objective, or `None`.
        """
        change, passes = np.zeros(frame.shape, "float32"), self._passes
        if carried is not None:
            motion = find_motion(carried.frame, frame)
            if motion.is_seen:
                change, passes = motion.warp(carried.change), 1
        factors = np.ones(self.num_terms) if weights is None else weights
        factors = np.asarray([factors], "float32")
        pixels = frame.astype("float32")
        for _ in range(passes):
            start = np.clip(pixels + self._keep * change, 0, 255)
            change = self._ascend(start[np.newaxis], factors).numpy()[0] - pixels
        return Carried(frame, change)

    def scores(self, carried: Carried) -> tuple[float, float]:
        """The objective of a frame, and of its dream."""
        pixels = carried.frame.astype("float32")
        pair = pixels, np.clip(np.rint(pixels + carried.change), 0, 255)
        before, after = (self.dream.score(image[np.newaxis]).numpy()[0] for image in pair)
        return float(before), float(after)
