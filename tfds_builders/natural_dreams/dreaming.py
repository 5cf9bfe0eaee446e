"""Dreams on a bundle of examples, in whichever process it is asked to."""

import functools
import json

import numpy as np
import tensorflow_datasets as tfds
from absl import logging

from keras_sounddream.audio.io import quantize, resample
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.deepdream.settings import config_of
from keras_sounddream.errors import InputError
from tfds_builders import pictures


def dream_bundle(plan, bundle):
    """Dreams on some examples of a data set; what cannot be dreamed on, silence, is left out.

    Args:
        plan: str, JSON of `DreamConfig`'s settings and `data_dir`.
        bundle: `(split, start, end)`, of the source, and ints, of the examples in it.

    Returns:
        list of `(key, example)`, as TFDS takes them.

    Raises:
        InputError: if the source is not built, the model is not to be had, or a setting does not
            fit.
    """
    wanted, source, dream = json.loads(plan), find_source(plan), _find_dream(plan)
    split, start, end = bundle
    in_order = tfds.ReadConfig(interleave_cycle_length=1)
    examples = source.as_dataset(split=f"{split}[{start}:{end}]", read_config=in_order)
    make = _dreamed_picture if wanted["of_pictures"] else _dreamed_sound
    made = {**wanted, "settings": config_of(dream.settings, dream.kind)}
    del made["data_dir"]
    found = []
    for number, example in enumerate(tfds.as_numpy(examples), start):
        try:
            stored, result = make(example, dream, wanted, source)
        except InputError as error:  # such as silence
            logging.warning("left out: %s/%d: %s", split, number, error)
            continue
        place = f"{split}/{number}"
        found.append((place, stored | _about(example, source, place, made, result)))
    return found


@functools.lru_cache(maxsize=2)
def find_source(plan):
    """Finds the data set that is dreamed on; a process looks once.

    Args:
        plan: as of `dream_bundle`.

    Returns:
        `tfds.core.DatasetBuilder`.

    Raises:
        InputError: if there is none, it is not built, or holds nothing to dream on.
    """
    wanted = json.loads(plan)
    source = builders.find_prepared(wanted["source"], wanted["data_dir"])
    feature = "image" if wanted["of_pictures"] else "audio"
    if feature not in source.info.features:
        raise InputError(f"{source.info.full_name} has no {feature} to dream on.")
    return source


@functools.lru_cache(maxsize=1)
def _find_dream(plan):
    """The dream of a plan; a process loads its model once."""
    import keras

    from keras_sounddream import DeepDream, applications
    from keras_sounddream.images import io
    from keras_sounddream.workflows.objective_from_files import find_objective

    wanted = json.loads(plan)
    name, weights, settings = wanted["model"], wanted["weights"], wanted["settings"]
    if name in io.NETWORKS:
        model, mode = io.load_network(name, weights)
        settings = {"preprocessing": mode, **settings}
    elif name.endswith(".keras"):
        model = keras.models.load_model(name, compile=False)
    else:
        model, _ = applications.build(name, **({"weights": weights} if weights else {}))
    return DeepDream(
        model, find_objective(model, wanted["layers"]), preset=wanted["preset"], **settings
    )


def _dreamed_picture(example, dream, wanted, source):
    result = dream.run(pictures.fit_square(example["image"], wanted["picture_size"]))
    return {"image": pictures.as_jpeg(result.picture[0])}, result


def _dreamed_sound(example, dream, wanted, source):
    rate = example.get("sample_rate", getattr(source.info.features["audio"], "sample_rate", None))
    samples = np.asarray(example["audio"]).reshape(-1)[: round(wanted["seconds"] * int(rate))]
    waveform = resample(samples[np.newaxis] / 32768, int(rate), dream.sample_rate)[0]
    result = dream.run(np.clip(waveform, -1, 1))
    return {"audio": quantize(result.waveform[0]), "sample_rate": dream.sample_rate}, result


def _about(example, source, place, made, result):
    features = source.info.features
    return {
        "label": features["label"].int2str(int(example["label"])) if "label" in features else "",
        "source_id": f"{source.info.full_name}/{place}",
        "settings": json.dumps({**made, "objective": result.name}, sort_keys=True),
        "objective_before": float(result.objective_before[0]),
        "objective_real": float(result.objective_real[0]),
    }
