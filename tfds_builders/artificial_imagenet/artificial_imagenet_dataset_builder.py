"""25 classes of ImageNet: man-made things, from a user's own copy."""

import csv
import dataclasses
import pathlib

import numpy as np
import tensorflow_datasets as tfds

from tfds_builders import files, folds, pictures, places

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


@dataclasses.dataclass(eq=False)
class ArtificialConfig(files.FileConfig):
    """The random split.

    Attributes:
        seed: of the split, class by class.
    """

    seed: int = 0


class Builder(pictures.PictureBuilder):
    """Builds the set from folders named by WordNet id, such as `n02686121`, or by class."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        ArtificialConfig(name="all", description="80 % to train on, 10 % each to choose and test.")
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The folder holds a folder a class of your copy of ImageNet, named by its WordNet id
    (`n02686121/` …; the ids are in classes.csv) or by the class.
    """

    def _info(self):
        return self._describe_pictures(read_classes(), homepage="https://www.image-net.org")

    def _split_generators(self, dl_manager):
        names = {label: (*wnids, label) for label, wnids in read_classes().items()}

        def holds_data(folder):
            return all(any((folder / name).is_dir() for name in each) for each in names.values())

        folder = places.find_data(self, dl_manager, holds_data, "25 classes of ImageNet")
        rng = np.random.default_rng(self.builder_config.seed)
        parts = {name: [] for name in SHARES}
        for members in pictures.list_classes(folder, names).values():
            mixed = [members[i] for i in rng.permutation(len(members))]
            for name, cut in folds.cut_by_shares(mixed, SHARES).items():
                parts[name] += cut
        return self._store(parts)


def read_classes() -> dict[str, tuple[str, ...]]:
    """WordNet ids of the pictures of each class, in the order of folder names."""
    with open(
        pathlib.Path(__file__).with_name("classes.csv"), newline="", encoding="utf-8"
    ) as file:
        rows = list(csv.DictReader(file))
    return {row["label"]: tuple(row["wnids"].split()) for row in rows}
