"""The Free Spoken Digit Dataset from a folder, for use without a network."""

import csv
import dataclasses
import re

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.errors import InputError
from tfds_builders import files, places, sounds

ARCHIVE = "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/v1.0.9.tar.gz"
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
NUM_TEST_TAKES = 5  # of each digit and speaker: takes 0 to 4 are the official test set
_NAME = re.compile(r"(\d)_([a-z]+)_(\d+)")


@dataclasses.dataclass(eq=False)
class SpokenDigitConfig(sounds.SoundConfig):
    """The split of the digits, and how they are stored.

    Attributes:
        by_speaker: whether each speaker is a fold; otherwise takes 0 to 4 are the test set.
    """

    by_speaker: bool = False


class Builder(sounds.SoundBuilder):
    """Builds spoken digits from `DIGIT_SPEAKER_TAKE.wav` or `.flac`."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        SpokenDigitConfig(name="official", description="2700 digits to train on, 300 to test."),
        SpokenDigitConfig(name="speakers", description="A fold a speaker.", by_speaker=True),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    The folder holds `recordings/7_jackson_32.wav` … (or .flac), or the archive {ARCHIVE}.
    """

    def _info(self):
        return self._describe_sounds(
            {
                "label": tfds.features.ClassLabel(num_classes=10),
                "speaker": tfds.features.ClassLabel(names=list(SPEAKERS)),
                "take": tfds.features.Scalar(np.int32),
                "gender": tfds.features.Text(),
                "accent": tfds.features.Text(),
                "recording": tfds.features.Text(),
            },
            homepage="https://github.com/Jakobovski/free-spoken-digit-dataset",
        )

    def _split_generators(self, dl_manager):
        expected = "FSDD's layout (recordings/7_jackson_32.wav …)"
        folder = places.find_data(self, dl_manager, _holds_data, expected, ARCHIVE)
        speakers = _read_speakers(folder)
        parts = {}
        for path in sorted((folder / "recordings").iterdir()):
            if path.suffix in (".wav", ".flac"):
                sound = _sound(path, speakers)
                parts.setdefault(self._split_of(sound.fields), []).append(sound)
        return self._store(dict(sorted(parts.items())))

    def _split_of(self, fields):
        if self.builder_config.by_speaker:
            return f"fold{1 + SPEAKERS.index(fields['speaker'])}"
        return "test" if fields["take"] < NUM_TEST_TAKES else "train"


def _holds_data(folder):
    return any((folder / "recordings").glob("[0-9]_*_*.*"))


def _sound(path, speakers):
    match = _NAME.fullmatch(path.stem)
    if not match or match[2] not in SPEAKERS:
        raise InputError(
            f"Expected DIGIT_SPEAKER_TAKE of {', '.join(SPEAKERS)} as name. Received: {path.name}"
        )
    digit, speaker, take = match.groups()
    fields = {"label": int(digit), "speaker": speaker, "take": int(take), "recording": path.stem}
    return files.File(path.stem, path, fields | speakers.get(speaker, {"gender": "", "accent": ""}))


def _read_speakers(folder):
    """Gender and accent of each speaker from `speakers.csv`, if it exists."""
    path = folder / "speakers.csv"
    if not path.is_file():
        return {}
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["speaker"]: {name: row[name] for name in ("gender", "accent")} for row in rows}
