"""Where a builder finds its files: a folder of the user's, an archive in it, or a download."""

import os
import pathlib

from keras_sounddream.errors import InputError

_ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2")


def find_data(builder, dl_manager, holds_data, expected, url=None):
    """Finds the folder that holds a data set.

    Looked through are the manual folder (`--manual-dir`), those in it, the archives in
    it, and at last the official archive: that is downloaded if its SHA-256 is in the builder's
    `checksums.tsv`, and not otherwise.

    Args:
        builder: `tfds.core.DatasetBuilder`.
        dl_manager: `tfds.download.DownloadManager`.
        holds_data: function from a `pathlib.Path` to bool, whether the data is in that folder.
        expected: str, the layout in words.
        url: str, address of the official archive, or `None`.

    Returns:
        `pathlib.Path` of the folder.

    Raises:
        InputError: if it is nowhere, with what to do.
    """
    manual = _manual_folder(dl_manager)
    if manual is not None:
        found = _look_in(manual, holds_data)
        if found is not None:
            return found
        for archive in sorted(p for p in manual.iterdir() if p.name.lower().endswith(_ARCHIVES)):
            found = _look_in(pathlib.Path(os.fspath(dl_manager.extract(archive))), holds_data)
            if found is not None:
                return found
    if url is not None and url in (builder.url_infos or {}):
        found = _look_in(pathlib.Path(os.fspath(dl_manager.download_and_extract(url))), holds_data)
        if found is not None:
            return found
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
    deeper = [path for one in inside[:50] for path in sorted(one.iterdir()) if path.is_dir()]
    return next((path for path in (folder, *inside, *deeper) if holds_data(path)), None)
