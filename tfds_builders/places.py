"""Locations of a builder's files: the user's folder, an archive in it, or a download."""

import os
import pathlib
from collections.abc import Callable
from typing import Any

from keras_sounddream.errors import InputError

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")


def find_data(
    builder: Any,
    dl_manager: Any,
    holds_data: Callable[[pathlib.Path], bool],
    expected: str,
    url: str | None = None,
) -> pathlib.Path:
    """The folder for which `holds_data` is true; the error says what was `expected`.

    Searches the manual folder (`--manual-dir`), its subfolders, the archives in it, and finally the
    official archive at `url`, which is downloaded only if its SHA-256 is in the builder's
    `checksums.tsv`.
    """
    manual = _manual_folder(dl_manager)
    if manual is not None:
        folder = _look_in(manual, holds_data)
        if folder is not None:
            return folder
        for archive in sorted(p for p in manual.iterdir() if p.name.lower().endswith(_ARCHIVES)):
            folder = _look_in(pathlib.Path(os.fspath(dl_manager.extract(archive))), holds_data)
            if folder is not None:
                return folder
    if url is not None and url in (builder.url_infos or {}):
        folder = _look_in(pathlib.Path(os.fspath(dl_manager.download_and_extract(url))), holds_data)
        if folder is not None:
            return folder
    advice = f" Get it from {url} and name its folder" if url else " Name its folder"
    name = f"{builder.name}/{builder.builder_config.name}"
    raise InputError(
        f"Expected {expected} in {manual or 'the manual folder'}, or an archive of it.{advice}: "
        f"sounddream data build {name} --manual-dir FOLDER."
    )


def _manual_folder(dl_manager):
    """The user's folder; `None` where TFDS says that it is missing or empty."""
    try:
        return pathlib.Path(os.fspath(dl_manager.manual_dir))
    except AssertionError:
        return None


def _look_in(folder, holds_data):
    inside = sorted(path for path in folder.iterdir() if path.is_dir())
    deeper = [path for parent in inside[:50] for path in sorted(parent.iterdir()) if path.is_dir()]
    return next((path for path in (folder, *inside, *deeper) if holds_data(path)), None)
