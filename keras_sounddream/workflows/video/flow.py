"""Optical flow between neighbouring frames: what moved where, what came into sight, warping."""

from __future__ import annotations

import dataclasses
import types

import numpy as np

from keras_sounddream.errors import MissingPackageError
from keras_sounddream.types import Array

_LEAST_PIXELS = 12  # a side that DIS takes
_CUT = 0.4  # share of a frame that is seen in the frame before, below which the scene is another
_OF_MOTION, _PIXELS = 0.01, 0.5  # by which the ways there and back may differ, squared


@dataclasses.dataclass(frozen=True)
class Motion:
    """The way from a frame back to the frame before.

    Attributes:
        flow: float32 `(height, width, 2)`, columns and rows to the same point in the frame before.
        visible: float32 `(height, width)` in [0, 1], 0 where that frame does not show the point.
    """

    flow: Array
    visible: Array

    @property
    def speed(self) -> float:
        """Mean motion, in widths of the frame."""
        return float(np.hypot(*np.moveaxis(self.flow, -1, 0)).mean() / self.flow.shape[1])

    @property
    def is_seen(self) -> bool:
        """Whether the frame before shows the same scene."""
        return bool(self.visible.mean() >= _CUT)

    def warp(self, image: Array) -> Array:
        """An image of the frame before `(height, width, 3)`, moved on; 0 where nothing was."""
        return _sampled(image, self.flow) * self.visible[..., np.newaxis]


def find_motion(before: Array, after: Array) -> Motion:
    """Motion between two frames, by dense inverse search both ways.

    A point is visible in both where the way there and back ends near its beginning.

    Args:
        before: uint8 `(height, width, 3)`.
        after: the next frame, of the same shape.
    """
    cv2 = opencv()
    greys = [cv2.cvtColor(np.ascontiguousarray(f), cv2.COLOR_RGB2GRAY) for f in (before, after)]
    if min(after.shape[:2]) < _LEAST_PIXELS:
        return Motion(
            np.zeros((*after.shape[:2], 2), "float32"), np.ones(after.shape[:2], "float32")
        )
    back, forth = _flow(greys[1], greys[0]), _flow(greys[0], greys[1])
    returned = back + _sampled(forth, back)
    size = np.square(back).sum(-1) + np.square(_sampled(forth, back)).sum(-1)
    fits = np.square(returned).sum(-1) < _OF_MOTION * size + _PIXELS
    inside = _sampled(np.ones(after.shape[:2], "float32"), back)
    return Motion(back, cv2.GaussianBlur(fits.astype("float32") * inside, (0, 0), 1.0))


def resize(image: Array, height: int, width: int) -> Array:
    """An image at another size: averaged where it shrinks, linear where it grows."""
    if image.shape[:2] == (height, width):
        return image
    cv2 = opencv()
    shrinks = height * width < image.shape[0] * image.shape[1]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else 1)


def opencv() -> types.ModuleType:
    """The module `cv2`; a `MissingPackageError` without it."""
    try:
        import cv2
    except ImportError:
        raise MissingPackageError("opencv-python-headless", "Dreaming videos", "video") from None
    return cv2


def _flow(first, second):
    """Flow `(height, width, 2)`; on one thread, as its stripes are as many as the threads."""
    cv2 = opencv()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(
            first, second, None
        )
    finally:
        cv2.setNumThreads(threads)


def _sampled(image, flow):
    """An image read at each pixel's place plus its flow; 0 outside."""
    rows, columns = np.indices(flow.shape[:2], "float32")
    places = columns + flow[..., 0], rows + flow[..., 1]
    return opencv().remap(image, *places, opencv().INTER_LINEAR)
