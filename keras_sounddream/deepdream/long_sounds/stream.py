"""Dreams sounds of any length from disk to disk, and goes on where it was interrupted."""

import dataclasses
import hashlib
import pathlib
import time

import numpy as np
import tensorflow as tf
from tqdm import tqdm

from keras_sounddream.audio.io import quantize
from keras_sounddream.audio.streaming import check_writable, read_blocks, write_blocks
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint, identify
from keras_sounddream.deepdream.long_sounds.segments import crossfade, cut, take_segments
from keras_sounddream.deepdream.result import DreamResult
from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside

_SILENCE = 2.0**-17  # root mean square, a quarter of 16-bit sound's last bit
_HIGHEST_PEAK = 1.5  # as `DeepDream.run` takes it
_FORMAT = 1  # of the partial dream; another number makes old ones strangers
_SCORES = ("objective_before", "objective_believed", "objective_real")


@dataclasses.dataclass
class StreamResult:
    """A dreamed sound file with its measurements: means over its segments.

    The objective of a silent segment is left out. Arrays have one row, as those of a
    `DreamResult` of one sound.

    Attributes:
        path: `pathlib.Path` of the sound file.
        sample_rate: int, Hz.
        sound_seconds: float, length of the sound.
        objective: float32 `(steps, 1)`, as read at each step before it was made.
        objective_before: float32 `(1,)`, of the input.
        objective_believed: float32 `(1,)`, of the dreams as the ascents left them.
        objective_real: float32 `(1,)`, read off the file, cross-fades included.
        seconds: float, how long the work took, interruptions left out.
        segments: list of dict, the figures of each segment.
        layers: tuple of str.
        name: str, the objective in words.
    """

    path: pathlib.Path
    sample_rate: int
    sound_seconds: float
    objective: np.ndarray
    objective_before: np.ndarray
    objective_believed: np.ndarray
    objective_real: np.ndarray
    seconds: float
    segments: list
    layers: tuple
    name: str

    gain = DreamResult.gain
    retained = DreamResult.retained

    @property
    def real_time_factor(self):
        """Seconds of sound per second of work."""
        return self.sound_seconds / self.seconds

    def figures(self, example=0):
        """Gives the measurements, ready for JSON.

        Args:
            example: int, 0: there is one sound.

        Returns:
            dict as `DreamResult.figures` gives it, and `sound_seconds`, `real_time_factor`,
            `silent_segments` and `segments`.
        """
        return {
            **DreamResult.figures(self, example),
            "sound_seconds": self.sound_seconds,
            "real_time_factor": self.real_time_factor,
            "silent_segments": sum(row["silent"] for row in self.segments),
            "segments": self.segments,
        }


def dream_stream(
    dream,
    input_path,
    output_path,
    segment_seconds=20.0,
    overlap_seconds=1.0,
    overwrite=False,
    progress=True,
):
    """Dreams a sound file of any length, segment by segment, in constant memory.

    Each segment is dreamed by itself and is as loud as it was; neighbours are cross-faded at the
    level of both. Silent segments stay as they are. After an interruption, the same call goes on
    after the last finished segment, and the file is the same, byte for byte.

    Args:
        dream: `DeepDream`.
        input_path: str or path of a sound file.
        output_path: str or path of the 16-bit sound file to write. What is not finished lies
            beside it, in a folder of that name with `.part` at the end.
        segment_seconds: float, length of a segment; a sound no longer than that is dreamed whole.
        overlap_seconds: float, that neighbours share at least, up to half a segment; the middle
            half of it is the cross-fade.
        overwrite: bool, whether files that exist may be replaced, an interrupted dream of other
            settings among them.
        progress: bool, whether to show a progress bar with the real-time factor.

    Returns:
        `StreamResult`.

    Raises:
        InputError: if the input cannot be dreamed on, the output may not be written, a setting
            is out of its range, or an interrupted dream of other settings or another input
            waits there.

    Example:
        dream = DeepDream(applications.LogMelCNN(), objectives.layer("block3_conv2"))
        result = dream_stream(dream, "concert.flac", "dream.flac")
    """
    _check_seconds("segment_seconds", segment_seconds, 0.5, 600.0)
    _check_seconds("overlap_seconds", overlap_seconds, 0.0, segment_seconds / 2)
    if dream.kind == "picture":
        raise InputError(f"Only sounds are streamed, and {dream.model.name} takes pictures: `run`.")
    rate = dream.sample_rate
    output_path = check_writable(output_path, rate, overwrite)
    start = time.perf_counter()
    num_samples, digest = _scan(input_path, rate)
    counts = (round(rate * seconds) for seconds in (segment_seconds, overlap_seconds))
    segments = cut(num_samples, *counts, dream.analysis.frame_step)
    identity = identify(
        dream,
        input=digest,
        segment_seconds=float(segment_seconds),
        overlap_seconds=float(overlap_seconds),
        format=_FORMAT,
    )
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


def _check_seconds(name, value, least, most):
    if not (isinstance(value, int | float) and least <= value <= most):
        raise InputError(
            f"`{name}` must be at least {least:g} and at most {most:g}. Received: {value!r}"
        )


def _scan(path, sample_rate):
    """Counts the samples of a file and takes their SHA-256; says at once what would fail late."""
    num_samples, power, peak, digest = 0, 0.0, 0.0, hashlib.sha256()
    for block in read_blocks(path, sample_rate):
        num_samples += len(block)
        power = max(power, float(np.mean(np.square(block))))
        peak = max(peak, float(np.abs(block).max()))
        digest.update(block.tobytes())
    if peak > _HIGHEST_PEAK:
        raise InputError(f"Expected samples in [-1, 1]. The peak is {peak:.4g}: scale it down.")
    if power < _SILENCE**2:
        raise InputError(f"Expected sound to dream on, but {path} is silent.")
    return num_samples, digest.hexdigest()


def _dream_segments(dream, blocks, segments, part, progress):
    """Dreams the segments that are not finished; each is kept as soon as it is."""
    rate, bounds = dream.sample_rate, segments.bounds
    done = len(part.rows)
    work = sum(row["seconds"] for row in part.rows)
    with tqdm(
        total=round(segments.num_samples / rate),
        initial=round(part.num_samples / rate),
        desc="dream",
        bar_format="{l_bar}{bar}| {n_fmt}/{total_fmt} s [{elapsed}<{remaining}{postfix}]",
        disable=not progress,
    ) as bar:
        sources = take_segments(blocks, segments, done)
        for number in range(done, len(segments.starts)):
            clock = time.perf_counter()
            waveform, row = _dream_segment(dream, next(sources))
            origin, begin, end = segments.starts[number], bounds[number], bounds[number + 1]
            own = waveform[begin - origin : end - origin]
            if number:
                fade = segments.fade
                own = np.concatenate([crossfade(part.tail, own[:fade]), own[fade:]])
            tail = waveform[end - origin :][: segments.fade]
            row |= {"start_seconds": origin / rate, "seconds": time.perf_counter() - clock}
            part.append(quantize(own), tail, row)
            work += row["seconds"]
            bar.set_postfix_str(f"{part.num_samples / rate / work:.2f} × real time", refresh=False)
            bar.update(round(part.num_samples / rate) - bar.n)


def _dream_segment(dream, source):
    """The dream of one segment `(samples,)`, and its figures; silence is its own dream."""
    if np.sqrt(np.mean(np.square(source))) < _SILENCE:
        return source, {"silent": True}
    result = dream.run(source[np.newaxis])
    row = {name: float(np.asarray(getattr(result, name))[0]) for name in _SCORES}
    scores = [float(score) for score in result.objective[:, 0]]
    return result.waveform[0], {"silent": False, **row, "objective": scores}


def _read_segments(dream, path, source_path, segments, rows):
    """Reads the objective of each segment off the finished file."""
    read = tf.function(dream.score)
    blocks = [read_blocks(each, dream.sample_rate) for each in (path, source_path)]
    pairs = zip(*(take_segments(each, segments) for each in blocks), strict=True)
    for row, pair in zip(rows, pairs, strict=True):
        if not row["silent"]:
            row["objective_real"] = float(read(*(tf.constant(s[np.newaxis]) for s in pair))[0])


def _result(dream, path, segments, rows, seconds):
    heard = [row for row in rows if not row["silent"]]
    means = {name: np.array([np.mean([r[name] for r in heard])], "float32") for name in _SCORES}
    steps = max(len(row["objective"]) for row in heard)
    ascents = [np.pad(r["objective"], (0, steps - len(r["objective"])), "edge") for r in heard]
    return StreamResult(
        path=path,
        sample_rate=dream.sample_rate,
        sound_seconds=segments.num_samples / dream.sample_rate,
        objective=np.mean(ascents, axis=0)[:, np.newaxis].astype("float32"),
        **means,
        seconds=seconds,
        segments=rows,
        layers=tuple(dict.fromkeys([*dream.objective.layers, *dream.objective.logit_layers])),
        name=repr(dream.objective),
    )
