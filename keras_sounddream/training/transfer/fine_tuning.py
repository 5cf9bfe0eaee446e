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
from keras_sounddream.applications.base import TOP
from keras_sounddream.applications.classify import known_sample_rate, score_waveform
from keras_sounddream.audio.io import load
from keras_sounddream.datasets.clip_sets import ClipSet
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.digests import weights_digest
from keras_sounddream.errors import InputError, unknown_name
from keras_sounddream.images.networks import NETWORKS
from keras_sounddream.training.classifier import adamw, fit
from keras_sounddream.training.states import claim_folder
from keras_sounddream.training.transfer.linear_classifier import dense_weights
from keras_sounddream.training.transfer.picture_networks import PictureNetwork, score_pictures
from keras_sounddream.training.transfer.sound_networks import SoundNetwork
from keras_sounddream.types import Array, PathLike

if TYPE_CHECKING:
    import tensorflow as tf

EPOCHS = 6
PROBE_COST = 0.1
BATCH_NORMS = ("frozen", "free")
_MOMENTUM = 0.9


def finetune(
    clip_set: ClipSet,
    folder: PathLike,
    model: str,
    *,
    test_fold: int | None = None,
    unfreeze: Sequence[str] = (),
    epochs: int = EPOCHS,
    learning_rate: float | None = None,
    optimizer: str = "adamw",
    batch_norm: str = BATCH_NORMS[0],
    seed: int = 0,
    precision: str = "float32",
    strategy: "tf.distribute.Strategy | None" = None,
    **arguments: Any,
) -> keras.Model:
    """Trains a new top on a pretrained network, and those of its layers that are unfrozen.

    The top begins as a linear probe of the layer below it, so that unfrozen layers are not first
    led astray by a random one (Kumar et al., *Fine-Tuning can Distort Pretrained Features and
    Underperform Out-of-Distribution*, 2022, https://arxiv.org/abs/2202.10054).
    All else stays as it is; batch normalisations do, too, unless they are free, and use the
    statistics that they came with. Nothing is chosen by the fold that is left out: the last weights
    are kept.

    Args:
        clip_set: as `read_clip_set` gives it, or of pictures, `read_picture_set`.
        folder: for the training state and TensorBoard's logs; a run that was interrupted goes on
            from there.
        model: name of a family whose front end is a `LogMelSpectrogram`, or of a network for
            pictures, key of `images.NETWORKS`.
        test_fold: the fold left out; `None` to train on all clips.
        unfreeze: names of layers that are trained too; `layer14_*` for all that begin so, `*` for
            all.
        epochs: passes over the clips.
        learning_rate: the highest of AdamW's, or that of SGD; by default 2e-4, for pictures 1e-4.
        optimizer: `"adamw"`, whose rate rises and falls; or `"sgd"`, of a momentum of 0.9 and a
            constant rate.
        batch_norm: `"frozen"`, or `"free"` to train those that `unfreeze` names, and to normalise
            by each batch in training.
        seed: of weights and batches.
        precision: a Keras dtype policy.
        strategy: to share each batch out by, see `training.fit`; `None` for one device.
        **arguments: of the constructor, such as `weights`: key of the family's pretrained weights,
            by default its first, a path, or `None` for random ones; for pictures those of
            `PictureNetwork`.

    Returns:
        Model from waveforms, or from pixels in [0, 255], to scores, with the labels of `clip_set`.

    Raises:
        InputError: if there is no such model, layer, fold or rate, a model of sounds has no log-mel
            front end or the weights do not fit, a clip cannot be read, or `folder` holds another
            run.
    """
    if str(model).endswith(".keras"):
        raise InputError(f"Expected a model of the zoo. {model} can be probed, not fine-tuned.")
    network = _find_network(model, clip_set.labels, folder, arguments)
    rate = network.learning_rate if learning_rate is None else learning_rate
    checks.check("learning_rate", rate, checks.number(0, above=True))
    checks.check("optimizer", optimizer, checks.choice(OPTIMIZERS))
    checks.check("batch_norm", batch_norm, checks.choice(BATCH_NORMS))
    clips = list(clip_set.clips) if test_fold is None else clip_set.part(test_fold)[0]
    tuned = freeze(network.with_new_top(), unfreeze, batch_norm)
    settings = {"model": network.name, "weights": weights_digest(network.source)}
    settings |= {"clips": _digest_of_clips(clips, clip_set.labels), "unfreeze": sorted(unfreeze)}
    settings |= {"epochs": epochs, "learning_rate": rate, **_unusual(optimizer, batch_norm)}
    settings |= {"seed": seed, "precision": precision, **network.changes}
    claim_folder(folder, settings)
    _start_top(tuned, network.features(tuned, clips), clips)
    batches = network.batches(tuned, clips, epochs, seed)

    def begin():
        trained = freeze(network.to_train(), unfreeze, batch_norm)
        trained.set_weights(tuned.get_weights())
        return trained

    trained = fit(
        begin,
        batches,
        folder,
        seed,
        precision,
        optimizer=functools.partial(OPTIMIZERS[optimizer], epochs * batches.steps_per_epoch, rate),
        strategy=strategy,
    )
    tuned.set_weights(trained.get_weights())
    return tuned


def score_clips(
    model: keras.Model,
    clips: Sequence[Any],
    family: types.ModuleType | None = None,
    progress: bool = True,
) -> Array:
    """Scores whole clips.

    Args:
        model: from waveforms, or pictures, to scores.
        clips: with `path`.
        family: module of `applications` that `model` is of; `None` for a model of one's own.
        progress: whether to show a progress bar.

    Returns:
        float32 `(clips, classes)`.
    """
    if takes_pictures(model):
        return score_pictures(model, clips, progress)
    rate = known_sample_rate(model)
    bar = tqdm(clips, desc="evaluate", unit="clip", disable=not progress)
    return np.concatenate([score_waveform(model, load(clip.path, rate), family) for clip in bar])


def freeze(
    model: keras.Model, unfreeze: Sequence[str], batch_norm: str = BATCH_NORMS[0]
) -> keras.Model:
    """The model, with only the top and the layers of the names in `unfreeze` trainable.

    An `InputError` if a name is of no layer with weights that may change.
    """
    names = [
        layer.name
        for layer in model.layers
        if layer.weights
        and (batch_norm == "free" or not isinstance(layer, keras.layers.BatchNormalization))
    ]
    chosen = {TOP}
    for pattern in unfreeze:
        matches = fnmatch.filter(names, pattern)
        if not matches:
            raise InputError(unknown_name(f"{model.name} has", "layer to train", pattern, names))
        chosen.update(matches)
    for layer in model.layers:
        layer.trainable = layer.name in chosen
    return model


def _sgd(steps, learning_rate):
    """SGD with momentum at a constant rate."""
    return keras.optimizers.SGD(learning_rate, _MOMENTUM)


OPTIMIZERS = {"adamw": adamw, "sgd": _sgd}


def _find_network(name, labels, folder, arguments):
    """What is to be tuned, by the kind of its inputs."""
    if name in NETWORKS:
        return PictureNetwork(name, labels, folder, **arguments)
    return SoundNetwork(name, labels, **arguments)


def _unusual(optimizer, batch_norm):
    """Settings that tell a run apart, where they are not the usual ones."""
    usual = {"optimizer": "adamw", "batch_norm": BATCH_NORMS[0]}
    chosen = {"optimizer": optimizer, "batch_norm": batch_norm}
    return {name: value for name, value in chosen.items() if value != usual[name]}


def _start_top(model, features, clips):
    """Sets the top to a linear probe of the layer below it, on whole clips."""
    weights = dense_weights(features, [clip.label for clip in clips], PROBE_COST)
    model.get_layer(TOP).set_weights(weights)


def _digest_of_clips(clips, labels):
    content = [labels, [(clip.path.name, clip.label, clip.fold) for clip in clips]]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
