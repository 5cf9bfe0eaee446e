"""Music with its genres: a user's own folder, named by a table or by the files' tags."""

import csv
import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.errors import InputError
from tfds_builders import folds, places, sounds

TABLE = "tracks.csv"
_TEXTS = ("title", "artist", "licence")
_REQUIRED = ("file", "genre")


@dataclasses.dataclass(eq=False)
class MusicConfig(sounds.SoundConfig):
    """Which tracks, and how they are stored.

    Attributes:
        sample_rate: int, Hz.
        most_seconds: float, s, how much of the beginning of a track is stored; `None` for all.
        min_seconds: float, s; shorter tracks are left out.
        genres: tuple of str, the classes; empty for all that are found, sorted.
        years: `(first, last)`, ints, of the tracks that are taken; `None` for any or none.
        num_folds: int, that tracks are dealt into, a track whole.
        seed: int, of the dealing.
    """

    sample_rate: int | None = 16000
    most_seconds: float | None = 120.0
    min_seconds: float = 0.0
    genres: tuple = ()
    years: tuple | None = None
    num_folds: int = 5
    seed: int = 0


class Builder(sounds.SoundBuilder):
    """Builds a set of music in genres from a folder of the user's."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        MusicConfig(name="table", description="Tracks and genres as tracks.csv says."),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    The folder holds your music and `{TABLE}` with the columns file and genre, and optionally
    title, artist, year and licence.
    """

    def _info(self):
        return self._sound_info(
            {
                "label": tfds.features.ClassLabel(),
                "year": tfds.features.Scalar(np.int32, doc="0 where it is not known"),
                "recording": tfds.features.Text(doc="the file's path in the folder"),
                **{name: tfds.features.Text() for name in _TEXTS},
            }
        )

    def _split_generators(self, dl_manager):
        config = self.builder_config
        tracks = [track for track in self._tracks(dl_manager) if _is_wanted(track, config)]
        genres = sorted(config.genres) or sorted({track.fields["label"] for track in tracks})
        if len(tracks) < config.num_folds:
            raise InputError(f"Expected {config.num_folds} tracks or more. Found: {len(tracks)}")
        self.info.features["label"].names = genres
        dealt = folds.deal(
            [track.fields["recording"] for track in tracks],
            [track.fields["label"] for track in tracks],
            config.num_folds,
            config.seed,
        )
        parts = {f"fold{fold}": [] for fold in range(1, config.num_folds + 1)}
        for track, fold in zip(tracks, dealt, strict=True):
            parts[f"fold{fold}"].append(track)
        return self._store(parts)

    def _tracks(self, dl_manager):
        expected = f"{TABLE} with the columns file and genre"
        folder = places.find_data(self, dl_manager, lambda f: (f / TABLE).is_file(), expected)
        return read_table(folder)

    def _read(self, sound, most_seconds=None):
        samples, rate = super()._read(sound, self.builder_config.most_seconds)
        if len(samples) < self.builder_config.min_seconds * rate:
            raise InputError(f"{sound.path} lasts only {len(samples) / rate:.2f} s.")
        return samples, rate


def read_table(folder):
    """Lists the tracks of a folder with a `tracks.csv`.

    Args:
        folder: `pathlib.Path`.

    Returns:
        list of `sounds.Sound`, labelled by the genre's name.

    Raises:
        InputError: if the table lacks a column or a value.
    """
    path = folder / TABLE
    with open(path, newline="", encoding="utf-8-sig") as file:
        table = csv.DictReader(file)
        missing = [name for name in _REQUIRED if name not in (table.fieldnames or ())]
        if missing:
            raise InputError(
                f"Expected the columns {', '.join(missing)} in {path}. Found: {table.fieldnames}"
            )
        return [_track(folder, path, table.line_num, row) for row in table]


def _track(folder, table, line, row):
    year = row.get("year") or "0"
    if not row["file"] or not row["genre"] or not year.isdigit():
        raise InputError(f"Expected a file, a genre and a whole year in line {line} of {table}.")
    fields = {name: row.get(name) or "" for name in _TEXTS}
    fields |= {"label": row["genre"], "year": int(year), "recording": row["file"]}
    return sounds.Sound(row["file"], folder / row["file"], fields)


def _is_wanted(track, config):
    genre, year = track.fields["label"], track.fields["year"]
    if config.genres and genre not in config.genres:
        return False
    return config.years is None or config.years[0] <= year <= config.years[1]
