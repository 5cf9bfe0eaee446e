"""ESC-50: 2000 environmental clips in fifty classes, and ESC-10, 400 of them in ten."""

import csv
import dataclasses
import pathlib
import re

import tensorflow_datasets as tfds

from keras_sounddream.datasets import clip_sets, esc10
from keras_sounddream.errors import InputError
from tfds_builders import files, places, sounds

ARCHIVE = "https://github.com/karolpiczak/ESC-50/archive/master.zip"
FIELDS = ("title", "author", "licence", "source_url")
CLASSES = (
    *("dog", "rooster", "pig", "cow", "frog", "cat", "hen", "insects", "sheep", "crow"),
    *("rain", "sea_waves", "crackling_fire", "crickets", "chirping_birds", "water_drops", "wind"),
    *("pouring_water", "toilet_flush", "thunderstorm"),
    *("crying_baby", "sneezing", "clapping", "breathing", "coughing", "footsteps", "laughing"),
    *("brushing_teeth", "snoring", "drinking_sipping"),
    *("door_wood_knock", "mouse_click", "keyboard_typing", "door_wood_creaks", "can_opening"),
    *("washing_machine", "vacuum_cleaner", "clock_alarm", "clock_tick", "glass_breaking"),
    *("helicopter", "chainsaw", "siren", "car_horn", "engine", "train", "church_bells"),
    *("airplane", "fireworks", "hand_saw"),
)
_NAME = re.compile(r"([1-5]-(\d+)-([A-Z]))(?:-\d+)?")  # ESC-50 appends the class
_CREDIT = re.compile(r"- \[(.+?)\]: +clip derived from (.+) \((http\S+)\) by (.+) \[(.+)\]")


@dataclasses.dataclass(eq=False)
class Esc50Config(sounds.SoundConfig):
    """The selection of clips, and how they are stored.

    Attributes:
        only_esc10: whether to take only the ten classes of ESC-10.
    """

    only_esc10: bool = False


class Builder(sounds.SoundBuilder):
    """Builds ESC-50, or ESC-10 from either set's layout."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        Esc50Config(name="esc50", description="2000 clips, fifty classes. Non-commercial."),
        Esc50Config(name="esc10", description="400 clips, ten classes.", only_esc10=True),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    The folder holds ESC-50 (`meta/esc50.csv`, `audio/`), ESC-10 (`001 - Dog bark` …; for the
    config esc10), or the archive {ARCHIVE}.
    """

    def _info(self):
        text = {name: tfds.features.Text() for name in ("recording", "take", "filename", *FIELDS)}
        names = esc10.LABELS if self.builder_config.only_esc10 else CLASSES
        return self._describe_sounds(
            {"label": tfds.features.ClassLabel(names=list(names)), **text},
            homepage="https://github.com/karolpiczak/ESC-50",
        )

    def _split_generators(self, dl_manager):
        expected = "ESC-50 (meta/esc50.csv, audio/)"
        if self.builder_config.only_esc10:
            expected += " or ESC-10 (001 - Dog bark …)"
        folder = places.find_data(self, dl_manager, self._holds_data, expected, ARCHIVE)
        credits = read_credits(folder)
        parts = {f"fold{fold}": [] for fold in esc10.FOLDS}
        for path, name, fold in self._clips(folder):
            clip, recording, take = _NAME.fullmatch(path.stem).groups()
            fields = {"label": name, "recording": recording, "take": take, "filename": path.name}
            fields |= credits.get(clip, dict.fromkeys(FIELDS, ""))
            parts[f"fold{fold}"].append(files.File(path.stem, path, fields))
        return self._store(parts)

    def _holds_data(self, folder):
        is_esc10 = self.builder_config.only_esc10 and any(folder.glob("001 - *"))
        return clip_sets.has_esc50_layout(folder) or is_esc10

    def _clips(self, folder):
        """Path, class and fold of each clip, in either layout."""
        if not clip_sets.has_esc50_layout(folder):
            clips, labels = esc10.read_clips(folder), esc10.LABELS
        else:
            clip_set = clip_sets.read_esc50(folder, check_files=False)
            clips = clip_set.clips
            labels = [label.replace(" ", "_") for label in clip_set.labels]
        wanted = self.info.features["label"].names
        unknown = set(labels) - set(CLASSES)
        if unknown:
            raise InputError(f"ESC-50 has no class {', '.join(sorted(unknown))}, as in {folder}.")
        for clip in clips:
            if not _NAME.fullmatch(clip.path.stem):
                raise InputError(f"Expected FOLD-FREESOUNDID-TAKE as name. Received: {clip.path}")
        named = ((clip.path, labels[clip.label], clip.fold) for clip in clips)
        return [clip for clip in named if clip[1] in wanted]


def read_credits(folder: pathlib.Path) -> dict[str, dict[str, str]]:
    """`FIELDS` of each clip by its file name without suffix; empty if there are no credits.

    From `attribution.csv` (columns `file` and `FIELDS`), ESC-50's `LICENSE` or ESC-10's
    `README.md`.
    """
    table = folder / "attribution.csv"
    if table.is_file():
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return {row["file"].split(".")[0]: {name: row[name] for name in FIELDS} for row in rows}
    credits = {}
    for path in (folder / "LICENSE", folder / "README.md"):
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        for file, title, url, author, licence in _CREDIT.findall(text):
            values = (title, author, licence, url)
            credits[file.split(".")[0]] = dict(zip(FIELDS, values, strict=True))
    return credits
