"""What the names of files, layers and classes stand for."""

import keras

from keras_sounddream.audio.io import is_sound, load
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.network.checks import takes_pictures
from keras_sounddream.deepdream.network.lookup import no_convolution
from keras_sounddream.deepdream.params.pixels import preprocess
from keras_sounddream.errors import InputError
from keras_sounddream.images import io


def check_kind(path, model):
    """Checks that a file does not hold a picture where a model takes sounds, or a sound.

    Args:
        path: str or path; whether there is such a file is not checked.
        model: `keras.Model` that takes waveforms or pictures.

    Raises:
        InputError: if it does, with what to do.
    """
    if takes_pictures(model):
        if is_sound(path):
            raise InputError(
                f"{path} is a sound, and {model.name} takes pictures. Leave --model out, or name a "
                "network of sounds."
            )
    elif io.is_picture(path):
        raise InputError(
            f"{path} is a picture, and {model.name} takes sounds. Name a network of pictures, such "
            "as --model mobilenet --weights imagenet."
        )


def find_objective(model, layers=(), guides=(), label=None, preprocessing="tf"):
    """Makes the objective that layers, guides and a class stand for.

    Args:
        model: `keras.Model`.
        layers: sequence of str, as of `session.dream_file`.
        guides: sequence of str or path, as of `session.dream_file`.
        label: str, as of `session.dream_file`.
        preprocessing: str, key of `picture.MODES`, of guides that are pictures.

    Returns:
        `Objective`.

    Raises:
        InputError: if the model lacks a layer, channel or class, or a guide cannot be read.
    """
    terms = []
    if label is not None and takes_pictures(model) and not getattr(model, "labels", None):
        raise InputError(f"{model.name} has no classes here, without its top. Name a layer.")
    if guides and any(":" in name for name in layers):
        raise InputError("A guide takes whole layers: leave the channel out.")
    if label is not None:
        terms.append(objectives.logit(*objectives.find_class(model, label)))
    if guides:
        names = list(layers) or [middle_layer(model)]
        if takes_pictures(model):
            read = [preprocess(io.load_picture(path), preprocessing) for path in guides]
        else:
            read = [load(path, find_sample_rate(model)) for path in guides]
        terms.append(objectives.guided(model, names, read))
    elif layers or not terms:
        terms += [objectives.parse(text) for text in layers or [middle_layer(model)]]
    return sum(terms)


def middle_layer(model):
    """Names a convolution two thirds of the way up a model: past edges, before classes.

    Args:
        model: `keras.Model`.

    Returns:
        str, a layer's name.

    Raises:
        InputError: if the model has no convolution.
    """
    kinds = (keras.layers.Conv1D, keras.layers.Conv2D)
    names = [layer.name for layer in model.layers if isinstance(layer, kinds)]
    if not names:
        raise InputError(no_convolution(model))
    return names[2 * len(names) // 3]
