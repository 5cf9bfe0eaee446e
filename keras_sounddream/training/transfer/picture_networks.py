"""Networks for pictures to fine-tune: built with a new top, and the batches that they train on."""

import pathlib
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.applications.base import TOP, AudioModel, describe
from keras_sounddream.deepdream.network.calls import call_anew, calls_of, name_of
from keras_sounddream.deepdream.network.folding import config_to_clone, copied_weights
from keras_sounddream.errors import InputError
from keras_sounddream.images import io
from keras_sounddream.images.front_end import PixelScaling
from keras_sounddream.images.networks import NETWORKS, find_constructor
from keras_sounddream.training.transfer.picture_batches import AugmentedPictures, StoredPictures
from keras_sounddream.types import Array, PathLike

BATCH_SIZE = 32
RANDOM = "random"  # in place of a file of weights
_LEAST = 32  # pixels: the smallest size that all networks of `keras.applications` take


class PictureNetwork:
    """A network of `NETWORKS`, to be given its own preprocessing as a layer, and a new top.

    The top is a dense layer on the mean of the last feature map over positions; in place of
    the last one where a network has dense layers of its own on all positions, and no published
    weights.

    Args:
        name: key of `NETWORKS`.
        labels: of the new top.
        folder: for the resized pictures.
        weights: path of a `.h5` file, `"imagenet"`, or `"random"`; `None` for random ones of
            a network that has no others.
        size: height and width of the pictures, 32 or more; by default what the weights were
            trained on.
        flip: whether half of the pictures are flipped left to right.
        shear: the most that a picture is sheared, as a share of its height; 0 to 1.
        zoom: the most that a picture is enlarged or shrunk along each axis: 0.2 for 0.8 to 1.2; 0
            to 0.9.

    Raises:
        InputError: if an argument is out of its range, or the weights are not there or do not fit.
    """

    learning_rate = 1e-4

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        folder: PathLike,
        *,
        weights: PathLike | None = None,
        size: int | None = None,
        flip: bool = True,
        shear: float = 0.2,
        zoom: float = 0.2,
    ) -> None:
        self.name, self.labels, self.folder = name, labels, pathlib.Path(folder)
        row = NETWORKS[name]
        self._mode = row.preprocessing
        size = row.size if size is None else size
        self.size = checks.check("size", size, checks.integer(_LEAST))
        self.changes = {
            "flip": checks.check("flip", flip, checks.flag()),
            "shear": checks.check("shear", shear, checks.number(0.0, 1.0)),
            "zoom": checks.check("zoom", zoom, checks.number(0.0, 0.9)),
        }
        self.source = _source(name, weights, self.size, len(labels))

    def with_new_top(self) -> keras.Model:
        """The network with its front end and a top for the labels, and the source's weights."""
        copy = _copy(self.source)
        inputs = keras.Input(copy.input_shape[1:], name="pixels")
        x = PixelScaling(self._mode, name="front_end")(inputs)
        x = call_anew(copy, {name_of(copy.inputs[0]): x})[0]
        if len(x.shape) == 4:  # no scores yet
            x = keras.layers.GlobalAveragePooling2D(name="pooled")(x)
            settings = {"activation": "softmax", "dtype": "float32", "name": TOP}
            x = keras.layers.Dense(len(self.labels), **settings)(x)
        model = AudioModel(inputs, x, name=self.name)
        return describe(model, None, self.labels, weight_settings={"size": self.size})

    to_train = with_new_top

    def features(self, model: keras.Model, clips: Sequence[Any]) -> Array:
        """What the top takes of whole pictures: float32 `(pictures, features)`."""
        network = keras.Model(model.inputs[0], calls_of(model)[TOP].inputs[0])
        stored = self._stored(clips)
        starts = tqdm(range(0, len(stored), BATCH_SIZE), desc="features", unit="batch")
        return np.concatenate(
            [network.predict_on_batch(stored[i : i + BATCH_SIZE]) for i in starts]
        )

    def batches(
        self, model: keras.Model, clips: Sequence[Any], epochs: int, seed: int
    ) -> AugmentedPictures:
        """Batches of augmented pictures."""
        return AugmentedPictures(
            self._stored(clips),
            labels=[clip.label for clip in clips],
            num_classes=len(self.labels),
            epochs=epochs,
            batch_size=min(BATCH_SIZE, len(clips)),
            seed=seed,
            **self.changes,
        )

    def _stored(self, clips):
        return StoredPictures([clip.path for clip in clips], self.size, self.folder)


def score_pictures(model: keras.Model, clips: Sequence[Any], progress: bool = True) -> Array:
    """Scores the central squares of pictures, at the size that the model was trained at.

    Args:
        model: from pixels in [0, 255] to scores, as `finetune` gives it.
        clips: with `path`.
        progress: whether to show a progress bar.

    Returns:
        float32 `(pictures, classes)`.
    """
    size = (getattr(model, "weight_settings", None) or {}).get("size") or model.input_shape[1]
    starts = range(0, len(clips), BATCH_SIZE)
    parts = []
    for i in tqdm(starts, desc="evaluate", unit="batch", disable=not progress):
        squares = [io.load_square(clip.path, size) for clip in clips[i : i + BATCH_SIZE]]
        parts.append(model.predict_on_batch(np.stack(squares).astype("float32")))
    return np.concatenate(parts)


def _source(name, weights, size, classes):
    """The network with its weights; with dense layers of its own only if they are to be learned."""
    row = NETWORKS[name]
    if weights == RANDOM or (weights is None and not row.weights):
        own = {} if row.weights else {"input_shape": (size, size, 3), "classes": classes}
        source = find_constructor(name)(include_top=not row.weights, weights=None, **own)
    else:
        source = io.load_network(name, weights)[0]
    try:
        source.compute_output_shape((1, size, size, 3))
    except ValueError:
        raise InputError(f"{name} takes larger pictures than {size} x {size}.") from None
    return source


def _copy(source):
    """A copy of a functional network, under the dtype policy that holds now."""
    copy = keras.models.clone_model(source, clone_function=_anew)
    for layer in (layer for layer in source.layers if layer.weights):
        for new, old in copied_weights(layer, copy.get_layer(layer.name)):
            new.assign(old)
    return copy


def _anew(layer):
    """A new layer like another, but for its dtype policy and its weights."""
    if not isinstance(layer, keras.Layer):  # an operation of Keras
        return layer
    config = {key: value for key, value in config_to_clone(layer).items() if key != "dtype"}
    return type(layer).from_config(config)
