"""Music with its genres: a user's own folder, named by a table or by the files' tags."""

import dataclasses
import pathlib
from typing import Any

import numpy as np
import tensorflow_datasets as tfds

from keras_sounddream.audio.io import seconds_of
from keras_sounddream.datasets import music_tags
from keras_sounddream.datasets.file_lists import read_rows
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike
from tfds_builders import files, folds, places, sounds

TABLE = "tracks.csv"
_TEXTS = ("title", "artist", "licence")
_REQUIRED = ("file", "genre")


@dataclasses.dataclass(eq=False)
class MusicConfig(sounds.SoundConfig):
    """The selection of tracks, and how they are stored.

    Attributes:
        tagged: whether genre and year come from the files' tags; otherwise from `tracks.csv`.
        genre_table: path of a table from words of tags to genres, see `music_tags.read_genres`;
            `None` for the package's own.
        sample_rate: Hz.
        most_seconds: how much of the beginning of a track is stored; `None` for all.
        min_seconds: shorter tracks are left out.
        genres: the classes; empty for all that occur, sorted.
        years: `(first, last)` of the tracks; `None` for any year, or none.
        num_folds: number of random folds of whole tracks.
        seed: of the folds.
    """

    tagged: bool = False
    genre_table: str | None = None
    sample_rate: int | None = 16000
    most_seconds: float | None = 120.0
    min_seconds: float = 0.0
    genres: tuple[str, ...] = ()
    years: tuple[int, int] | None = None
    num_folds: int = 5
    seed: int = 0


class Builder(sounds.SoundBuilder):
    """Builds a set of music in genres from a folder of the user's."""

    VERSION = tfds.core.Version("1.0.0")
    RELEASE_NOTES = {"1.0.0": "Initial release."}  # noqa: RUF012, as TFDS reads it
    BUILDER_CONFIGS = [  # noqa: RUF012
        MusicConfig(name="table", description="Tracks and genres as tracks.csv says."),
        MusicConfig(name="tags", description="Genres and years of the files' tags.", tagged=True),
    ]
    MANUAL_DOWNLOAD_INSTRUCTIONS = f"""
    The folder holds your music: with tags (config tags), or `{TABLE}` with the columns file and
    genre, and optionally title, artist, year and licence (config table).
    """

    def _info(self):
        return self._describe_sounds(
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
        if not self.builder_config.tagged:
            expected = f"{TABLE} with the columns file and genre"
            return read_table(places.find_data(self, dl_manager, _holds_table, expected))
        folder = places.find_data(self, dl_manager, lambda folder: True, "a folder of music")
        tracks, left_out = read_tagged(folder, self.builder_config.genre_table)
        self.info.metadata["left_out"] = [f"{path}: {reason}" for path, reason in left_out]
        return tracks

    def _read(self, file):
        return self._read_beginning(file, self.builder_config.most_seconds)


def read_tagged(
    folder: pathlib.Path, genre_table: PathLike | None = None
) -> tuple[list[files.File], tuple[tuple[str, str], ...]]:
    """Tracks of a folder with genre and year by their tags, and others with reasons."""
    genres = music_tags.read_genres(*([genre_table] if genre_table else []))
    music = music_tags.list_music(folder, genres, conditions=("genre",), progress=False)
    tracks = []
    for path, genre in zip(music.paths, music.labels["genre"], strict=True):
        name = path.relative_to(folder).as_posix()
        fields: dict[str, Any] = {**dict.fromkeys(_TEXTS, ""), "label": genre, "recording": name}
        fields["year"] = music_tags.read_tags(path).year or 0
        tracks.append(files.File(name, path, fields))
    return tracks, music.left_out


def read_table(folder: pathlib.Path) -> list[files.File]:
    """Tracks of a folder with genre and year by `tracks.csv`."""
    path = folder / TABLE
    return [_track(folder, path, line, row) for line, row in read_rows(path, _REQUIRED)]


def _track(folder, table, line, row):
    year = row.get("year") or "0"
    if not row["file"] or not row["genre"] or not year.isdigit():
        raise InputError(f"Expected a file, a genre and a whole year in line {line} of {table}.")
    fields = {name: row.get(name) or "" for name in _TEXTS}
    fields |= {"label": row["genre"], "year": int(year), "recording": row["file"]}
    return files.File(row["file"], folder / row["file"], fields)


def _holds_table(folder):
    return (folder / TABLE).is_file()


def _is_wanted(track, config):
    genre, year = track.fields["label"], track.fields["year"]
    if config.genres and genre not in config.genres:
        return False
    if config.years is not None and not config.years[0] <= year <= config.years[1]:
        return False
    return _seconds(track.path) >= config.min_seconds


def _seconds(path):
    """Duration of a file; infinite if it is broken, which is reported when it is stored."""
    try:
        return seconds_of(path)
    except InputError:
        return float("inf")
