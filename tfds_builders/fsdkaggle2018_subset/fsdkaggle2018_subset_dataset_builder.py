"""Twenty of the 41 classes of FSDKaggle2018."""

import csv

import tensorflow_datasets as tfds

from keras_sounddream.errors import InputError
from tfds_builders import files, places, sounds

CLASSES = (
    *("Acoustic_guitar", "Bus", "Chime", "Computer_keyboard", "Cowbell", "Drawer_open_or_close"),
    *("Fireworks", "Glockenspiel", "Gong", "Gunshot_or_gunfire", "Keys_jangling", "Knock"),
    *("Microwave_oven", "Scissors", "Shatter", "Snare_drum", "Squeak", "Tearing", "Telephone"),
    "Writing",
)
PARTS = {  # split: table and folder
    "train": ("train_post_competition.csv", "FSDKaggle2018.audio_train"),
    "test": ("test_post_competition_scoring_clips.csv", "FSDKaggle2018.audio_test"),
}
META = "FSDKaggle2018.meta"


class Builder(sounds.SoundBuilder):
    """Builds the subset from FSDKaggle2018's own layout."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        sounds.SoundConfig(name="twenty_classes", description="The official parts, 20 classes.")
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = """
    The folder holds `FSDKaggle2018.meta/`, `FSDKaggle2018.audio_train/` and
    `FSDKaggle2018.audio_test/`, of https://zenodo.org/records/2552860.
    """

    def _info(self):
        text = ("recording", "licence", "verified", "filename")
        return self._describe_sounds(
            {
                "label": tfds.features.ClassLabel(names=list(CLASSES)),
                **{name: tfds.features.Text() for name in text},
            },
            homepage="https://zenodo.org/records/2552860",
        )

    def _split_generators(self, dl_manager):
        expected = f"FSDKaggle2018 ({META}/, FSDKaggle2018.audio_train/ …)"
        folder = places.find_data(self, dl_manager, lambda f: (f / META).is_dir(), expected)
        return self._store({name: _read_part(folder, *where) for name, where in PARTS.items()})


def _read_part(folder, table, sounds_folder):
    path = folder / META / table
    if not path.is_file():
        raise InputError(f"Expected FSDKaggle2018's table {path}, but it is not there.")
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in CLASSES]
    return [
        files.File(
            row["fname"],
            folder / sounds_folder / row["fname"],
            {
                "label": row["label"],
                "recording": row["freesound_id"],
                "licence": row["license"],
                "verified": row.get("manually_verified", "1"),
                "filename": row["fname"],
            },
        )
        for row in rows
    ]
