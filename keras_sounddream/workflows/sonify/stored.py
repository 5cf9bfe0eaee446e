"""Sonification of stored activations: `.npz` and `.npy` files, without the network."""

from __future__ import annotations

import pathlib
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.files import folder_beside
from keras_sounddream.reports.sonification import PAGE, Sound, write_page
from keras_sounddream.sonification.inverse_fft import to_planes
from keras_sounddream.sonification.methods import FOR_PLANES, check_choices
from keras_sounddream.types import Array, PathLike
from keras_sounddream.workflows.sonify.layer_files import LayerFiles
from keras_sounddream.workflows.sonify.request import Request
from keras_sounddream.workflows.sonify.workflow import plain_name, write_layers

_UNREADABLE = (OSError, ValueError, KeyError, EOFError, MemoryError, OverflowError, zlib.error)
_NUMBERED = re.compile(r"(.+)/(\d{1,9})")  # layer, and number of the file, of `sounddream features`


def sonify_stored(
    input_path: PathLike,
    folder: PathLike,
    overwrite: bool = False,
    progress: bool = True,
    **request: Any,
) -> list[Sound]:
    """Makes stored activations audible, in a folder with a page to listen to.

    Args:
        input_path: activations as `read_planes` reads them.
        folder: the folder to make; its files are those of `sonify_file`, without an input.
        overwrite: whether such a folder that exists may be replaced.
        progress: whether to show a progress bar.
        **request: fields of `Request`; the method is `"ifft"` or `"parameter_map"`.

    Returns:
        list of `reports.sonification.Sound`, the sounds that were made.

    Raises:
        InputError: if the file holds no activations, a setting is wrong, or the folder may not be
            written.
    """
    chosen = Request(**request)
    check_choices(
        chosen.method, chosen.combines, chosen.mix, chosen.sample_rate, chosen.level_db,
        chosen.settings,
    )  # fmt: skip
    if chosen.method not in FOR_PLANES:
        raise InputError(
            f"`{chosen.method}` needs the sound and its network: of stored activations use "
            f"{' or '.join(FOR_PLANES)}."
        )
    if chosen.preprocessing is not None:
        raise InputError("`preprocessing` is for pictures, and activations are behind it.")
    planes = read_planes(input_path)
    mixing = not any(name.endswith("]") for name in planes)  # all of one file
    label = plain_name(pathlib.Path(input_path).stem).removeprefix("activations-")
    called = {name: plain_name(name) for name in planes}
    if len(set(called.values())) < len(called):
        called = {name: f"{number}-{called[name]}" for number, name in enumerate(called)}
    with folder_beside(folder, overwrite, holds=PAGE) as temporary:
        writer = LayerFiles(temporary, "", label, called, None, None, chosen)
        sounds = write_layers(writer, planes, progress, mixing)
        write_page(
            temporary / PAGE, f"Activations in {pathlib.Path(input_path).name}", None, sounds
        )
    return sounds


def read_planes(path: PathLike) -> dict[str, Array]:
    """Reads activations from a file, without running what may be in it.

    Args:
        path: `.npy` of planes `(filters, frames, bands)`, or of one layer `(frames, channels)` or
            `(channels,)`; or `.npz` of such arrays, as `sonify_file` writes it; or as
            `sounddream features --pooling none` does, `(steps, channels)` or `(steps, bands,
            channels)` per layer and file.

    Returns:
        dict from the name of a layer, or `"LAYER [FILE]"` where there are several files, to
        planes, float32 `(filters, frames, bands)`.

    Raises:
        InputError: if it cannot be read, or holds no activations.
    """
    arrays = _read_arrays(path)
    files = arrays.pop("files", None)
    if files is not None and arrays and not any(map(_NUMBERED.fullmatch, arrays)):
        raise InputError(
            f"{path} holds features pooled over time. Write them with --pooling none, and "
            "--keep-bands if the layers have bands."
        )
    planes = {}
    for name, values in arrays.items():
        if values.dtype.kind not in "fiub":
            raise InputError(f"Expected activations, numbers. {name!r} of {path}: {values.dtype}.")
        numbered = _NUMBERED.fullmatch(name) if files is not None else None
        title = name if numbered is None else _title(numbered[1], int(numbered[2]), files)
        title = f"{name} [{name}]" if title in planes else title  # two files of one name
        planes[title] = _planes(values, numbered is None, name, path)
    if not planes:
        raise InputError(f"Expected activations. {path} holds no array.")
    return planes


def _planes(values, filters_first, name, path):
    """Planes of one array: `(filters, frames, bands)` already, or channels last."""
    try:
        if filters_first and values.ndim == 3:
            values = values.transpose(1, 2, 0)
        return to_planes(values)
    except InputError as error:
        raise InputError(f"{name!r} of {path} is no layer's activations. {error}") from None


def _title(layer, number, files: Sequence[str]):
    """A layer, and the file that its activations are of if there are several."""
    if len(files) < 2 or number >= len(files):
        return layer
    return f"{layer} [{pathlib.PurePath(str(files[number])).stem}]"


def _read_arrays(path):
    """The arrays of a file by their names; `activations` of a single one."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return {"activations": loaded}
        with loaded:
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError:
        raise InputError(f"Cannot read {path}: there is no such file.") from None
    except (*_UNREADABLE, zipfile.BadZipFile, NotImplementedError, SyntaxError) as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(f"Cannot read {path} as activations (.npz or .npy): {reason}") from None
