"""Sonification of a folder: the files in it, and a page that links to what was made of each."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from html import escape

from keras_sounddream.audio.io import SUFFIXES as SOUND_SUFFIXES
from keras_sounddream.errors import InputError
from keras_sounddream.reports import html
from keras_sounddream.reports.sonification import PAGE
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.media import PICTURE_SUFFIXES

STORED_SUFFIXES = (".npz", ".npy")

_KINDS = {"sound": SOUND_SUFFIXES, "picture": PICTURE_SUFFIXES, "activations": STORED_SUFFIXES}


def kind_of(path: PathLike) -> str | None:
    """`"sound"`, `"picture"` or `"activations"` by a file's suffix; `None` for another."""
    suffix = pathlib.Path(path).suffix.lower()
    return next((kind for kind, suffixes in _KINDS.items() if suffix in suffixes), None)


def list_inputs(folder: PathLike) -> list[pathlib.Path]:
    """Sounds, pictures and stored activations in a folder, sorted, without hidden ones.

    Raises:
        InputError: if there are none.
    """
    paths = sorted(path for path in pathlib.Path(folder).iterdir() if path.is_file())
    paths = [path for path in paths if not path.name.startswith(".") and kind_of(path)]
    if not paths:
        raise InputError(f"Expected sounds, pictures or activations in {folder}. Found none.")
    return paths


def folder_names(paths: Sequence[pathlib.Path]) -> dict[pathlib.Path, str]:
    """A folder's name for each file: its name without the suffix, or with it where that is given
    twice.
    """
    stems = [path.stem for path in paths]
    return {path: path.stem if stems.count(path.stem) == 1 else path.name for path in paths}


def write_overview(folder: PathLike, title: str, names: Sequence[str]) -> None:
    """Writes `index.html` of a folder, with a link to the page of each of its folders."""
    links = [
        f'<li><a href="{html.address(f"{name}/{PAGE}")}">{escape(name)}</a></li>' for name in names
    ]
    parts = [f"<h1>{escape(title)}</h1>", f"<ul>{''.join(links)}</ul>"]
    html.write(pathlib.Path(folder, PAGE), title, parts, overwrite=True)
