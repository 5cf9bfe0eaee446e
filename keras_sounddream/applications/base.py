"""Shared parts of the constructors: the model class, checks of arguments, weights that ship."""

import hashlib
import io
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import layers

from keras_sounddream.applications import decoding, preprocessing
from keras_sounddream.applications.decoding import Labels
from keras_sounddream.applications.pretrained import read_labels, shipped_path, ships
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array, PathLike, Tensor

TOP = "predictions"  # name of the layer that scores classes
LABELS, SETTINGS = "labels", "settings"  # names of the arrays that hold them in a file of weights
# Of layers, whatever `keras.config.image_data_format()` is: the axes are time, bands, channels.
CHANNELS_LAST: dict[str, Any] = {"data_format": "channels_last"}
_POOLING: dict[str | None, Any] = {  # by the rank of what is pooled
    None: None,
    "avg": {3: layers.GlobalAveragePooling1D, 4: layers.GlobalAveragePooling2D},
    "max": {3: layers.GlobalMaxPooling1D, 4: layers.GlobalMaxPooling2D},
}


@keras.saving.register_keras_serializable(package="keras_sounddream")
class AudioModel(keras.Model):
    """A functional Keras model that knows its sample rate, labels and lengths, and saves them.

    Attributes:
        sample_rate: int, Hz, of the waveforms that it takes; `None` for a model of pictures.
        labels: tuple of str, one per class; for a model with several outputs a dict of such, by
            the output's name; or `None`.
        lengths: dict of the lengths of sound that it takes, in seconds: `min_seconds` and the
            other keyword arguments of `preprocessing.prepare`; or `None`.
        weight_settings: dict of the constructor's arguments that go with the weights, such as
            `{"activation": "relu6"}`, and are saved with them; or `None`.
    """

    sample_rate: int | None = None
    labels: Any = None
    lengths: Any = None
    weight_settings: Any = None

    def preprocess_input(self, waveform: Array, sample_rate: int, strict: bool = False) -> Array:
        """Brings sound to the model's rate, to mono and to a length that the model takes.

        Args:
            waveform: float array `(samples,)`, `(batch, samples)` or `(batch, samples,
                channels)`, in [-1, 1].
            sample_rate: Hz, of `waveform`.
            strict: whether sounds that are too short raise an error instead of being repeated.

        Returns:
            float32 `(batch, samples)`, a new array.

        Raises:
            InputError: if `waveform` is empty, has another rank, is not finite, or is too short
                for `strict`, or if the model does not know its rate.
        """
        if self.sample_rate is None:
            raise InputError(f"{self.name} has no sample rate: it takes no waveforms.")
        lengths = {"min_seconds": 0, **(self.lengths or {})}
        shape = next((each.shape for each in self.inputs if len(each.shape) == 2), (None, None))
        if shape[1] is not None:  # takes one length
            seconds = shape[1] / self.sample_rate
            lengths |= {"min_seconds": seconds, "max_seconds": seconds}
        rate = self.sample_rate
        return preprocessing.prepare(waveform, sample_rate, rate, strict=strict, **lengths)

    def decode_predictions(self, scores: Any, top: int = 5) -> Any:
        """Names the highest scores by the model's own labels, or by number if it has none.

        Args:
            scores: float array `(batch, classes)` or `(batch, steps, classes)`, as `predict`
                returns it; or a dict of such, by the name of the output.
            top: how many classes to name.

        Returns:
            For each example (and step) a list of `(index, label, score)`, highest first; a dict
            of such for a dict.

        Raises:
            InputError: if `scores` does not have a column per label.
        """
        if isinstance(scores, dict):
            by_output = self.labels if isinstance(self.labels, dict) else {}
            return {
                output: decoding.decode_steps(values, by_output.get(output), top)
                for output, values in scores.items()
            }
        return decoding.decode_steps(scores, self.labels, top)

    def export(
        self, filepath: PathLike, format: str | None = None, verbose: Any = None, **options: Any
    ) -> Any:
        """Exports the model with `keras_sounddream.export_model`, which compares the result.

        Args:
            filepath: of the file, or of the folder of a SavedModel.
            format: `"saved_model"` (or Keras's name, `"tf_saved_model"`), `"litert"` or `"onnx"`;
                by default what the ending of `filepath` says, else `"saved_model"`.
            verbose: ignored; Keras's own method has it.
            **options: see `export_model`, and its result and errors.
        """
        import keras_sounddream

        format = "saved_model" if format == "tf_saved_model" else format
        return keras_sounddream.export_model(self, filepath, format, **options)

    def _repr_html_(self) -> str:
        """HTML for a notebook: what the model takes, outputs and holds."""
        from keras_sounddream.applications.model_html import to_html

        return to_html(self)

    def get_config(self) -> dict[str, Any]:
        own = {"sample_rate": self.sample_rate, "labels": _each_labels(list, self.labels)}
        own["lengths"] = None if self.lengths is None else dict(self.lengths)
        own["weight_settings"] = self.weight_settings
        return {**super().get_config(), **own}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "AudioModel":
        config = dict(config)
        newer = ("lengths", "weight_settings")  # than some files
        own = [config.pop("sample_rate"), config.pop("labels")]
        own += [config.pop(name, None) for name in newer]
        return describe(super().from_config(config, custom_objects=custom_objects), *own)


def describe(
    model: Any,
    sample_rate: int | None,
    labels: Labels,
    lengths: dict[str, Any] | None = None,
    weight_settings: dict[str, Any] | None = None,
) -> Any:
    """Sets the attributes of an `AudioModel`, its rate in Hz, and returns it."""
    model.sample_rate = sample_rate
    model.labels = _each_labels(tuple, labels)
    model.lengths = lengths
    model.weight_settings = weight_settings
    return model


def _each_labels(kind, labels):
    if isinstance(labels, dict):
        return {output: kind(names) for output, names in labels.items()}
    return None if labels is None else kind(labels)


def check_arguments(
    include_top: bool,
    weights: Any,
    pooling: str | None,
    classes: int,
    labels: Sequence[str] | Mapping[str, Sequence[str]] | None,
    pretrained: Mapping[str, Any],
) -> tuple[str, ...] | None:
    """Checks the constructor contract's arguments; the labels of the model, or `None`."""
    if pooling not in _POOLING:
        raise InputError(f"`pooling` must be one of {list(_POOLING)}. Received: {pooling!r}")
    if isinstance(classes, bool) or not (isinstance(classes, int) and classes > 0):
        raise InputError(f"`classes` must be an int above 0. Received: {classes!r}")
    if isinstance(labels, str):
        raise InputError(f"`labels` must be a list of str, one per class. Received: {labels!r}")
    known = weights in pretrained
    if include_top and weights is not None and not known:
        stored = _weight_files().stored_labels(weights)
        if stored is not None and len(stored) != classes:
            raise InputError(
                f"{weights} has {len(stored)} classes: {', '.join(stored)}. "
                f"Give classes={len(stored)}."
            )
        labels = stored if labels is None else labels
    if labels is not None and len(labels) != classes:
        raise InputError(f"Expected {classes} `labels`, one per class. Received: {len(labels)}")
    if not include_top or not known:
        return None if labels is None or not include_top else tuple(labels)
    names = read_labels(pretrained[weights]["labels"])
    if classes != len(names):
        raise InputError(
            f"`classes` must be {len(names)} with `weights={weights!r}` and `include_top=True`. "
            f"Received: {classes}"
        )
    return tuple(names if labels is None else labels)


def settle_input(input_tensor: Any, input_shape: tuple[int | None, ...], name: str) -> Tensor:
    """A Keras input `(batch, *input_shape)`, or the one given, checked for its rank."""
    if input_tensor is None:
        return keras.Input(input_shape, name=name)
    if not keras.backend.is_keras_tensor(input_tensor):
        raise InputError(f"`input_tensor` must be a Keras tensor. Received: {type(input_tensor)}")
    if len(input_tensor.shape) != len(input_shape) + 1:
        raise InputError(
            f"Expected an `input_tensor` of shape (batch, *{input_shape}). "
            f"Received: {input_tensor.shape}"
        )
    return input_tensor


def pool(x: Tensor, pooling: str | None) -> Tensor:
    """Features `(batch, …, channels)`, pooled to `(batch, channels)` unless `pooling` is `None`."""
    kinds = _POOLING[pooling]
    return x if kinds is None else kinds[len(x.shape)](name=f"{pooling}_pool", **CHANNELS_LAST)(x)


def load_weights(
    model: Any,
    weights: Any,
    pretrained: Mapping[str, Any],
    tops: Collection[str] = (f"{TOP}/",),
    **foreign: Any,
) -> Any:
    """The model with the weights that a key of `pretrained` or a path names; see `weights.load`."""
    row = pretrained.get(weights) if isinstance(weights, str) else None
    if row is not None and ships(row):
        _load_shipped(model, row, tuple(tops))
    elif weights is not None:
        path = _weight_files().pretrained_path(weights, pretrained)
        _weight_files().load(model, path, tops, **foreign)
    return model


def _weight_files():
    """The module that reads files of others, which needs `convert`: imported only for those."""
    from keras_sounddream.applications import weights

    return weights


def _load_shipped(model, row, tops):
    """Puts our own file, whose hash is known, into a model: arrays named `layer/weight`."""
    path = shipped_path(row["file"])
    if not path.is_file():
        raise InputError(f"The weights {path.name} are missing from {path.parent}. Install again.")
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != row["sha256"]:
        raise InputError(f"{path} has SHA-256 {digest}, not the expected one. Install again.")
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files if name not in (LABELS, SETTINGS)}
    weights = {weight.path: weight for weight in model.weights}
    shapes = {name: tuple(weight.shape) for name, weight in weights.items()}
    extra = [name for name in arrays.keys() - weights.keys() if not name.startswith(tops)]
    if extra or shapes != {name: arrays[name].shape for name in shapes.keys() & arrays.keys()}:
        _weight_files().load(model, path, tops)  # whose error names the tensor that does not fit
    for name, weight in weights.items():
        weight.assign(arrays[name].astype("float32"))
