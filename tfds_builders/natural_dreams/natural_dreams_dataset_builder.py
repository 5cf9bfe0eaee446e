"""Dreams of a data set: made with DeepDream, each with the settings that made it."""

import dataclasses
import functools
import importlib.util
import json
import sys

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.errors import InputError
from tfds_builders import pictures, sounds
from tfds_builders.natural_dreams import dreaming


@dataclasses.dataclass(eq=False)
class DreamConfig(tfds.core.BuilderConfig):
    """What is dreamed on, and how.

    Attributes:
        source: str, a data set of TFDS's or of `tfds_builders`' that is built, with `image` or
            with `audio`.
        of_pictures: bool, whether the source's pictures are dreamed on, or its sounds.
        split: str, of the source, that is dreamed on; also parts and sums of splits as TFDS writes
            them, such as `"train[:10%]"` or `"fold1+fold2"`, and `"all"`.
        model: str, a network of pictures (`"inception_v3"` …), one of the zoo (`"log_mel_cnn"` …)
            or a path ending in `.keras`.
        weights: str, of the model; `None` for the zoo's own.
        layers: tuple of str, that the dream makes louder; empty for one two thirds of the way up.
        preset: str, key of `deepdream.settings.PRESETS`, or `None`.
        settings: dict of further settings of `DeepDream`.
        picture_size: int, pixels, of the square that pictures are brought to.
        seconds: float, s, how much of the beginning of a sound is dreamed on.
        most_examples: int, of the beginning of the split; `None` for all.
        examples_per_bundle: int, that a worker dreams on in one go.
        beam: bool, whether Apache Beam (the extra `beam`) runs the work; otherwise it is done here,
            one after the other.
    """

    source: str = "natural_images"
    of_pictures: bool = True
    split: str = "train"
    model: str = "inception_v3"
    weights: str | None = "imagenet"
    layers: tuple = ()
    preset: str | None = "natural_dreams"
    settings: dict = dataclasses.field(default_factory=dict)
    picture_size: int = 299
    seconds: float = 5.0
    most_examples: int | None = None
    examples_per_bundle: int = 8
    beam: bool = False


class Builder(tfds.core.GeneratorBasedBuilder):
    """Dreams on every example of a data set that is built."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        DreamConfig(name="natural_images", description="Pictures, as New Deep Dreams made them."),
        DreamConfig(
            name="esc10",
            description="Sounds of ESC-10.",
            source="esc50/esc10",
            of_pictures=False,
            split="fold5",
            model="log_mel_cnn",
            weights=None,
            preset=None,
        ),
        DreamConfig(
            name="esc10_all",
            description="Sounds of all of ESC-10, also of the folds that the model has learnt.",
            source="esc50/esc10",
            of_pictures=False,
            split="all",
            model="log_mel_cnn",
            weights=None,
            preset=None,
        ),
    ]

    def _info(self):
        of_pictures = self.builder_config.of_pictures
        made = {"image": pictures.picture_feature()} if of_pictures else sounds.sound_features()
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    **made,
                    "label": tfds.features.Text(doc="class of the source, if it has any"),
                    "source_id": tfds.features.Text(doc="split and number in the source"),
                    "settings": tfds.features.Text(doc="of the dream, as JSON"),
                    "objective_before": tfds.features.Scalar(np.float32),
                    "objective_real": tfds.features.Scalar(
                        np.float32, doc="in 16 bits, or 8 of a pixel"
                    ),
                }
            ),
        )

    def _split_generators(self, dl_manager):
        size = self.builder_config.examples_per_bundle
        if size < 1:
            raise InputError(f"`examples_per_bundle` must be above 0. Received: {size}")
        left, bundles = self.builder_config.most_examples or sys.maxsize, []
        for split, first, end in self._find_parts():
            end = min(end, first + left)
            left -= end - first
            bundles += [(split, i, min(i + size, end)) for i in range(first, end, size)]
        return {"train": self._generate_examples(bundles)}

    def _generate_examples(self, bundles):
        dream = functools.partial(dreaming.dream_bundle, self._plan())
        if not self.builder_config.beam:
            return (example for bundle in bundles for example in dream(bundle))
        if not importlib.util.find_spec("apache_beam"):
            advice = "Install it (pip install 'keras-sounddream[beam]'), or leave `beam` out."
            raise InputError(f"Expected Apache Beam. {advice}")
        beam = tfds.core.lazy_imports.apache_beam
        # Bundles, not examples, are what a worker takes: it loads its model and source once.
        return beam.Create(bundles) | beam.Reshuffle() | beam.FlatMap(dream)

    def _find_parts(self):
        """Whole splits, or parts of them, that are dreamed on: `(split, first, end)` each."""
        source, wanted = dreaming.find_source(self._plan()), self.builder_config.split
        try:
            parts = tfds.core.ReadInstruction.from_spec(wanted).to_absolute(source.info.splits)
        except (KeyError, ValueError, AssertionError, NotImplementedError):
            raise InputError(
                f"Expected a split of {source.info.full_name} ({', '.join(source.info.splits)}), "
                f"a part such as train[:10%], or all. Received: {wanted!r}"
            ) from None
        counts = {name: split.num_examples for name, split in source.info.splits.items()}
        ends = [counts[part.splitname] if part.to is None else part.to for part in parts]
        found = [
            (part.splitname, part.from_ or 0, end)
            for part, end in zip(parts, ends, strict=True)
            if end > (part.from_ or 0)
        ]
        if not found:
            raise InputError(f"There is nothing in the part {wanted!r} of {source.info.full_name}.")
        return found

    def _plan(self):
        """What a worker has to know, as JSON: it is sent to it, and its parts are kept by it."""
        own = dataclasses.asdict(self.builder_config)
        names = [field.name for field in dataclasses.fields(DreamConfig)]
        others = [field.name for field in dataclasses.fields(tfds.core.BuilderConfig)]
        plan = {name: own[name] for name in names if name not in others}
        return json.dumps({**plan, "data_dir": str(self._data_dir_root)}, sort_keys=True)
