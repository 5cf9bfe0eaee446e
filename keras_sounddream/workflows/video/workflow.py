"""A dream from a video to another: its pictures, its sound, and what couples the two."""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_sounddream.audio.streaming import read_channel_blocks
from keras_sounddream.checks import check, integer, number
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint, identify
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.filters.picture_layer import is_picture_filter
from keras_sounddream.locks import locked
from keras_sounddream.types import PathLike
from keras_sounddream.workflows.video import signals
from keras_sounddream.workflows.video.couplings import Coupling, Curve, parse_all
from keras_sounddream.workflows.video.encoding import check_video_output, write_video
from keras_sounddream.workflows.video.frame_filter import FrameFilter
from keras_sounddream.workflows.video.frame_filter import identify as identify_filter
from keras_sounddream.workflows.video.frames import FrameDream
from keras_sounddream.workflows.video.pictures import Drive, dream_pictures, segments_of
from keras_sounddream.workflows.video.source import VideoSource
from keras_sounddream.workflows.video.track import DrivenRendering, Track

if TYPE_CHECKING:
    import keras

    from keras_sounddream.deepdream.model import DeepDream

KEEP, SIDE = 0.9, 360  # defaults


@dataclasses.dataclass
class VideoResult:
    """A dreamed video with its measurements.

    Attributes:
        path: of the video.
        num_frames: of its pictures.
        objective_before: mean objective of the frames that were measured, one of each segment of
            24; `None` without a dream of pictures.
        objective_real: that of their dreams, before they are encoded.
        sound: figures of the sound's dream; `None` without one.
        seconds: duration of the frames' work, without interruptions.
    """

    path: pathlib.Path
    num_frames: int
    objective_before: float | None
    objective_real: float | None
    sound: dict[str, Any] | None
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Measurements, ready for JSON."""
        return {**dataclasses.asdict(self), "path": str(self.path)}


def dream_video(
    input_path: PathLike,
    output_path: PathLike,
    picture_dream: DeepDream | keras.Model | None = None,
    sound_dream: DeepDream | None = None,
    couple: Sequence[str | Coupling] = (),
    keep: float = KEEP,
    side: int = SIDE,
    overwrite: bool = False,
    progress: bool = True,
) -> VideoResult:
    """Dreams the pictures and the sound of a video, in constant memory.

    Each frame begins with the dream of the frame before, moved as the picture moved; the sound is
    dreamed as a sound file is. Frames keep their times, whatever these are, and the sound its rate
    and channels. After an interruption, the same call goes on where it was, and writes the same
    file, byte for byte.

    Args:
        input_path: a video that FFmpeg reads.
        output_path: the video to write: `.mp4`, `.m4v`, `.mov`, `.mkv` or `.webm`. What is
            unfinished is in a folder beside it, of that name with `.part` at the end.
        picture_dream: of a model of pictures, or a `filters.PictureFilter`, which dreams each
            frame in one pass; by default the pictures stay as they are.
        sound_dream: of a model of sounds; by default the sound stays as it is.
        couple: `"SIGNAL:TARGET"` each, of `SIGNALS` and `TARGETS`, such as
            `"loudness:strength"`: the louder the sound, the more of the pictures' dream is shown.
        keep: share of the change that is kept from frame to frame, 0 to 0.99.
        side: pixels of the shorter side of the frames that are dreamed, 16 to 4096; the change of
            larger ones is made larger.
        overwrite: whether existing files may be replaced, and an interrupted dream of other
            settings, or a damaged one, discarded.
        progress: whether to show progress bars.

    Returns:
        `VideoResult`.

    Raises:
        InputError: if a dream is none or of the other kind, the input cannot be dreamed on, the
            output may not be written, a coupling lacks its track or its class, another process
            dreams into that output, or there is an interrupted dream that is damaged, of other
            settings or of another input.
        MissingPackageError: without PyAV or OpenCV.
    """
    path = check_video_output(output_path, overwrite)
    couplings = parse_all(couple)
    keep = check("keep", keep, number(0.0, 0.99))
    side = check("side", side, integer(16, 4096))
    frame_dream = _frames(picture_dream, keep, side)
    source = VideoSource(input_path)
    dreams = {"pictures": picture_dream, "sound": sound_dream}
    _check(source, dreams, couplings)
    if frame_dream is not None and source.pictures is not None:
        frame_dream.check(source.pictures.height, source.pictures.width)
    identity = _identity(source, dreams, couplings, keep, side)
    with locked(path, "dream"):
        part = StreamCheckpoint(path, identity, overwrite, dtype="|u1")
        track = Track(source, part.folder, identity)
        if source.sound is not None:
            track.take_out()
            if sound_dream is not None and not track.is_dreamed:
                rendering = _rendering(source, dreams, couplings, frame_dream)
                track.dream(sound_dream, rendering, progress)
        if source.pictures is not None:
            drive = _drive(source, track, dreams, couplings)
            dream_pictures(source, frame_dream, part, drive, path.suffix.lower(), progress)
        with written_beside(path, overwrite) as temporary:
            sound_path = track.dreamed if sound_dream is not None else track.plain
            write_video(temporary, path.suffix.lower(), segments_of(part), source, sound_path)
        figures = track.figures()
        track.discard()
        part.discard()
    return _result(path, part.rows, figures)


def _frames(dream, keep, side) -> FrameDream | FrameFilter | None:
    """Dreams frames as a dream or a filter does."""
    if dream is None:
        return None
    if is_picture_filter(dream):
        return FrameFilter(dream, keep, side)
    if not hasattr(dream, "objective"):
        raise InputError(
            "`picture_dream` must be a DeepDream of pictures, or a filters.PictureFilter. "
            f"Received: {dream!r}"
        )
    return FrameDream(dream, keep, side)


def _check(source, dreams, couplings):
    """Checks that dreams have their tracks, and couplings theirs."""
    sound_dream = dreams["sound"]
    if sound_dream is not None and not hasattr(sound_dream, "objective"):
        raise InputError(f"`sound_dream` must be a DeepDream of sounds. Received: {sound_dream!r}")
    if sound_dream is not None and sound_dream.kind == "picture":
        raise InputError(
            f"Sound is dreamed by a network of sounds, and {sound_dream.model.name} takes pictures."
        )
    found = {name: getattr(source, name) is not None for name in dreams}
    if not any(found[name] and dream is not None for name, dream in dreams.items()):
        has = " and ".join(name for name, there in found.items() if there)
        raise InputError(f"Expected a dream of what {source.path} holds: {has}.")
    for coupling in couplings:
        if not found[coupling.read] or not found[coupling.driven]:
            missing = coupling.driven if found[coupling.read] else coupling.read
            raise InputError(f"{coupling} needs {missing}, and {source.path} has none.")
        if dreams[coupling.driven] is None:
            raise InputError(f"{coupling} drives a dream of the {coupling.driven}: there is none.")
        by_network = coupling.signal == "seen" or coupling.target == "layers"
        if by_network and is_picture_filter(dreams["pictures"]):
            raise InputError(f"{coupling} needs a network of pictures: a filter has none.")
        if coupling.signal in ("heard", "seen"):
            signals.class_of(dreams[coupling.read], coupling.signal)
        if coupling.target == "layers" and len(dreams[coupling.driven].objective.terms) < 2:
            raise InputError(f"{coupling} goes from layer to layer: name two or more.")


def _identity(source, dreams, couplings, keep, side):
    """All that the bytes of the output depend on."""
    configs = {
        f"{name}_{key}": value
        for name, dream in dreams.items()
        if dream is not None
        for key, value in (identify_filter if is_picture_filter(dream) else identify)(dream).items()
    }
    names = [str(coupling) for coupling in couplings]
    return {**configs, "input": source.digest, "couple": names, "keep": keep, "side": side}


def _rendering(source, dreams, couplings, frame_dream):
    """The rendering of the sound's dream: all of it, or as much as the pictures say."""
    driven = [coupling for coupling in couplings if coupling.driven == "sound"]
    if not driven:
        return Rendering()
    small = (lambda frame: frame) if frame_dream is None else frame_dream.small
    seconds = float(source.pictures.time_base)
    frames = ((time * seconds, small(frame)) for time, frame in source.frames())
    name = driven[0].signal
    curve = signals.follow(frames, [name], dreams["pictures"])[name]
    return DrivenRendering(signal=name, curve=curve)


def _drive(source, track, dreams, couplings):
    """What drives the pictures' dream."""
    curves: dict[str, Curve] = {}
    for coupling in couplings:
        if coupling.driven == "pictures":
            blocks = read_channel_blocks(track.plain)
            read = signals.OF_SOUND[coupling.signal]
            rate = source.sound.sample_rate
            curves[coupling.target] = read(blocks, rate, dreams["sound"])
    return Drive(curves.get("strength"), curves.get("layers"))


def _result(path, rows, sound):
    measured = [row for row in rows if row["objective_before"] is not None]
    means = {
        name: float(np.mean([row[name] for row in measured])) if measured else None
        for name in ("objective_before", "objective_real")
    }
    return VideoResult(
        path=path,
        num_frames=sum(row["frames"] for row in rows),
        **means,
        sound=sound,
        seconds=sum(row["seconds"] for row in rows),
    )
