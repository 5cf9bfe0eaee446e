"""A picture that is dreamed on: its pixels are changed, at one size after the other."""

import keras
import tensorflow as tf

from keras_sounddream.deepdream.params import transforms
from keras_sounddream.errors import InputError

WHITE = 255.0
MODES = {
    "tf": "[-1, 1]",
    "torch": "[0, 1], normalised by ImageNet's mean and deviation",
    "caffe": "blue first, less ImageNet's mean",
    "unit": "[0, 1]",
    "none": "[0, 255]",
}


def preprocess(picture, mode):
    """Brings pixels to what a model takes.

    Args:
        picture: float32 `(batch, height, width, 3)` in [0, 255].
        mode: str, one of `MODES`; `"tf"`, `"torch"` and `"caffe"` are as `keras.applications` has
            them.

    Returns:
        float32, the same shape.

    Raises:
        InputError: if there is no such mode.
    """
    if mode not in MODES:
        raise InputError(f"`preprocessing` must be one of {', '.join(MODES)}. Received: {mode!r}")
    if mode == "unit":
        return picture / WHITE
    if mode == "none":
        return picture
    picture = tf.convert_to_tensor(picture)
    return keras.applications.imagenet_utils.preprocess_input(
        picture, data_format="channels_last", mode=mode
    )


def resize(picture, size):
    """Resizes pictures, averaging where they shrink.

    Args:
        picture: float32 `(batch, height, width, channels)`.
        size: int tensor, `(height, width)`.

    Returns:
        float32 `(batch, *size, channels)`.
    """
    return tf.cond(
        tf.reduce_all(tf.shape(picture)[1:3] == size),
        lambda: picture,
        lambda: tf.ensure_shape(
            tf.image.resize(picture, size, "bilinear", antialias=True), (None, None, None, 3)
        ),
    )


def octave_size(whole, rows, columns):
    """Says what size a picture has at an octave.

    Args:
        whole: int32 `(2,)`, rows and columns of the picture.
        rows: float scalar, by how much fewer rows the octave has.
        columns: float scalar, likewise of columns.

    Returns:
        int32 `(2,)`, at least 1.
    """
    size = tf.cast(whole, "float32") / tf.stack([rows, columns])
    return tf.maximum(tf.cast(tf.round(size), "int32"), 1)


class Picture:
    """What a dream changes of a picture: pixels, so that nothing has to be turned back.

    Args:
        roll: int, pixels, of the random moves along rows and columns.
        blend: float, share of the source that comes back at the start of each octave.
        detail: bool, whether the source's own detail, and not that of the enlarged dream, is seen
            at each size.
        resize: function as `resize`, by which octaves are changed.
    """

    axes = 2

    def __init__(self, roll, blend, detail, resize=resize):
        self.roll = roll
        self._resize = resize
        self._blend = blend
        self._detail = detail

    def begin(self, source, seed):
        """Makes the state before the first step.

        Args:
            source: float32 `(batch, height, width, 3)` in [0, 255].
            seed: int, not used: pixels need no dither.

        Returns:
            dict of tensors.
        """
        return {"variable": source, "base": source, "source": source}

    def enter_octave(self, state, octave, rows, columns):
        """Brings the dream to an octave's size.

        Args:
            state: dict of tensors.
            octave: int scalar.
            rows: float scalar, by how much fewer rows than the source the octave has.
            columns: float scalar, likewise of columns.

        Returns:
            dict of tensors.
        """
        whole = tf.shape(state["source"])[1:3]
        return self.enter_size(state, octave, octave_size(whole, rows, columns))

    def enter_size(self, state, octave, size):
        """Brings the dream to an octave's size, which is known.

        Args:
            state: dict of tensors.
            octave: int scalar.
            size: int `(2,)`, rows and columns.

        Returns:
            dict of tensors.
        """
        base = self._resize(state["source"], size)
        if self._detail:
            variable = base + self._resize(state["variable"] - state["base"], size)
        else:
            variable = self._resize(state["variable"], size)
        share = tf.where(octave == 0, 0.0, self._blend)
        variable = share * base + (1 - share) * variable
        return {**state, "variable": self.limit(variable), "base": base}

    def renew(self, state):
        """Leaves a state as it is: pixels have no phase."""
        return state

    def make(self, state):
        """Gets the picture of a state, at the octave's size."""
        return state["variable"]

    def finish(self, state):
        """Gets the picture that is given out, at the source's size."""
        size = tf.shape(state["source"])[1:3]
        if self._detail:
            change = self._resize(state["variable"] - state["base"], size)
            return self.limit(state["source"] + change)
        return self.limit(self._resize(state["variable"], size))

    def source(self, state):
        """Gets what the picture was before the dream, at the octave's size."""
        return state["base"]

    def move(self, picture, seed, step):
        """Moves a picture by a random number of rows and columns."""
        return transforms.roll(picture, self.roll, seed, step)

    def draw(self, gradient, rows, columns):
        """Leaves a gradient as it is: the octave's picture is as coarse as its grid."""
        return gradient

    def limit(self, variable):
        """Keeps pixels in [0, 255]."""
        return tf.clip_by_value(variable, 0.0, WHITE)
