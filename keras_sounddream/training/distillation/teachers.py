"""Networks that look at pictures, and say what a student of their sound is to say."""

import dataclasses
import functools
import hashlib
import typing

import keras
import numpy as np
from PIL import Image

from keras_sounddream.errors import InputError

_ANY_SIZE = 224  # pixels a side, of networks that take any, as those of ImageNet were trained
_TOLERANCE = 1e-2  # of the sum of probabilities, in half precision


@dataclasses.dataclass(frozen=True)
class Teacher:
    """A classifier of pictures.

    Args:
        model: `keras.Model` from pictures `(batch, height, width, 3)` to probabilities
            `(batch, classes)`, such as those of `keras.applications` with their top.
        preprocess: function from float32 pictures in [0, 255] to what `model` takes, such as
            `keras.applications.mobilenet.preprocess_input`; `None` if it takes them as they are.

    Raises:
        InputError: if `model` is no such model.
    """

    model: keras.Model
    preprocess: typing.Callable | None = None

    def __post_init__(self):
        if not isinstance(self.model, keras.Model):
            raise InputError(f"Expected a keras.Model as teacher. Received: {self.model!r}")
        given = [tuple(x.shape) for x in self.model.inputs]
        made = [tuple(x.shape) for x in self.model.outputs]
        if len(given) != 1 or len(given[0]) != 4 or given[0][-1] != 3:
            raise InputError(
                "Expected a teacher of pictures (batch, height, width, 3). "
                f"{self.model.name} takes {given}."
            )
        if len(made) != 1 or len(made[0]) != 2:
            raise InputError(
                "Expected a teacher that gives probabilities (batch, classes), with its top. "
                f"{self.model.name} gives {made}."
            )

    @property
    def classes(self):
        """How many classes it tells apart."""
        return self.model.outputs[0].shape[-1]

    @property
    def labels(self):
        """Their names: tuple of str, or `None`."""
        labels = getattr(self.model, "labels", None)
        return None if labels is None else tuple(labels)

    @functools.cached_property
    def digest(self):
        """Tells its weights from others: str."""
        return weights_digest(self.model)

    def fit(self, picture):
        """Cuts the middle out of a picture and brings it to the size that the model takes.

        Args:
            picture: uint8 `(height, width, 3)`.

        Returns:
            float32 of the same rank, in [0, 255].
        """
        height, width = (side or _ANY_SIZE for side in self.model.inputs[0].shape[1:3])
        rows, columns = picture.shape[:2]
        scale = min(rows / height, columns / width)
        left, top = (columns - width * scale) / 2, (rows - height * scale) / 2
        box = (left, top, left + width * scale, top + height * scale)
        image = Image.fromarray(np.ascontiguousarray(picture))
        return np.asarray(image.resize((width, height), Image.BILINEAR, box=box), "float32")

    def judge(self, pictures):
        """Says what pictures show.

        Args:
            pictures: list of float32 arrays, as `fit` gives them.

        Returns:
            float32 `(pictures, classes)`, probabilities.

        Raises:
            InputError: if what the model gives are no probabilities.
        """
        batch = np.stack(pictures)
        batch = batch if self.preprocess is None else np.asarray(self.preprocess(batch))
        said = np.asarray(self.model.predict_on_batch(batch), "float32")
        sums = said.sum(axis=1)
        if not (
            np.isfinite(said).all() and said.min() >= 0 and np.abs(sums - 1).max() < _TOLERANCE
        ):
            raise InputError(
                f"Expected probabilities of each picture from {self.model.name}, with the sum 1. "
                f"Received: from {said.min():.3g} to {said.max():.3g}, with sums from "
                f"{sums.min():.3g} to {sums.max():.3g}. End it in a softmax."
            )
        return said / sums[:, None]


def weights_digest(model):
    """Tells the weights of a model from others.

    Args:
        model: `keras.Model`.

    Returns:
        str, 16 hexadecimal digits.
    """
    found = hashlib.sha256()
    for weights in model.get_weights():
        found.update(np.ascontiguousarray(weights).tobytes())
    return found.hexdigest()[:16]
