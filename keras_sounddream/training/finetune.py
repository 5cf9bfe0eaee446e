"""Fine-tuning: a pretrained network, a new top for classes of one's own, and what may change."""

import fnmatch
import functools
import hashlib
import json

import keras
import numpy as np
from tqdm import tqdm

from keras_sounddream.applications import build, find
from keras_sounddream.applications._common import TOP
from keras_sounddream.applications.classify import known_sample_rate, score_waveform
from keras_sounddream.audio.io import load
from keras_sounddream.audio.layers import find_front_end
from keras_sounddream.deepdream.names import unknown
from keras_sounddream.errors import InputError
from keras_sounddream.training import features
from keras_sounddream.training.augmentation import AugmentedCrops
from keras_sounddream.training.classifier import adamw, claim_folder, fit

CROP_SECONDS = 2.4
SPEEDS = (0.92, 1.0, 1.09)
EPOCHS = 20
LEARNING_RATE = 5e-4
BATCH_SIZE = 32


def finetune(
    clip_set,
    folder,
    model,
    *,
    test_fold=None,
    unfreeze=(),
    epochs=EPOCHS,
    learning_rate=LEARNING_RATE,
    seed=0,
    precision="float32",
    **arguments,
):
    """Trains a new top on a pretrained network, and those of its layers that are unfrozen.

    All else stays as it is; batch normalisations always do, and use the statistics that they came
    with. Nothing is chosen by the fold that is left out: the last weights are kept.

    Args:
        clip_set: `ClipSet`, as `read_clip_set` gives it.
        folder: str or path for the training state and TensorBoard's logs; a run that was
            interrupted goes on from there.
        model: str, name of a family whose front end is a `LogMelSpectrogram`.
        test_fold: int, the fold left out; `None` to train on all clips.
        unfreeze: sequence of str, names of layers that are trained too; `layer14_*` for all that
            begin so, `*` for all.
        epochs: int, passes over the clips.
        learning_rate: float, the highest of AdamW's.
        seed: int.
        precision: str, a Keras dtype policy.
        **arguments: of the constructor, such as `weights`: key of the family's pretrained weights,
            by default its first, a path, or `None` for random ones.

    Returns:
        `keras.Model` from waveforms to scores, with the labels of `clip_set`.

    Raises:
        InputError: if there is no such model, layer or fold, the model has no log-mel front end or
            the weights do not fit, a clip cannot be read, or `folder` holds another run.
    """
    source, family = build(model, **arguments)
    name = find(model)[0]
    front_end = find_front_end(source)
    if front_end is None:
        raise InputError(f"Expected a model with a LogMelSpectrogram. {name} has none. Probe it.")
    clips = list(clip_set.clips) if test_fold is None else clip_set.part(test_fold)[0]
    arguments.pop("weights", None)
    with_new_top = functools.partial(
        _with_new_top, getattr(family, name), source, clip_set.labels, unfreeze, **arguments
    )
    whole = with_new_top()
    settings = {
        "model": name,
        "weights": _digest(source),
        "clips": _digest_of_clips(clips, clip_set.labels),
        "unfreeze": sorted(unfreeze),
        "epochs": epochs,
        "learning_rate": learning_rate,
        "seed": seed,
        "precision": precision,
    }
    claim_folder(folder, settings)
    batches = _batches(whole, front_end, clips, epochs, seed)
    network = fit(
        lambda: with_new_top(include_front_end=False),
        batches,
        folder,
        seed,
        precision,
        optimizer=adamw(epochs * batches.steps_per_epoch, learning_rate),
    )
    whole.set_weights(network.get_weights())
    return whole


def score_clips(model, clips, family=None, progress=True):
    """Scores whole clips.

    Args:
        model: `keras.Model` from waveforms to scores.
        clips: sequence of `Clip`.
        family: module of `applications` that `model` is of; `None` for a model of one's own.
        progress: bool, whether to show a progress bar.

    Returns:
        float32 `(clips, classes)`.
    """
    rate = known_sample_rate(model)
    bar = tqdm(clips, desc="evaluate", unit="clip", disable=not progress)
    return np.concatenate([score_waveform(model, load(clip.path, rate), family) for clip in bar])


def freeze(model, unfreeze):
    """Lets a model's top and some of its layers be trained, and nothing else.

    Args:
        model: `keras.Model` whose top is the layer `predictions`.
        unfreeze: as of `finetune`.

    Raises:
        InputError: if a name is of no layer with weights that may change.
    """
    names = [
        layer.name
        for layer in model.layers
        if layer.weights and not isinstance(layer, keras.layers.BatchNormalization)
    ]
    chosen = {TOP}
    for pattern in unfreeze:
        found = fnmatch.filter(names, pattern)
        if not found:
            raise InputError(unknown(f"{model.name} has", "layer to train", pattern, names))
        chosen.update(found)
    for layer in model.layers:
        layer.trainable = layer.name in chosen


def _with_new_top(constructor, source, labels, unfreeze, **arguments):
    """The model with a top for `labels`; all else as of `source`."""
    model = constructor(
        weights=None,
        classes=len(labels),
        labels=labels,
        classifier_activation="softmax",
        **arguments,
    )
    theirs = {layer.name: layer for layer in source.layers}
    for layer in model.layers:
        if layer.name == TOP or layer.name not in theirs:
            continue
        if getattr(layer, "max_value", None) != getattr(theirs[layer.name], "max_value", None):
            raise InputError(
                f"The weights are of a network whose {layer.name} ends at "
                f"{theirs[layer.name].max_value}. Give activation='relu6'."
            )
        layer.set_weights(theirs[layer.name].get_weights())
    freeze(model, unfreeze)
    return model


def _batches(model, front_end, clips, epochs, seed):
    num_classes = model.output_shape[-1]
    analysis, power = front_end.analysis, round(front_end.power)
    return AugmentedCrops(
        features.mel_powers([clip.path for clip in clips], analysis, SPEEDS, power),
        labels=[clip.label for clip in clips],
        num_classes=num_classes,
        crop_frames=_crop_frames(model, analysis),
        epochs=epochs,
        batch_size=min(BATCH_SIZE, len(clips)),
        seed=seed,
        log_offset=front_end.log_offset,
        power=power,
    )


def _crop_frames(model, analysis):
    """Frames of a crop: of 2.4 s, or what the model takes if that is one length."""
    num_samples = model.input_shape[1]
    if num_samples is not None:
        return analysis.num_frames(num_samples)
    return round(CROP_SECONDS / analysis.step_seconds)


def _digest(model):
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(keras.ops.convert_to_numpy(weight.value).tobytes())
    return digest.hexdigest()[:16]


def _digest_of_clips(clips, labels):
    content = [labels, [(clip.path.name, clip.label, clip.fold) for clip in clips]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
