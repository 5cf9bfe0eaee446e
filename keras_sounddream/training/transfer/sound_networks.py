"""Networks for sounds to fine-tune: built with a new top, and the batches that they train on."""

from collections.abc import Sequence
from typing import Any, ClassVar

import keras
import numpy as np

from keras_sounddream.applications import build, find
from keras_sounddream.applications.base import TOP
from keras_sounddream.audio.layers import find_front_end
from keras_sounddream.errors import InputError
from keras_sounddream.training.augmentation import AugmentedCrops, mel_powers
from keras_sounddream.training.transfer.activations import layer_activations
from keras_sounddream.types import Array

CROP_SECONDS = 5.0  # at most; crops shorter than the clips leave their silence out
SPEEDS = (0.92, 1.0, 1.09)
BATCH_SIZE = 32


class SoundNetwork:
    """A pretrained network of the zoo, to be given a new top.

    Args:
        name: of a family whose front end is a `LogMelSpectrogram`.
        labels: of the new top.
        **arguments: of the constructor.

    Raises:
        InputError: if there is no such model, or it has no log-mel front end.
    """

    learning_rate = 2e-4
    changes: ClassVar[dict[str, Any]] = {}  # settings that tell a run apart

    def __init__(self, name: str, labels: Sequence[str], **arguments: Any) -> None:
        self.source, self.family = build(name, **arguments)
        self.name, self.labels = find(name)[0], labels
        self.front_end: Any = find_front_end(self.source)
        if self.front_end is None:
            raise InputError(
                f"Expected a model with a LogMelSpectrogram. {self.name} has none. Probe it."
            )
        own = getattr(self.source, "weight_settings", None) or {}
        self._arguments = {**own, **arguments}
        self._arguments.pop("weights", None)

    def with_new_top(self, **more: Any) -> keras.Model:
        """The network with a top for the labels; all other weights are those of the source."""
        model = getattr(self.family, self.name)(
            weights=None,
            classes=len(self.labels),
            labels=self.labels,
            classifier_activation="softmax",
            **self._arguments,
            **more,
        )
        _copy(self.source, model)
        return model

    def to_train(self) -> keras.Model:
        """The same network from spectrograms on: they are stored."""
        return self.with_new_top(include_front_end=False)

    def features(self, model: keras.Model, clips: Sequence[Any]) -> Array:
        """What the top takes of whole clips: float32 `(clips, features)`."""
        below = model.get_layer(TOP).input._keras_history.operation.name
        paths = [clip.path for clip in clips]
        return layer_activations(model, below, paths, "mean", family=self.family)

    def batches(
        self, model: keras.Model, clips: Sequence[Any], epochs: int, seed: int
    ) -> AugmentedCrops:
        """Batches of augmented crops of the clips' spectrograms."""
        stored = mel_powers([clip.path for clip in clips], self.front_end, SPEEDS)
        return AugmentedCrops(
            stored,
            labels=[clip.label for clip in clips],
            num_classes=len(self.labels),
            crop_frames=_crop_frames(model, self.front_end, stored),
            epochs=epochs,
            batch_size=min(BATCH_SIZE, len(clips)),
            seed=seed,
            front_end=self.front_end,
        )


def _copy(source, model):
    """Sets all layers of a model but its top to the weights of `source`."""
    source_layers = {layer.name: layer for layer in source.layers}
    for layer in model.layers:
        if layer.name == TOP or layer.name not in source_layers:
            continue
        if getattr(layer, "max_value", None) != getattr(
            source_layers[layer.name], "max_value", None
        ):
            raise InputError(
                f"The weights are of a network whose {layer.name} ends at "
                f"{source_layers[layer.name].max_value}. Give activation='relu6'."
            )
        layer.set_weights(source_layers[layer.name].get_weights())


def _crop_frames(model, front_end, stored):
    """Frames of a crop: those of the model's input length, or of most clips if that varies."""
    num_samples = model.input_shape[1]
    if num_samples is not None:
        return front_end.compute_output_shape((1, num_samples))[1]
    usual = np.median([len(spectrogram) for spectrograms in stored for spectrogram in spectrograms])
    return min(round(CROP_SECONDS / front_end.analysis.step_seconds), int(usual))
