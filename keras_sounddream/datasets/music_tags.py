"""Genre and year of music files, from the tags in them."""

import dataclasses
import pathlib
import re
from collections.abc import Mapping, Sequence

import mutagen
import mutagen.id3
import mutagen.mp4
from tqdm import tqdm

from keras_sounddream.datasets.file_lists import SoundFiles, find_sounds, read_rows
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

TABLE = pathlib.Path(__file__).with_name("genres.csv")
CONDITIONS = ("genre", "year")

_DATES = ("TDRC", "TDOR", "TDRL")  # ID3 frames: recorded, first released, released
_COMMENTS = {"genre": ("genre",), "year": ("date", "year", "originaldate", "originalyear")}
_ATOMS = {"genre": ("\xa9gen",), "year": ("\xa9day",)}  # MP4; gnre, a number, is read as ©gen
_YEAR = re.compile(r"(?<!\d)([12]\d{3})(?:\d{4})?(?!\d)")  # or as in 19990131
_WORD = re.compile(r"[^\W_]+")


@dataclasses.dataclass(frozen=True)
class Tags:
    """Genres and year in the tags of a file.

    Attributes:
        genres: as written in the file; empty where it has none.
        year: `None` where it has none.
    """

    genres: tuple[str, ...]
    year: int | None


class GenreTable:
    """A mapping from the words of genre tags to genres.

    An entry matches a tag that contains its words consecutively: "rap" in "Gangsta Rap", but not
    in "Trap". The longest match counts, and among equally long ones the last: "Folk Metal" is
    metal. Capitals, hyphens and other signs do not matter.

    Args:
        entries: words of tags → genre, such as `{"metalcore": "metal"}`.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        self._entries = {tuple(_words(tag)): genre for tag, genre in entries.items()}
        self._longest = max(map(len, self._entries), default=0)

    @property
    def genres(self) -> tuple[str, ...]:
        """All genres of the table, sorted."""
        return tuple(sorted(set(self._entries.values())))

    def find(self, tag: str) -> str | None:
        """Looks up the genre of a tag; `None` if no entry matches."""
        words = _words(tag)
        for length in range(min(self._longest, len(words)), 0, -1):
            for start in range(len(words) - length, -1, -1):
                genre = self._entries.get(tuple(words[start : start + length]))
                if genre is not None:
                    return genre
        return None


def read_genres(path: PathLike = TABLE) -> GenreTable:
    """Reads a table of genres.

    Args:
        path: of a CSV file in UTF-8 with the columns `tag` and `genre`; by default the package's
            `genres.csv`, which can be copied and extended.

    Returns:
        the table.

    Raises:
        InputError: if it cannot be read, or an entry has no words, no genre, or two genres.
    """
    entries: dict[str, str] = {}
    known: dict[tuple[str, ...], str] = {}
    for line, row in read_rows(path, ["tag", "genre"]):
        words, genre = tuple(_words(row["tag"] or "")), (row["genre"] or "").strip()
        if not words or not genre:
            raise InputError(f"Expected a tag and a genre in line {line} of {path}. Fill them in.")
        if known.setdefault(words, genre) != genre:
            raise InputError(
                f"Expected one genre for {row['tag']!r} in {path}. Line {line} has {genre!r}, one "
                f"before it {known[words]!r}."
            )
        entries[row["tag"]] = genre
    return GenreTable(entries)


def read_tags(path: PathLike) -> Tags:
    """Reads the genres and the year of a music file.

    Tags may be ID3 (versions 1, 2.3 and 2.4; genres also as numbers, such as `17` and `(17)`),
    Vorbis comments (FLAC, Ogg Vorbis, Opus), or MP4.

    Args:
        path: of the file.

    Returns:
        the tags, empty where the file has none.

    Raises:
        InputError: if the file is missing, of a format without tags, or its tags are damaged.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"Expected a music file, but there is no {path}. Check the path.")
    try:
        file = mutagen.File(path)
        genres, dates = ([], []) if file is None else _texts(file.tags)
        parsed = mutagen.id3.TCON(encoding=mutagen.id3.Encoding.UTF8, text=genres).genres
    except Exception as error:  # mutagen lets struct's, and others, through
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise InputError(f"Cannot read the tags of {path} ({reason}).") from None
    if file is None:
        raise InputError(f"Expected a music file with tags. The format of {path} has none.")
    genres = tuple(genre.strip() for genre in parsed if genre.strip() and genre != "Unknown")
    years = (match for date in dates if (match := _YEAR.search(date)))
    return Tags(genres, next((int(match[1]) for match in years), None))


def list_music(
    folder: PathLike,
    genres: GenreTable | None = None,
    conditions: Sequence[str] = CONDITIONS,
    progress: bool = True,
) -> SoundFiles:
    """Lists the music files of a folder, labelled by their tags.

    Args:
        folder: searched with its subfolders.
        genres: `None` for the package's own table.
        conditions: `"genre"`, `"year"` or both, required in every file.
        progress: whether to show a progress bar.

    Returns:
        the files; `left_out` names those without these tags, or with a genre that is not in the
        table, with reasons.

    Raises:
        InputError: if there is no music in the folder, or none with these tags.
    """
    unknown = [name for name in conditions if name not in CONDITIONS]
    if unknown or not conditions:
        raise InputError(f"Expected conditions of {CONDITIONS}. Received: {list(conditions)}")
    genres = read_genres() if genres is None else genres
    paths, left_out = [], []
    columns: dict[str, list[str]] = {name: [] for name in conditions}
    for path in tqdm(find_sounds(folder), "tags", unit="file", disable=not progress):
        try:
            labels = _labels(read_tags(path), genres, conditions)
        except InputError as error:
            left_out.append((str(path), str(error)))
            continue
        paths.append(path)
        for name in conditions:
            columns[name].append(labels[name])
    if not paths:
        raise InputError(
            f"Expected files tagged with {' and '.join(conditions)} in {folder}. None of "
            f"{len(left_out)} is. {left_out[0][0]}: {left_out[0][1]}"
        )
    fixed = {name: tuple(column) for name, column in columns.items()}
    return SoundFiles(tuple(paths), fixed, tuple(left_out))


def _labels(tags, genres, conditions):
    """Labels of a file by condition; an error says what is missing."""
    labels = {}
    if "genre" in conditions:
        if not tags.genres:
            raise InputError("It has no genre.")
        known = (genres.find(tag) for tag in tags.genres)
        labels["genre"] = next((genre for genre in known if genre is not None), None)
        if labels["genre"] is None:
            raise InputError(f"Its genre is in no entry of the table: {', '.join(tags.genres)}")
    if "year" in conditions:
        if tags.year is None:
            raise InputError("It has no year.")
        labels["year"] = str(tags.year)
    return labels


def _texts(tags):
    """Genres and dates of tags of any kind: two lists of str."""
    if tags is None:
        return [], []
    if isinstance(tags, mutagen.id3.ID3):
        genres = [text for frame in tags.getall("TCON") for text in frame.text]
        frames = (frame for name in _DATES for frame in tags.getall(name))
        return genres, [str(text) for frame in frames for text in frame.text]
    names = _ATOMS if isinstance(tags, mutagen.mp4.MP4Tags) else _COMMENTS
    return [
        [str(text) for name in names[field] for text in _listed(tags.get(name, []))]
        for field in CONDITIONS
    ]


def _listed(value):
    return value if isinstance(value, list) else [value]


def _words(text):
    return _WORD.findall(text.casefold())
