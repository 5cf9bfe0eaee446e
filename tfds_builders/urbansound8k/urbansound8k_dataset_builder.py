"""UrbanSound8K: 8732 slices of street recordings in ten classes, and the nine-class subset."""

import dataclasses
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.checks import check, choice
from keras_sounddream.datasets import urbansound8k
from tfds_builders import files, places, sounds

ARCHIVE = "https://zenodo.org/records/1203745/files/UrbanSound8K.tar.gz"
TAGGINGS = {"recording": urbansound8k.split_by_recording, "file": urbansound8k.split_by_file}


@dataclasses.dataclass(eq=False)
class UrbanSound8KConfig(sounds.SoundConfig):
    """The selection of slices, and how they are stored.

    Attributes:
        nine_classes: whether to take only slices of 4 s in nine classes, split at random into
            train, validation and test; otherwise all, in the ten official folds.
        tagging: unit of the random split: `"recording"`, so that slices of one recording never
            cross parts, or `"file"`, as in the original work, whose accuracy is too high.
        seed: of the random split.
    """

    nine_classes: bool = False
    tagging: str = "recording"
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check("tagging", self.tagging, choice(TAGGINGS))


class Builder(sounds.SoundBuilder):
    """Builds UrbanSound8K from its own layout. The data is for non-commercial use only."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        UrbanSound8KConfig(name="original", description="8732 slices, ten folds."),
        UrbanSound8KConfig(
            name="modified",
            description="7317 slices of 4 s at 8 kHz, nine classes, parted by recording.",
            nine_classes=True,
            sample_rate=urbansound8k.NINE_RATE,
        ),
        UrbanSound8KConfig(
            name="modified_by_file",
            description="The same, parted file by file: recordings cross parts.",
            nine_classes=True,
            sample_rate=urbansound8k.NINE_RATE,
            tagging="file",
        ),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    The folder holds UrbanSound8K (`metadata/UrbanSound8K.csv`, `audio/fold1` …) or its archive
    {ARCHIVE}. For non-commercial use only (CC BY-NC 3.0).
    """

    def _info(self):
        nine = self.builder_config.nine_classes
        names = urbansound8k.NINE_LABELS if nine else urbansound8k.LABELS
        return self._describe_sounds(
            {
                "label": tfds.features.ClassLabel(names=list(names)),
                "recording": tfds.features.Text(doc="Freesound id of the recording"),
                "author": tfds.features.Text(),
                "filename": tfds.features.Text(),
                "start": tfds.features.Scalar(np.float32, doc="s, in the recording"),
                "end": tfds.features.Scalar(np.float32, doc="s, in the recording"),
                "salience": tfds.features.Scalar(np.int32, doc="1 foreground, 2 background"),
                "fold": tfds.features.Scalar(np.int32, doc="official fold"),
            },
            homepage="https://urbansounddataset.weebly.com/urbansound8k.html",
        )

    def _split_generators(self, dl_manager):
        expected = "UrbanSound8K's layout (metadata/UrbanSound8K.csv, audio/fold1 …)"
        folder = places.find_data(self, dl_manager, _holds_data, expected, ARCHIVE)
        authors = read_authors(folder)
        parts = part(urbansound8k.read_clips(folder, check_files=False), self.builder_config)
        return self._store(
            {
                name: [_sound(clip, authors.get(clip.recording, "")) for clip in clips]
                for name, clips in parts.items()
            }
        )

    def _read(self, file):
        content = super()._read(file)
        if self.builder_config.nine_classes:  # a sample more or less than 4 s, by rounding
            length = round(urbansound8k.CLIP_SECONDS * content["sample_rate"])
            missing = max(0, length - len(content["audio"]))
            content["audio"] = np.pad(content["audio"], (0, missing))[:length]
        return content


def part(
    clips: Sequence[urbansound8k.Clip], config: UrbanSound8KConfig
) -> dict[str, list[urbansound8k.Clip]]:
    """Slices by split: `fold1` …, or `train`, `validation` and `test` of the nine-class subset."""
    if config.nine_classes:
        clips = urbansound8k.nine_classes_by_table(clips)
        return TAGGINGS[config.tagging](clips, config.seed)
    numbers = sorted({clip.fold for clip in clips})
    return {f"fold{n}": [clip for clip in clips if clip.fold == n] for n in numbers}


def read_authors(folder: pathlib.Path) -> dict[str, str]:
    """Author of each recording by Freesound id, from `FREESOUNDCREDITS.txt`, if it exists."""
    path = folder / "FREESOUNDCREDITS.txt"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return dict(re.findall(r"^(\d+) by (.+?)\s*$", text, re.MULTILINE))


def _holds_data(folder):
    return (folder / "metadata" / "UrbanSound8K.csv").is_file()


def _sound(clip, author):
    fields = {
        "label": clip.label,
        "recording": clip.recording,
        "author": author,
        "filename": clip.path.name,
        "start": clip.start,
        "end": clip.end,
        "salience": clip.salience,
        "fold": clip.fold,
    }
    return files.File(clip.path.stem, clip.path, fields)
