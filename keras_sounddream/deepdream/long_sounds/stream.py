"""Dreams of sound files of any length, from disk to disk, resumed after an interruption."""

import dataclasses
import hashlib
import pathlib
import time
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio.crossfade import crossfade
from keras_sounddream.audio.io import quantize
from keras_sounddream.audio.streaming import check_writable, read_blocks, write_blocks
from keras_sounddream.audio.waveforms import OVERSHOOT_PEAK
from keras_sounddream.checks import check, number
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint, identify
from keras_sounddream.deepdream.long_sounds.segments import cut, take_segments
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.deepdream.result import Measured
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside
from keras_sounddream.locks import locked
from keras_sounddream.progress import TracingBar
from keras_sounddream.types import Array, PathLike

_SILENCE = 2.0**-17  # root mean square, a quarter of 16-bit sound's last bit
_SCORES = ("objective_before", "objective_believed", "objective_real", "lost", "similarity")


@dataclasses.dataclass
class StreamResult(Measured):
    """A dreamed sound file with its measurements: means over its segments.

    Silent segments do not count in the means. Arrays have one row, as in a `DreamResult` of one
    sound.

    Attributes:
        path: of the sound file.
        sample_rate: Hz.
        sound_seconds: length of the sound.
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
        }


def dream_stream(
    dream: DeepDream,
    input_path: PathLike,
    output_path: PathLike,
    segment_seconds: float = 20.0,
    overlap_seconds: float = 1.0,
    overwrite: bool = False,
    progress: bool = True,
) -> StreamResult:
    """Dreams a sound file of any length, segment by segment, in constant memory.

    Each segment is dreamed separately, at its own loudness; neighbours are cross-faded at constant
    level. Silent segments are copied. After an interruption, the same call resumes after the last
    finished segment, and writes the same file, byte for byte.

    Args:
        dream: of a model of sounds.
        input_path: a sound file.
        output_path: the 16-bit sound file to write. The unfinished dream is in a folder beside it,
            of that name with `.part` at the end.
        segment_seconds: length of a segment, 0.5 to 600; a shorter sound is one segment.
        overlap_seconds: least overlap of neighbours, up to half a segment; its middle half is the
            cross-fade.
        overwrite: whether existing files may be replaced, and an interrupted dream of other
            settings, or a damaged one, discarded.
        progress: whether to show a progress bar with the real-time factor.

    Raises:
        InputError: if the input cannot be dreamed on, the output may not be written, a setting
            is out of its range, another process dreams into that output, or there is an
            interrupted dream that is damaged, of other settings or of another input.

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
    rate = dream.sample_rate
    output_path = check_writable(output_path, rate, overwrite)
    start = time.perf_counter()
    num_samples, digest = _scan(input_path, rate)
    segment, overlap = round(rate * segment_seconds), round(rate * overlap_seconds)
    segments = cut(num_samples, segment, overlap, dream.analysis.frame_step)
    identity = identify(
        dream,
        input=digest,
        segment_seconds=float(segment_seconds),
        overlap_seconds=float(overlap_seconds),
    )
    with locked(output_path, "dream"):
        part = StreamCheckpoint(output_path, identity, overwrite)
        before = sum(row["seconds"] for row in part.rows)
        _dream_segments(dream, read_blocks(input_path, rate), segments, part, progress)
        if all(row["silent"] for row in part.rows):
            part.discard()
            raise InputError(f"Expected sound to dream on, but {input_path} is silent.")
        with written_beside(output_path, overwrite) as temporary:
            write_blocks(temporary, part.blocks(), rate)
            _read_segments(dream, temporary, input_path, segments, part.rows)
        part.discard()
    seconds = before + time.perf_counter() - start
    return _result(dream, output_path, segments, part.rows, seconds)


def _scan(path, sample_rate):
    """Number of samples of a file and their SHA-256; raises for a peak too high or silence."""
    num_samples, power, peak, digest = 0, 0.0, 0.0, hashlib.sha256()
    for block in read_blocks(path, sample_rate):
        num_samples += len(block)
        power = max(power, float(np.mean(np.square(block))))
        peak = max(peak, float(np.abs(block).max()))
        digest.update(block.tobytes())
    if peak > OVERSHOOT_PEAK:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")
    if power < _SILENCE**2:
        raise InputError(f"Expected sound to dream on, but {path} is silent.")
    return num_samples, digest.hexdigest()


def _dream_segments(dream, blocks, segments, part, progress):
    """Dreams the unfinished segments, and stores each as soon as it is finished."""
    rate, bounds = dream.sample_rate, segments.bounds
    done = len(part.rows)
    work = sum(row["seconds"] for row in part.rows)
    with TracingBar(
        "dream",
        total=round(segments.num_samples / rate),
        initial=round(part.num_samples / rate),
        bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} s [{elapsed}<{remaining}{postfix}]",
        disable=not progress,
    ) as bar:
        sources = take_segments(blocks, segments, done)
        for number in range(done, len(segments.starts)):
            clock = time.perf_counter()
            waveform, row = _dream_segment(dream, next(sources), bar)
            origin, begin, end = segments.starts[number], bounds[number], bounds[number + 1]
            samples = waveform[begin - origin : end - origin]
            if number:
                fade = segments.fade
                faded = crossfade(part.tail, samples[:fade])
                samples = np.concatenate([faded, samples[fade:]])
            tail = waveform[end - origin :][: segments.fade]
            row |= {"start_seconds": origin / rate, "seconds": time.perf_counter() - clock}
            part.append(quantize(samples), tail, row)
            work += row["seconds"]
            bar.set_postfix_str(f"{part.num_samples / rate / work:.2f} × real time", refresh=False)
            bar.update(round(part.num_samples / rate) - bar.n)


def _dream_segment(dream, source, bar):
    """Dream of one segment `(samples,)`, which leaves silence as it is, and its measurements."""
    if np.sqrt(np.mean(np.square(source))) < _SILENCE:
        return source, {"silent": True}
    result = dream.run(source[np.newaxis], progress=bar)
    row = {name: float(np.asarray(getattr(result, name))[0]) for name in _SCORES}
    scores = [float(score) for score in result.objective[:, 0]]
    return result.waveform[0], {"silent": False, **row, "objective": scores}


def _read_segments(dream, path, source_path, segments, rows):
    """Adds the objective of each segment of the finished file to its row."""
    read = tf.function(dream.score)
    blocks = [read_blocks(file, dream.sample_rate) for file in (path, source_path)]
    pairs = zip(*(take_segments(one, segments) for one in blocks), strict=True)
    for row, pair in zip(rows, pairs, strict=True):
        if not row["silent"]:
            row["objective_real"] = float(read(*(tf.constant(s[np.newaxis]) for s in pair))[0])


def _result(dream, path, segments, rows, seconds):
    dreamed = [row for row in rows if not row["silent"]]
    means = {name: np.array([np.mean([r[name] for r in dreamed])], "float32") for name in _SCORES}
    steps = max(len(row["objective"]) for row in dreamed)
    ascents = [np.pad(r["objective"], (0, steps - len(r["objective"])), "edge") for r in dreamed]
    return StreamResult(
        path=path,
        sample_rate=dream.sample_rate,
        sound_seconds=segments.num_samples / dream.sample_rate,
        objective=np.mean(ascents, axis=0)[:, np.newaxis].astype("float32"),
        **means,
        seconds=seconds,
        segments=rows,
        layers=tuple(dict.fromkeys([*dream.objective.layers, *dream.objective.logit_layers])),
        name=dream.title,
    )
