"""TFDS data sets of labelled sounds or pictures unpacked, for recipes that read files."""

import csv
import dataclasses
import pathlib
import re
from collections.abc import Sequence
from typing import Any, TypeGuard

from tqdm import tqdm

from keras_sounddream.audio.io import save
from keras_sounddream.errors import InputError
from keras_sounddream.files import folder_beside
from keras_sounddream.types import PathLike

_NAME = re.compile(r"[a-z]\w*(/[\w.-]+)*(:[\w.]+)?", re.ASCII)
_TABLE = "clips.csv"
_COLUMNS = ("file", "split", "label")
_MEDIA = ("audio", "image")  # features
_JPEG = b"\xff\xd8"  # its first bytes
_PARTS = ("train", "validation", "test")  # in this order; any other after them


@dataclasses.dataclass(frozen=True)
class Unpacked:
    """Sounds, or pictures, of a data set, each in a file.

    Attributes:
        name: of the data set.
        labels: all its classes.
        splits: `fold1`, `fold2` …, or `train`, `validation`, `test`.
        clips: one dict per file, split by split: `file` (its path), `split`, `label` (the name of
            its class), and the data set's other features that are a word or a number, as str.
    """

    name: str
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    clips: tuple[dict[str, Any], ...]


def is_data_set(data: PathLike) -> TypeGuard[str]:
    """Whether `data` can be the name of a data set, and is no path that exists."""
    named = isinstance(data, str) and _NAME.fullmatch(data) is not None
    return named and not pathlib.Path(data).exists()


def unpack(
    name: str,
    labels: Sequence[str] | None = None,
    splits: Sequence[str] | None = None,
    data_dir: PathLike | None = None,
    progress: bool = True,
    features: Sequence[str] = (),
    medium: str = "audio",
) -> Unpacked:
    """Writes the files of a built data set into its folder `clips` or `pictures`, once.

    Sounds become 16-bit files; pictures, of the `medium` `"image"`, stay the files that they are.
    An `InputError` tells of a data set that is not built, has none with classes, has other
    classes than `labels` or other splits than `splits`, or lacks one of `features`.
    """
    from keras_sounddream.datasets.tfds import builders

    try:
        builder = builders.find_prepared(name, data_dir)
    except InputError as error:
        raise InputError(f"There is no folder {name}. {error}") from None
    known = builder.info.features
    classes = getattr(known["label"], "names", None) if "label" in known else None
    if medium not in known or not classes:
        raise InputError(
            f"Expected a data set with {medium} and classes as label. {name} has: "
            f"{', '.join(known)}."
        )
    missing = [feature for feature in features if feature not in _words(known)]
    if missing:
        raise InputError(
            f"Expected a data set with the features {', '.join(features)}, each a word or a "
            f"number. {name} lacks: {', '.join(missing)}."
        )
    _check("classes", classes, labels, name)
    _check("splits", _in_order(builder.info.splits), splits, name)
    folder = pathlib.Path(builder.data_path) / ("clips" if medium == "audio" else "pictures")
    if not (folder / _TABLE).is_file():
        with folder_beside(folder, overwrite=True, holds=_TABLE) as temporary:
            _write(builder, temporary, progress, medium)
    with open(folder / _TABLE, newline="", encoding="utf-8") as file:
        clips = tuple({**row, "file": folder / row["file"]} for row in csv.DictReader(file))
    return Unpacked(name, tuple(classes), _in_order(builder.info.splits), clips)


def _check(noun, received, expected, name):
    if expected is not None and sorted(received) != sorted(expected):
        raise InputError(
            f"Expected a data set with the {noun} {', '.join(expected)}. {name} has: "
            f"{', '.join(received)}."
        )


def _in_order(splits):
    """Splits in natural order: `fold2` before `fold10`, `test` last."""

    def order(split):
        number = split.removeprefix("fold")
        if number.isdigit():
            return 0, int(number), split
        return 1, _PARTS.index(split) if split in _PARTS else len(_PARTS), split

    return tuple(sorted(splits, key=order))


def _write(builder, folder, progress, medium):
    from keras_sounddream.datasets.tfds import builders

    words = _words(builder.info.features)
    write, needed = _writer_of(builder, medium)
    features = [*needed, "label", *words]
    int2str = builder.info.features["label"].int2str
    count = sum(split.num_examples for split in builder.info.splits.values())
    bar = tqdm(desc="unpack", total=count, unit="clip", disable=not progress)
    with bar, open(folder / _TABLE, "w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow([*_COLUMNS, *words])
        for split in _in_order(builder.info.splits):
            (folder / split).mkdir()
            taken: set[str] = set()
            for number, example in enumerate(builders.read_in_order(builder, split, features)):
                values = {name: as_word(example[name]) for name in words}
                stem = _free_stem(values, number, taken)
                path = write(example, folder / split / stem)
                label = int2str(int(example["label"]))
                table.writerow([path.relative_to(folder), split, label, *values.values()])
                bar.update()


def _writer_of(builder, medium):
    """A function that writes an example to a path without suffix, and the features it needs."""
    from keras_sounddream.datasets.tfds import builders

    if medium == "image":
        return _write_picture, ("image",)
    rate = builders.rate_of(builder)

    def write_sound(example, path):
        path = path.with_name(f"{path.name}.wav")
        save(path, builders.as_waveform(example["audio"]), int(rate or example["sample_rate"]))
        return path

    return write_sound, ("audio", *([] if rate else ["sample_rate"]))


def _write_picture(example, path):
    """Writes the bytes of a JPEG or PNG as they are."""
    content = example["image"]
    path = path.with_name(f"{path.name}{'.jpg' if content.startswith(_JPEG) else '.png'}")
    path.write_bytes(content)
    return path


def _words(features):
    """Names of the features, beside `_COLUMNS` and the sound's, that are a word or a number."""
    return [
        name
        for name, feature in features.items()
        if not hasattr(feature, "names")
        and getattr(feature, "shape", None) == ()
        and name not in (*_COLUMNS, *_MEDIA, "sample_rate")
    ]


def as_word(value: Any) -> str:
    """A scalar feature as str."""
    return value.decode() if isinstance(value, bytes) else str(value)


def _free_stem(values, number, taken):
    """The clip's own name if it has one that is not `taken`: recipes know clips by name."""
    own = pathlib.PurePath(values.get("filename", "")).stem
    usable = re.fullmatch(r"\w[\w.-]*", own) and own not in taken
    stem = own if usable else f"{number:05d}"
    taken.add(stem)
    return stem
