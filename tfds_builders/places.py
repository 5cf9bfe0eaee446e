"""Locations of a builder's files: the user's folder, an archive in it, or a download."""

import functools
import os
import pathlib
import tarfile
import zipfile
from collections.abc import Callable
from typing import Any

from keras_sounddream.errors import InputError
from keras_sounddream.files import why_full

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
    manual, faults = _manual_folder(dl_manager), []
    for place in _places(builder, dl_manager, manual, url):
        try:
            folder = _look_in(pathlib.Path(os.fspath(place())), holds_data)
        except InputError as error:
            faults.append(str(error))
            continue
        if folder is not None:
            return folder
    if faults:
        raise InputError(faults[0])
    advice = f" Get it from {url} and name its folder" if url else " Name its folder"
    name = f"{builder.name}/{builder.builder_config.name}"
    raise InputError(
        f"Expected {expected} in {manual or 'the manual folder'}, or an archive of it.{advice}: "
        f"sounddream data build {name} --manual-dir FOLDER."
    )


def _places(builder, dl_manager, manual, url):
    """Functions that give a folder to look in, or an `InputError` of a damaged archive."""
    if manual is not None:
        yield lambda: manual
        for archive in sorted(p for p in manual.iterdir() if p.name.lower().endswith(_ARCHIVES)):
            yield functools.partial(_unpacked, dl_manager.extract, archive, archive)
    if url is not None and url in (builder.url_infos or {}):
        yield functools.partial(_unpacked, dl_manager.download_and_extract, url, url)


def _unpacked(unpack, source, name):
    """The folder that TFDS unpacks an archive into."""
    try:
        if isinstance(source, pathlib.Path):
            _check_members(source)
        return unpack(source)
    except Exception as error:  # of zipfile, tarfile, zlib, lzma, TFDS, the network: many kinds
        if full := why_full(error):
            raise InputError(f"Cannot unpack {name}: {full}. Make room.") from error
        cause = error.__cause__ or error
        reason = next(iter(str(cause).splitlines()), "").rstrip(".") or type(cause).__name__
        raise InputError(f"Cannot unpack {name} ({reason}). Get it once more.") from error


def _check_members(archive):
    """Refuses an archive that is a page, has a password, or would write outside its folder."""
    with open(archive, "rb") as file:
        if file.read(200).lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
            raise ValueError("it is a page of the web, not an archive")
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as members:
            infos = members.infolist()
        if any(info.flag_bits & 1 for info in infos):
            raise ValueError("it has a password")
        names = [info.filename for info in infos]
    else:
        with tarfile.open(archive) as members:
            names = [member.name for member in members]
    for name in names:
        if pathlib.PurePosixPath(name).is_absolute() or ".." in pathlib.PurePosixPath(name).parts:
            raise ValueError(f"{name!r} lies outside its folder")


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
