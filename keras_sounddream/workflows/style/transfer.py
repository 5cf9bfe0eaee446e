"""Style transfer from files to a file: the content's, with the style of others."""

from __future__ import annotations

import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.audio.waveforms import check_overshoot
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.style_transfer.networks import StyleLayer
from keras_sounddream.deepdream.style_transfer.transfer import StyleTransfer, build, level_db
from keras_sounddream.deepdream.validation import find_kind
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.dream import dream_with_pages
from keras_sounddream.workflows.media import MAX_SECONDS, files_of
from keras_sounddream.workflows.style.masks import picture_mask, sound_mask

if TYPE_CHECKING:
    import keras

    from keras_sounddream.deepdream.long_sounds.stream import StreamResult
    from keras_sounddream.deepdream.model import DeepDream
    from keras_sounddream.deepdream.result import DreamResult


def style_file(
    content: PathLike,
    styles: Sequence[PathLike],
    output_path: PathLike,
    model: keras.Model | str,
    masks: Sequence[str] = (),
    overwrite: bool = False,
    progress: bool = True,
    rendering: Rendering | None = None,
    plot: PathLike | None = None,
    report: PathLike | None = None,
    animation: PathLike | None = None,
    **options: Any,
) -> DreamResult | StreamResult:
    """Transfers the style of files to a file, and evaluates the objective on what was written.

    Args:
        content: a sound file, or a picture if the model takes pictures.
        styles: files of the same kind, at least one.
        output_path: the file to write; a sound has the content's rate, channels, length and bits.
        model: see `StyleTransfer`.
        masks: one for each style: of a picture a picture file, where white has the style; of a
            sound `"START:END"` in seconds.
        overwrite: whether files that exist may be replaced.
        progress: whether to show a progress bar.
        rendering: as for `workflows.dream_to_file`.
        plot: see `dream_file`.
        report: see `dream_file`.
        animation: see `dream_file`.
        **options: of `StyleTransfer`; `level_db` is by default the content's.

    Returns:
        the result, see `dream_file`; its objective is at most 0.

    Raises:
        InputError: if a file cannot be read, the output may not be written, or an option is wrong.
    """
    model = build(model)
    find_kind(model)
    check_styles(styles, masks, options.get("shares"))
    files = files_of(model)
    examples = [files.guide(path, model, "none") for path in styles]

    def make(source):
        own = {"masks": [_mask(mask, source) for mask in masks]} if masks else {}
        if source.sample_rate is not None:
            check_overshoot(np.abs(source.data).max())
            own["level_db"] = level_db(source.data)
        names = [pathlib.Path(path).name for path in styles]
        return StyleTransfer(model, examples, **{"names": names, **own, **options}).dream

    pages = {"plot": plot, "report": report, "animation": animation}
    return dream_with_pages(
        model, make, content, output_path, rendering or Rendering(), overwrite, progress, **pages
    )


def filter_dream(
    model: keras.Model,
    styles: Sequence[PathLike],
    level_db: float,
    style_layers: Sequence[str | StyleLayer] | None = None,
    **settings: Any,
) -> DeepDream:
    """The dream of a style, of sounds by a mask, for `training.filters.train` to learn.

    Args:
        model: of sounds or of pictures.
        styles: files of the same kind, at least one.
        level_db: RMS in dB of full scale at which sounds are measured.
        style_layers: see `StyleTransfer`.
        **settings: of `DeepDream`.

    Returns:
        `DeepDream` whose objective is the style alone: at most 0.

    Raises:
        InputError: if a file cannot be read, or a layer is unknown.
    """
    check_styles(styles, (), None)
    files = files_of(model)
    fixed: dict[str, Any] = {"begin_with": "source"}
    if find_kind(model) == "sound":
        fixed |= {"parameterization": "mask", "level_db": level_db}
    return StyleTransfer(
        model,
        [files.guide(path, model, "none") for path in styles],
        style_layers=style_layers,
        content_weight=0.0,
        names=[pathlib.Path(path).name for path in styles],
        **{**fixed, **settings},
    ).dream


def check_styles(styles: Sequence[PathLike], masks: Sequence[str], shares: Any) -> None:
    """Checks the number of styles, and of masks and shares if there are some.

    Raises:
        InputError: if there is no style, or not one mask or share for each.
    """
    for name, given in (("styles", styles), ("masks", masks), ("shares", shares)):
        if given is not None and not isinstance(given, list | tuple):
            raise InputError(f"`{name}` must be a list, one for each style. Received: {given!r}")
    if not styles:
        raise InputError("Expected at least one style, a sound or a picture. Received none.")
    for name, given in (("mask", masks), ("share", shares)):
        if given and len(given) != len(styles):
            raise InputError(
                f"Expected {len(styles)} {name}s, one per style. Received: {len(given)}"
            )


def _mask(mask, source):
    """A style's mask: that of a picture file, or of a span of a sound."""
    if source.sample_rate is None:
        return picture_mask(mask)
    if source.is_long:
        raise InputError(f"Masks are of sounds of at most {MAX_SECONDS:g} s: cut {source.path}.")
    return sound_mask(mask, source.data.shape[1] / source.sample_rate)
