"""Dreams of many files with one network, into a folder: one model, one graph, no Beam."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keras_sounddream.audio import io as sound_io
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.errors import InputError, fault_of
from keras_sounddream.files import keep_folder
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.media import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from keras_sounddream.deepdream.model import DeepDream

SUFFIXES = {"sound": sound_io.SUFFIXES, "picture": PICTURE_SUFFIXES}


def dream_files(
    inputs: Sequence[PathLike],
    folder: PathLike,
    dream: DeepDream,
    overwrite: bool = False,
    progress: bool = True,
    rendering: Rendering | None = None,
) -> dict[str, dict[str, Any]]:
    """Dreams files, and all files of folders, one after another.

    A dream that exists is not made again, so that the work can be interrupted and resumed; a file
    that cannot be dreamed on does not stop the others.

    Args:
        inputs: files of the model's kind, or folders of such.
        folder: of the dreams, by the names of the inputs; made if it does not exist.
        dream: the dream.
        overwrite: whether dreams that exist are made again.
        progress: whether to show a progress bar for each file.
        rendering: what of a dream gets into a file of sound, and in which form.

    Returns:
        dict from the path of each input to its figures, or to `{"error": …}`; dreams that existed
        are not in it.

    Raises:
        InputError: if there is no input, two would be written to one file, or the folder cannot be
            made.
    """
    figures = {}
    for path, output in find_pairs(inputs, folder, dream.kind):
        try:
            if result := dream_one(dream, path, output, overwrite, progress, rendering):
                figures[str(path)] = result.figures()
        except Exception as error:  # of whatever kind: it is this file's, not the others'
            figures[str(path)] = {"error": str(fault_of(path, error))}
    return figures


def dream_one(
    dream: DeepDream,
    path: pathlib.Path,
    output: pathlib.Path,
    overwrite: bool = False,
    progress: bool = False,
    rendering: Rendering | None = None,
) -> Any:
    """Dreams one file of `find_pairs`; `None` if its dream exists. Arguments as `dream_files`'."""
    from keras_sounddream.workflows.dream import dream_to_file

    if output.exists() and not overwrite:
        return None
    keep_folder(output.parent)
    return dream_to_file(dream, path, output, overwrite, progress, rendering=rendering)


def find_pairs(
    inputs: Sequence[PathLike], folder: PathLike, kind: str | None = None
) -> list[tuple[pathlib.Path, pathlib.Path]]:
    """Pairs of a file to dream on and the file to write.

    Args:
        inputs: files, and folders, which are searched with their own folders.
        folder: to write into; a file in a folder within an input keeps that folder's name.
        kind: `"sound"` or `"picture"`, of the files that are taken from folders; `None` for both.

    Raises:
        InputError: if there is none, one would be written over an input, or two to one file.
    """
    folder = pathlib.Path(folder)
    if folder.is_file():
        raise InputError(f"Expected a folder for several dreams, but {folder} is a file.")
    suffixes = tuple(s for name, group in SUFFIXES.items() if kind in (None, name) for s in group)
    pairs: dict[pathlib.Path, pathlib.Path] = {}
    for path in map(pathlib.Path, inputs):
        found = _files_in(path, folder, suffixes) if path.is_dir() else [(path, path.name)]
        for one, name in found:
            output = _written_as(folder / name)
            if output in pairs and pairs[output] != one:
                raise InputError(
                    f"{pairs[output]} and {one} would both be written to {output}: rename one."
                )
            if output.absolute() == one.absolute():
                raise InputError(f"The dream of {one} would replace it: give another folder.")
            pairs[output] = one
    if not pairs:
        raise InputError(f"Expected files to dream on, but there are none in {inputs[0]}.")
    return [(path, output) for output, path in pairs.items()]


def _files_in(path, folder, suffixes):
    """Files of these suffixes in a folder, by name, with their names in it; without the dreams."""
    is_apart = folder.absolute() != path.absolute()
    for one in sorted(path.rglob("*")):
        name = one.relative_to(path)
        hidden = any(part.startswith(".") for part in name.parts)
        dreamed = is_apart and folder.absolute() in one.absolute().parents
        if one.suffix.lower() in suffixes and one.is_file() and not hidden and not dreamed:
            yield one, name


def _written_as(path):
    """The path, with another suffix if its own cannot be written."""
    suffix = path.suffix.lower()
    if suffix in PICTURE_SUFFIXES or sound_io.is_written(suffix):
        return path
    return path.with_suffix(".wav")
