"""`sounddream dream` on a video: its pictures and its sound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from keras_sounddream.cli.options import early
from keras_sounddream.cli.options.common import (
    check_outputs,
    given,
    load_any,
    load_model,
    quietly,
    write_json,
)
from keras_sounddream.deepdream import settings as dream_settings
from keras_sounddream.errors import InputError

_PICTURE_MODEL, _SOUND_MODEL, _NONE = "squeezenet", "log_mel_cnn", "none"
_OF_PICTURES = ("layers", "label", "guides", "guidance")


def dream_video_file(
    path: str,
    output: str,
    model_name: str | None,
    weights: str | None,
    video: Mapping[str, Any],
    settings: Mapping[str, Any],
    json_path: str | None,
    force: bool,
) -> int:
    """Dreams a video: checks what names and headers reveal, loads two networks, and dreams.

    Args:
        path: of the video.
        output: the video to write.
        model_name: of the pictures, `None` if it was not given.
        weights: of that model.
        video: options of videos, as they were given.
        settings: options of dreams, by name.
        json_path: file for the figures, or `None`.
        force: whether files may be replaced.
    """
    from keras_sounddream.workflows.video.couplings import parse_all
    from keras_sounddream.workflows.video.encoding import check_video_output
    from keras_sounddream.workflows.video.source import VideoSource

    check_outputs(output, json_path, overwrite=force)
    check_video_output(output, force)
    parse_all(video.get("couple", ()))
    source, chosen = VideoSource(path), given(dict(settings))
    dreams = {}
    of_sound = _sound_options(source, video, chosen)
    if source.pictures is not None and model_name != _NONE:
        known = _check("picture", model_name or _PICTURE_MODEL, weights, chosen)
        dreams["picture_dream"] = known, weights, chosen
    if of_sound is not None:
        weights = video.get("sound_weights")
        known = _check("sound", _sound_model(video), weights, of_sound)
        of_sound = _with_shared_class(known, of_sound, chosen, dreams)
        dreams["sound_dream"] = known, weights, of_sound
    made = {name: _make(name, *row) for name, row in dreams.items()}
    with quietly():
        from keras_sounddream.workflows.video import dream_video
    options = {name: video[name] for name in ("couple", "keep", "side") if name in video}
    result = dream_video(path, output, **made, **options, overwrite=force)
    if json_path:
        write_json(json_path, result.figures(), force)
    click.echo(_line(output, result))
    return 0


def _sound_model(video):
    return video.get("sound_model", _SOUND_MODEL)


def _sound_options(source, video, chosen):
    """Options of the sound's dream; `None` if it is not dreamed."""
    if source.sound is None or _sound_model(video) == _NONE:
        return None
    own = {"layers": video.get("sound_layer", ()), "label": video.get("sound_class")}
    return {**given(own), **{n: v for n, v in chosen.items() if n not in _OF_PICTURES}}


def _check(kind, name, weights, options):
    """Facts of a model by its name; an `InputError` if its kind or options are wrong."""
    taken = early.check_any(name, weights, to_look_at=True).kind
    if taken not in (kind, None):
        option = "--model" if kind == "picture" else "--sound-model"
        raise InputError(f"{option} {name} takes {taken}s: name a network of {kind}s.")
    known = early.check_any(name, weights)
    early.check_dream(known, {**options, **dict.fromkeys(_of_the_other(kind, options))})
    return known


def _of_the_other(kind, options):
    """Names of settings that only the other track's dream has."""
    fields = dream_settings.FIELDS
    return [n for n in options if n in fields and n not in dream_settings.names(kind)]


def _with_shared_class(known, options, chosen, dreams):
    """The sound's options with the pictures' class, where no other objective is named."""
    label = chosen.get("label")
    is_named = "label" in options or "layers" in options or "picture_dream" not in dreams
    if label is None or is_named or known.labels is None or label.isdecimal():
        return options
    from keras_sounddream.workflows.video.shared_classes import shared_label

    return {**options, "label": shared_label(known.name, known.labels, label)}


def _make(which, known, weights, options):
    """A dream of frames or of sound."""
    kind = "picture" if which == "picture_dream" else "sound"
    settings = {n: v for n, v in options.items() if n not in _of_the_other(kind, options)}
    if kind == "picture":
        include_top = settings.get("label") is not None
        model, required = load_any(known.name, weights, include_top=include_top)
        from keras_sounddream.workflows.video.frames import SETTINGS

        preset = dream_settings.PRESETS.get(settings.get("preset"), {})
        own = {n: value for n, value in SETTINGS.items() if n not in preset}
        settings = {**own, **required, **settings}
    else:
        model, _ = load_model(known.name, weights)
    from keras_sounddream.workflows.making import make_dream

    return make_dream(model, **settings)


def _line(output, result):
    words = f"{output}: {result.num_frames} frames"
    before, after = result.objective_before, result.objective_real
    if before is not None:
        words += f", the objective of the pictures went from {before:.3g} to {after:.3g}"
    if result.sound is not None:
        sound = result.sound
        before, after = sound["objective_before"], sound["objective_real"]
        words += f"; that of the sound from {before:.3g} to {after:.3g}"
    return f"{words}; {result.seconds:.1f} s for the frames"
