"""The range of pixels, [0, 255], checked."""

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

WHITE = 255.0


def check_pixels(picture: Array) -> None:
    """Checks that pixels lie in [0, 255], and not in [0, 1] as other libraries scale them.

    Raises:
        InputError: if they do not, or are not finite.
    """
    lowest, highest = float(np.min(picture)), float(np.max(picture))
    if not np.isfinite([lowest, highest]).all():
        raise InputError("Expected a picture of finite numbers. It holds some that are not.")
    if lowest < 0 or highest > WHITE:
        raise InputError(f"Expected pixels in [0, 255]. Received: {lowest:.4g} to {highest:.4g}")
    if 0 < highest <= 1:
        raise InputError(
            f"Expected pixels in [0, 255]. The highest is {highest:.4g}: multiply by 255."
        )
