"""Teachers of a distillation: classifiers of pictures, whose probabilities a student learns."""

import dataclasses
import functools
from collections.abc import Callable, Sequence

import keras
import numpy as np
from PIL import Image

from keras_sounddream.digests import weights_digest
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array

_ANY_SIZE = 224  # pixels a side, for networks that take any, as those of ImageNet were trained
_TOLERANCE = 1e-2  # of the sum of probabilities, in half precision


@dataclasses.dataclass(frozen=True)
class Teacher:
    """A classifier of pictures.

    Args:
        model: from pictures `(batch, height, width, 3)` to probabilities `(batch, classes)`, such
            as those of `keras.applications` with their top.
        preprocess: from float32 pictures in [0, 255] to the inputs of `model`, such as
            `keras.applications.mobilenet.preprocess_input`; `None` if it takes them as they are.

    Raises:
        InputError: if `model` is no such model.
    """

    model: keras.Model
    preprocess: Callable[[Array], Array] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.model, keras.Model):
            raise InputError(f"Expected a keras.Model as teacher. Received: {self.model!r}")
        inputs = [tuple(x.shape) for x in self.model.inputs]
        outputs = [tuple(x.shape) for x in self.model.outputs]
        if len(inputs) != 1 or len(inputs[0]) != 4 or inputs[0][-1] != 3:
            raise InputError(
                "Expected a teacher of pictures (batch, height, width, 3). "
                f"{self.model.name} takes {inputs}."
            )
        if len(outputs) != 1 or len(outputs[0]) != 2:
            raise InputError(
                "Expected a teacher that gives probabilities (batch, classes), with its top. "
                f"{self.model.name} gives {outputs}."
            )

    @property
    def classes(self) -> int:
        """Number of its classes."""
        return self.model.outputs[0].shape[-1]

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Names of its classes, or `None`."""
        labels = getattr(self.model, "labels", None)
        return None if labels is None else tuple(labels)

    @functools.cached_property
    def digest(self) -> str:
        """Digest of its weights."""
        return weights_digest(self.model)

    def fit(self, picture: Array) -> Array:
        """Cuts the middle out of a picture and brings it to the model's size.

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

    def judge(self, pictures: Sequence[Array]) -> Array:
        """Classifies pictures.

        Args:
            pictures: float32 arrays, as `fit` gives them.

        Returns:
            float32 `(pictures, classes)`, probabilities.

        Raises:
            InputError: if the model's outputs are no probabilities.
        """
        batch = np.stack(pictures)
        batch = batch if self.preprocess is None else np.asarray(self.preprocess(batch))
        outputs = np.asarray(self.model.predict_on_batch(batch), "float32")
        sums = outputs.sum(axis=1)
        positive = np.isfinite(outputs).all() and outputs.min() >= 0
        if not (positive and np.abs(sums - 1).max() < _TOLERANCE):
            raise InputError(
                f"Expected probabilities of each picture from {self.model.name}, with the sum 1. "
                f"Received: from {outputs.min():.3g} to {outputs.max():.3g}, with sums from "
                f"{sums.min():.3g} to {sums.max():.3g}. End it in a softmax."
            )
        return outputs / sums[:, None]
