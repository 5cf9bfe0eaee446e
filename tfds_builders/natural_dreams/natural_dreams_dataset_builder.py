"""Dreams on the examples of a data set, each with its settings."""

import dataclasses
import functools
import importlib.util
import json
import sys
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.checks import check, integer
from keras_sounddream.errors import InputError, MissingPackageError
from tfds_builders.natural_dreams import dreaming


@dataclasses.dataclass(eq=False)
class DreamConfig(tfds.core.BuilderConfig):
    """The source of a set of dreams, and their settings.

    Attributes:
        source: a data set of TFDS or `tfds_builders` that is built, with `image` or `audio`.
        of_pictures: whether to dream on the source's pictures, or on its sounds.
        split: of the source; also parts and sums of splits in TFDS's notation, such as
            `"train[:10%]"` or `"fold1+fold2"`, and `"all"`.
        model: an image network (`"inception_v3"` …), one of the zoo (`"log_mel_cnn"` …) or a path
            ending in `.keras`.
        weights: of the model; `None` for the zoo's default.
        layers: whose activations the dream increases; empty for one at two thirds of the depth.
        preset: key of `deepdream.settings.PRESETS`, or `None`.
        settings: further settings of `DeepDream`.
        picture_size: pixels of the square that pictures are cropped and resized to.
        seconds: how much of the beginning of a sound to dream on.
        most_examples: from the beginning of the split; `None` for all.
        examples_per_bundle: unit of work of a worker.
        beam: whether Apache Beam (the extra `beam`) distributes the work; otherwise this process
            does it.
    """

    source: str = "natural_images"
    of_pictures: bool = True
    split: str = "train"
    model: str = "inception_v3"
    weights: str | None = "imagenet"
    layers: tuple[str, ...] = ()
    preset: str | None = "natural_dreams"
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
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
            description="Sounds of all of ESC-10, also of the folds the model was trained on.",
            source="esc50/esc10",
            of_pictures=False,
            split="all",
            model="log_mel_cnn",
            weights=None,
            preset=None,
        ),
    ]

    def _info(self):
        return self.dataset_info_from_configs(
            features=tfds.features.FeaturesDict(
                {
                    **dreaming.maker_of(self.builder_config.of_pictures).features(),
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
        check("examples_per_bundle", size, integer(1))
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
            raise MissingPackageError("apache-beam", "`beam=True`", "beam")
        beam = tfds.core.lazy_imports.apache_beam
        # A worker takes bundles, not examples: it loads its model and source once.
        return beam.Create(bundles) | beam.Reshuffle() | beam.FlatMap(dream)

    def _find_parts(self):
        """The parts of splits to dream on: `(split, first, end)` each."""
        source, spec = dreaming.find_source(self._plan()), self.builder_config.split
        try:
            parts = tfds.core.ReadInstruction.from_spec(spec).to_absolute(source.info.splits)
        except (KeyError, ValueError, AssertionError, NotImplementedError):
            raise InputError(
                f"Expected a split of {source.info.full_name} ({', '.join(source.info.splits)}), "
                f"a part such as train[:10%], or all. Received: {spec!r}"
            ) from None
        counts = {name: split.num_examples for name, split in source.info.splits.items()}
        ends = [counts[part.splitname] if part.to is None else part.to for part in parts]
        ranges = [
            (part.splitname, part.from_ or 0, end)
            for part, end in zip(parts, ends, strict=True)
            if end > (part.from_ or 0)
        ]
        if not ranges:
            raise InputError(f"There is nothing in the part {spec!r} of {source.info.full_name}.")
        return ranges

    def _plan(self):
        """The settings for workers, as JSON: also the key of cached sources and models."""
        own = dataclasses.asdict(self.builder_config)
        names = [field.name for field in dataclasses.fields(DreamConfig)]
        others = [field.name for field in dataclasses.fields(tfds.core.BuilderConfig)]
        plan = {name: own[name] for name in names if name not in others}
        return json.dumps({**plan, "data_dir": str(self._data_dir_root)}, sort_keys=True)
