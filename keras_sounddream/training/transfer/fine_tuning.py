"""Fine-tuning: a pretrained network with a new top, and the layers of it that are trained."""

import fnmatch
import functools
import hashlib
import json
import types
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream import checks
from keras_sounddream.applications import build, find
from keras_sounddream.applications.base import TOP
from keras_sounddream.applications.classify import known_sample_rate, score_waveform
from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_front_end
from keras_sounddream.datasets.clip_sets import ClipSet
from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.training.augmentation import AugmentedCrops, mel_powers
from keras_sounddream.training.classifier import adamw, fit
from keras_sounddream.training.states import claim_folder
from keras_sounddream.training.transfer.activations import layer_activations
from keras_sounddream.training.transfer.linear_classifier import dense_weights
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import tensorflow as tf

CROP_SECONDS = 5.0  # at most; crops shorter than the clips leave their silence out
SPEEDS = (0.92, 1.0, 1.09)
EPOCHS = 6
LEARNING_RATE = 2e-4
PROBE_COST = 0.1
BATCH_SIZE = 32


def finetune(
    clip_set: ClipSet,
    folder: PathLike,
    model: str,
    *,
    test_fold: int | None = None,
    unfreeze: Sequence[str] = (),
    epochs: int = EPOCHS,
    learning_rate: float = LEARNING_RATE,
    seed: int = 0,
    precision: str = "float32",
    strategy: "tf.distribute.Strategy | None" = None,
    **arguments: Any,
) -> keras.Model:
    """Trains a new top on a pretrained network, and those of its layers that are unfrozen.

    The top begins as a linear probe of the layer below it, so that unfrozen layers are not first
    led astray by a random one (Kumar et al., *Fine-Tuning can Distort Pretrained Features and
    Underperform Out-of-Distribution*, 2022, https://arxiv.org/abs/2202.10054).
    All else stays as it is; batch normalisations always do, and use the statistics that they came
    with. Nothing is chosen by the fold that is left out: the last weights are kept.

    Args:
        clip_set: as `read_clip_set` gives it.
        folder: for the training state and TensorBoard's logs; a run that was interrupted goes on
            from there.
        model: name of a family whose front end is a `LogMelSpectrogram`.
        test_fold: the fold left out; `None` to train on all clips.
        unfreeze: names of layers that are trained too; `layer14_*` for all that begin so, `*` for
            all.
        epochs: passes over the clips.
        learning_rate: the highest of AdamW's.
        seed: of weights and batches.
        precision: a Keras dtype policy.
        strategy: to share each batch out by, see `training.fit`; `None` for one device.
        **arguments: of the constructor, such as `weights`: key of the family's pretrained weights,
            by default its first, a path, or `None` for random ones.

    Returns:
        Model from waveforms to scores, with the labels of `clip_set`.

    Raises:
        InputError: if there is no such model, layer, fold or rate, the model has no log-mel
            front end or the weights do not fit, a clip cannot be read, or `folder` holds another
            run.
    """
    if str(model).endswith(".keras"):
        raise InputError(f"Expected a model of the zoo. {model} can be probed, not fine-tuned.")
    source, family = build(model, **arguments)
    name = find(model)[0]
    front_end = find_front_end(source)
    if front_end is None:
        raise InputError(f"Expected a model with a LogMelSpectrogram. {name} has none. Probe it.")
    checks.check("learning_rate", learning_rate, checks.number(0, above=True))
    clips = list(clip_set.clips) if test_fold is None else clip_set.part(test_fold)[0]
    arguments = {**(getattr(source, "weight_settings", None) or {}), **arguments}
    arguments.pop("weights", None)
    with_new_top = functools.partial(
        _with_new_top, getattr(family, name), source, clip_set.labels, unfreeze, **arguments
    )
    tuned = with_new_top()
    settings = {"model": name, "weights": _digest(source)}
    settings |= {"clips": _digest_of_clips(clips, clip_set.labels), "unfreeze": sorted(unfreeze)}
    settings |= {"epochs": epochs, "learning_rate": learning_rate}
    claim_folder(folder, settings | {"seed": seed, "precision": precision})
    _start_top(tuned, clips, family)
    batches = _batches(tuned, front_end, clips, epochs, seed)

    def begin():
        network = with_new_top(include_front_end=False)
        network.set_weights(tuned.get_weights())
        return network

    network = fit(
        begin,
        batches,
        folder,
        seed,
        precision,
        optimizer=functools.partial(adamw, epochs * batches.steps_per_epoch, learning_rate),
        strategy=strategy,
    )
    tuned.set_weights(network.get_weights())
    return tuned


def score_clips(
    model: keras.Model,
    clips: Sequence[Any],
    family: types.ModuleType | None = None,
    progress: bool = True,
) -> Array:
    """Scores whole clips.

    Args:
        model: from waveforms to scores.
        clips: with `path`.
        family: module of `applications` that `model` is of; `None` for a model of one's own.
        progress: whether to show a progress bar.

    Returns:
        float32 `(clips, classes)`.
    """
    rate = known_sample_rate(model)
    bar = tqdm(clips, desc="evaluate", unit="clip", disable=not progress)
    return np.concatenate([score_waveform(model, load(clip.path, rate), family) for clip in bar])


def freeze(model: keras.Model, unfreeze: Sequence[str]) -> None:
    """Makes the layer `predictions` and those of the names in `unfreeze` trainable, and no other.

    An `InputError` if a name is of no layer with weights that may change.
    """
    names = [
        layer.name
        for layer in model.layers
        if layer.weights and not isinstance(layer, keras.layers.BatchNormalization)
    ]
    chosen = {TOP}
    for pattern in unfreeze:
        matches = fnmatch.filter(names, pattern)
        if not matches:
            raise InputError(unknown_name(f"{model.name} has", "layer to train", pattern, names))
        chosen.update(matches)
    for layer in model.layers:
        layer.trainable = layer.name in chosen


def _with_new_top(constructor, source, labels, unfreeze, **arguments):
    """The model with a top for `labels`; all other weights are those of `source`."""
    model = constructor(
        weights=None,
        classes=len(labels),
        labels=labels,
        classifier_activation="softmax",
        **arguments,
    )
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
    freeze(model, unfreeze)
    return model


def _start_top(model, clips, family):
    """Sets the top to a linear probe of the layer below it, on whole clips."""
    top = model.get_layer(TOP)
    below = top.input._keras_history.operation.name
    paths = [clip.path for clip in clips]
    features = layer_activations(model, below, paths, "mean", family=family)
    top.set_weights(dense_weights(features, [clip.label for clip in clips], PROBE_COST))


def _batches(model, front_end, clips, epochs, seed):
    num_classes = model.output_shape[-1]
    stored = mel_powers([clip.path for clip in clips], front_end, SPEEDS)
    return AugmentedCrops(
        stored,
        labels=[clip.label for clip in clips],
        num_classes=num_classes,
        crop_frames=_crop_frames(model, front_end, stored),
        epochs=epochs,
        batch_size=min(BATCH_SIZE, len(clips)),
        seed=seed,
        front_end=front_end,
    )


def _crop_frames(model, front_end, stored):
    """Frames of a crop: those of the model's input length, or of most clips if that varies."""
    num_samples = model.input_shape[1]
    if num_samples is not None:
        return front_end.compute_output_shape((1, num_samples))[1]
    usual = np.median([len(spectrogram) for spectrograms in stored for spectrogram in spectrograms])
    return min(round(CROP_SECONDS / front_end.analysis.step_seconds), int(usual))


def _digest(model):
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(keras.ops.convert_to_numpy(weight.value).tobytes())
    return digest.hexdigest()[:16]


def _digest_of_clips(clips, labels):
    content = [labels, [(clip.path.name, clip.label, clip.fold) for clip in clips]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
