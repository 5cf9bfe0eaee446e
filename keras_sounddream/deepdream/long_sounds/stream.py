"""Dreams of sound files of any length, from disk to disk, resumed after an interruption."""

import dataclasses
import pathlib
import time
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio import preservation
from keras_sounddream.audio.crossfade import crossfade
from keras_sounddream.audio.io import quantize, resample
from keras_sounddream.checks import check, number
from keras_sounddream.deepdream.full_rate.gains import at_rate
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.full_rate.transfer import render
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint, identify
from keras_sounddream.deepdream.long_sounds.segments import cut, take_segments, within
from keras_sounddream.deepdream.long_sounds.sound import SILENCE, LongSound
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.result import Measured
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.locks import locked
from keras_sounddream.progress import TracingBar
from keras_sounddream.types import Array, PathLike

_SCORES = ("objective_before", "objective_believed", "objective_real")
_COMPARED = {"lost": preservation.lost, "similarity": preservation.similarity}


@dataclasses.dataclass
class StreamResult(Measured):
    """A dreamed sound file with its measurements: means over its segments.

    Silent segments do not count in the means. Arrays have one row, as in a `DreamResult` of one
    sound.

    Attributes:
        path: of the sound file.
        sample_rate: Hz, of the network.
        sound_seconds: length of the sound, or of the region that was dreamed.
        objective: float32 `(steps, 1)`, before each step.
        objective_before: float32 `(1,)`, of the input.
        objective_believed: float32 `(1,)`, of the dreams as the ascents left them.
        objective_real: float32 `(1,)`, of the written file, cross-fades included.
        lost: float32 `(1,)`, share of the input that is gone; see `audio.lost`.
        similarity: float32 `(1,)`, likeness to the input; see `audio.similarity`.
        seconds: duration of the work, without interruptions.
        segments: measurements of each segment.
        layers: names of the layers that the objective reads.
        name: the objective, as a person would say it.
        precision: of the network during the ascents.
        written: rate, channels and coding of the file, and what of the dream is in it.
    """

    path: pathlib.Path
    sample_rate: int
    sound_seconds: float
    objective: Array
    objective_before: Array
    objective_believed: Array
    objective_real: Array
    lost: Array
    similarity: Array
    seconds: float
    segments: list[dict[str, Any]]
    layers: tuple[str, ...]
    name: str
    precision: str
    written: dict[str, Any]

    @property
    def real_time_factor(self) -> float:
        """Seconds of sound per second of work."""
        return self.sound_seconds / self.seconds

    def figures(self, example: int = 0) -> dict[str, Any]:
        """Measurements, ready for JSON: those of `DreamResult.figures` and of the segments.

        Args:
            example: 0, since there is one sound.

        Returns:
            Numbers by name, among them `sound_seconds`, `real_time_factor`, `silent_segments`, and
            `segments`, a list of dict.
        """
        return {
            **super().figures(example),
            "sound_seconds": self.sound_seconds,
            "real_time_factor": self.real_time_factor,
            "silent_segments": sum(row["silent"] for row in self.segments),
            "segments": self.segments,
            "written": self.written,
        }


def dream_stream(
    dream: DeepDream,
    input_path: PathLike,
    output_path: PathLike,
    segment_seconds: float = 20.0,
    overlap_seconds: float = 1.0,
    overwrite: bool = False,
    progress: bool = True,
    rendering: Rendering | None = None,
) -> StreamResult:
    """Dreams a sound file of any length, segment by segment, in constant memory.

    Each segment is dreamed separately, at its own loudness; neighbours are cross-faded at constant
    level. Silent segments are copied. After an interruption, the same call resumes after the last
    finished segment, and writes the same file, byte for byte.

    Args:
        dream: of a model of sounds.
        input_path: a sound file.
        output_path: the sound file to write, with the input's rate, channels and bits. The
            unfinished dream is in a folder beside it, of that name with `.part` at the end.
        segment_seconds: length of a segment, 0.5 to 600; a shorter sound is one segment.
        overlap_seconds: least overlap of neighbours, up to half a segment; its middle half is the
            cross-fade.
        overwrite: whether existing files may be replaced, and an interrupted dream of other
            settings, or a damaged one, discarded.
        progress: whether to show a progress bar with the real-time factor.
        rendering: another rate, one channel, or a part of the dream; see `Rendering`.

    Raises:
        InputError: if the input cannot be dreamed on, or has several segments and the objective a
            mask or a box in time; the output may not be written, a setting is out of its range,
            another process dreams into that output, or there is an interrupted dream that is
            damaged, of other settings or of another input.

    Example:
        dream = DeepDream(applications.LogMelCNN(), objectives.layer("block3_conv2"))
        result = dream_stream(dream, "concert.flac", "dream.flac")
    """
    segment_seconds = check("segment_seconds", segment_seconds, number(0.5, 600.0))
    overlap_seconds = check("overlap_seconds", overlap_seconds, number(0.0, segment_seconds / 2))
    if dream.kind == "picture":
        raise InputError(f"Only sounds are streamed, and {dream.model.name} takes pictures: `run`.")
    if len(dream.guides):
        raise InputError(
            "A long sound cannot begin with guides: cut it, or name a --layer to guide."
        )
    start = time.perf_counter()
    sound = LongSound(input_path, output_path, rendering or Rendering(), overwrite)
    rate = sound.target.sample_rate
    segments = cut(
        sound.bounds[1] - sound.bounds[0],
        round(rate * segment_seconds),
        round(rate * overlap_seconds),
        at_rate(dream.analysis, rate).frame_step,
    )
    _check_places(dream, segments)
    identity = identify(
        dream,
        input=sound.digest,
        segment_seconds=float(segment_seconds),
        overlap_seconds=float(overlap_seconds),
        output=sound.target.figures(),
        rendering=sound.rendering.figures(),
    )
    with locked(sound.target.path, "dream"):
        part = _checkpoint(sound.target, identity, overwrite)
        before = sum(row["seconds"] for row in part.rows)
        _dream_segments(dream, sound, segments, part, progress)
        if all(row["silent"] for row in part.rows):
            part.discard()
            raise InputError(f"Expected sound to dream on, but {input_path} is silent.")
        with written_beside(sound.target.path, overwrite) as temporary:
            sound.write(temporary, part.blocks())
            _read_segments(dream, sound, temporary, segments, part.rows)
        part.discard()
    seconds = before + time.perf_counter() - start
    return _result(dream, sound, segments, part.rows, seconds)


def _check_places(dream, segments):
    """Refuses segments where a mask or a box in time lies over the whole sound."""
    if dream.objective.has_places and len(segments.starts) > 1:
        raise InputError(
            "A mask or a box lies over a whole sound, and this one is dreamed in "
            f"{len(segments.starts)} segments: cut it, or leave the mask or box out."
        )


def _checkpoint(target, identity, overwrite):
    dtype = "<i2" if target.bits == 16 else "<f4"
    return StreamCheckpoint(target.path, identity, overwrite, target.channels, dtype)


def _dream_segments(dream, sound, segments, part, progress):
    """Dreams the unfinished segments, and stores each as soon as it is finished."""
    rate, bounds = sound.target.sample_rate, segments.bounds
    done = len(part.rows)
    work = sum(row["seconds"] for row in part.rows)
    with TracingBar(
        "dream",
        total=round(segments.num_samples / rate),
        initial=round(part.num_samples / rate),
        bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} s [{elapsed}<{remaining}{postfix}]",
        disable=not progress,
    ) as bar:
        sources = take_segments(within(sound.blocks(), *sound.bounds), segments, done)
        for number in range(done, len(segments.starts)):
            clock = time.perf_counter()
            origin, begin, end = segments.starts[number], bounds[number], bounds[number + 1]
            waveform, row = _dream_segment(dream, sound, next(sources), origin, bar)
            samples = waveform[begin - origin : end - origin]
            if number:
                fade = segments.fade
                faded = crossfade(part.tail.T, samples[:fade].T).T
                samples = np.concatenate([faded, samples[fade:]])
            tail = waveform[end - origin :][: segments.fade]
            row |= {"start_seconds": (sound.bounds[0] + origin) / rate}
            row |= {"seconds": time.perf_counter() - clock}
            samples = quantize(samples) if sound.target.bits == 16 else samples
            part.append(samples, tail, row)
            work += row["seconds"]
            bar.set_postfix_str(f"{part.num_samples / rate / work:.2f} × real time", refresh=False)
            bar.update(round(part.num_samples / rate) - bar.n)


def _dream_segment(dream, sound, original, origin, bar):
    """Dream of one segment `(samples, channels)`, which leaves silence as it is, and its scores."""
    rate = sound.target.sample_rate
    source = _heard(original.mean(axis=1), rate, dream)
    if np.sqrt(np.mean(np.square(source))) < SILENCE:
        return original, {"silent": True}
    result = dream.run(source, progress=bar)
    places = sound.bounds[0] + origin + np.arange(len(original))
    share = sound.rendering.share(places, sound.bounds, rate)
    waveform = render(
        result.source, result.dream, dream.analysis, original.T, rate, sound.rendering, share
    )
    row = {name: float(np.asarray(getattr(result, name))[0]) for name in _SCORES}
    scores = [float(score) for score in result.objective[:, 0]]
    return np.ascontiguousarray(waveform.T), {"silent": False, **row, "objective": scores}


def _heard(mono, rate, dream):
    """A segment `(samples,)` as the network gets it: `(1, samples)` at its rate."""
    return resample(mono[np.newaxis], rate, dream.sample_rate)


def _read_segments(dream, sound, path, segments, rows):
    """Adds what is measured of each segment of the finished file to its row."""
    read = tf.function(dream.score, autograph=False)
    pairs = zip(
        *(take_segments(sound.mono_region(file), segments) for file in (path, sound.path)),
        strict=True,
    )
    for row, pair in zip(rows, pairs, strict=True):
        if not row["silent"]:
            after, before = (_heard(mono, sound.target.sample_rate, dream) for mono in pair)
            row["objective_real"] = float(read(tf.constant(after), tf.constant(before))[0])
            for name, measure in _COMPARED.items():
                row[name] = float(measure(before, after, dream.sample_rate)[0])


def _result(dream, sound, segments, rows, seconds):
    dreamed = [row for row in rows if not row["silent"]]
    names = (*_SCORES, *_COMPARED)
    means = {name: np.array([np.mean([r[name] for r in dreamed])], "float32") for name in names}
    steps = max(len(row["objective"]) for row in dreamed)
    ascents = [np.pad(r["objective"], (0, steps - len(r["objective"])), "edge") for r in dreamed]
    return StreamResult(
        path=sound.target.path,
        sample_rate=dream.sample_rate,
        sound_seconds=segments.num_samples / sound.target.sample_rate,
        objective=np.mean(ascents, axis=0)[:, np.newaxis].astype("float32"),
        **means,
        seconds=seconds,
        segments=rows,
        layers=tuple(dict.fromkeys([*dream.objective.layers, *dream.objective.logit_layers])),
        name=dream.title,
        precision=dream.settings.precision,
        written={**sound.target.figures(), **sound.rendering.figures()},
    )
