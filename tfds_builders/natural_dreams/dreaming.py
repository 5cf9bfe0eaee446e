"""Dreams on bundles of examples, in any worker process."""

import functools
import json
from typing import Any

import numpy as np
import tensorflow_datasets as tfds
from absl import logging

from keras_sounddream.audio.io import quantize, resample
from keras_sounddream.datasets.tfds import builders
from keras_sounddream.deepdream.settings import config_of
from keras_sounddream.errors import InputError
from tfds_builders import pictures, sounds

Dreamed = tuple[dict[str, Any], Any]  # stored features and the DreamResult


class SoundMaker:
    """Dreams on the sounds of a data set."""

    feature = "audio"

    @staticmethod
    def features() -> dict[str, Any]:
        """The features of a dream."""
        return sounds.sound_features()

    @staticmethod
    def make(example: dict[str, Any], dream: Any, plan: dict[str, Any], audio: Any) -> Dreamed:
        """Dreams on an example, whose rate may be that of the source's feature `audio`."""
        rate = int(example.get("sample_rate") or audio.sample_rate)
        samples = np.asarray(example["audio"]).reshape(-1)[: round(plan["seconds"] * rate)]
        waveform = resample(samples[np.newaxis] / 32768, rate, dream.sample_rate)[0]
        result = dream.run(np.clip(waveform, -1, 1))
        return {"audio": quantize(result.waveform[0]), "sample_rate": dream.sample_rate}, result


class PictureMaker:
    """Dreams on the pictures of a data set."""

    feature = "image"

    @staticmethod
    def features() -> dict[str, Any]:
        """The features of a dream."""
        return {"image": pictures.picture_feature()}

    @staticmethod
    def make(example: dict[str, Any], dream: Any, plan: dict[str, Any], image: Any) -> Dreamed:
        """Dreams on an example, cropped to a square."""
        result = dream.run(pictures.fit_square(example["image"], plan["picture_size"]))
        return {"image": pictures.as_jpeg(result.picture[0])}, result


def maker_of(of_pictures: bool) -> type[SoundMaker] | type[PictureMaker]:
    """The maker of dreams on pictures, or on sounds."""
    return PictureMaker if of_pictures else SoundMaker


def dream_bundle(plan: str, bundle: tuple[str, int, int]) -> list[tuple[str, dict[str, Any]]]:
    """Dreams on the examples `(split, start, end)` of the source: `(key, example)` each for TFDS.

    `plan` is JSON of the settings of `DreamConfig` and `data_dir`. Silence and other input that
    cannot be dreamed on is left out.
    """
    content, source, dream = json.loads(plan), find_source(plan), _find_dream(plan)
    maker = maker_of(content["of_pictures"])
    split, start, end = bundle
    in_order = tfds.ReadConfig(interleave_cycle_length=1)
    examples = source.as_dataset(split=f"{split}[{start}:{end}]", read_config=in_order)
    settings = {**content, "settings": config_of(dream.settings, dream.kind)}
    del settings["data_dir"]
    feature = source.info.features[maker.feature]
    dreams = []
    for number, example in enumerate(tfds.as_numpy(examples), start):
        try:
            stored, result = maker.make(example, dream, content, feature)
        except InputError as error:  # such as silence
            logging.warning("left out: %s/%d: %s", split, number, error)
            continue
        key = f"{split}/{number}"
        dreams.append((key, stored | _metadata(example, source, key, settings, result)))
    return dreams


@functools.lru_cache(maxsize=2)
def find_source(plan: str) -> Any:
    """The builder of the source of a plan, looked up once per process."""
    content = json.loads(plan)
    source = builders.find_prepared(content["source"], content["data_dir"])
    feature = maker_of(content["of_pictures"]).feature
    if feature not in source.info.features:
        raise InputError(f"{source.info.full_name} has no {feature} to dream on.")
    return source


@functools.lru_cache(maxsize=1)
def _find_dream(plan):
    """The `DeepDream` of a plan, whose model is loaded once per process."""
    from keras_sounddream import DeepDream
    from keras_sounddream.applications import registry
    from keras_sounddream.images import io
    from keras_sounddream.workflows.objective_from_files import find_objective

    content = json.loads(plan)
    name, weights, settings = content["model"], content["weights"], content["settings"]
    if name in io.NETWORKS:
        model, mode = io.load_network(name, weights)
        settings = {"preprocessing": mode, **settings}
    else:
        own_weights = name.endswith(".keras")
        model, _ = registry.load_model(name, None if own_weights else weights or None)
    objective = find_objective(model, content["layers"])
    return DeepDream(model, objective, preset=content["preset"], **settings)


def _metadata(example, source, key, settings, result):
    features = source.info.features
    return {
        "label": features["label"].int2str(int(example["label"])) if "label" in features else "",
        "source_id": f"{source.info.full_name}/{key}",
        "settings": json.dumps({**settings, "objective": result.name}, sort_keys=True),
        "objective_before": float(result.objective_before[0]),
        "objective_real": float(result.objective_real[0]),
    }
