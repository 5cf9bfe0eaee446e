"""Signals of a video's tracks over time: loudness, class scores, brightness, motion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from keras_sounddream.applications.sound_scores import score_sound
from keras_sounddream.audio.io import resample
from keras_sounddream.errors import InputError
from keras_sounddream.types import Array
from keras_sounddream.workflows.video.couplings import Curve
from keras_sounddream.workflows.video.flow import find_motion

if TYPE_CHECKING:
    from keras_sounddream.deepdream.model import DeepDream

_HOP_SECONDS = 0.01
_RANGE_DB = 40.0
_HEARD_SECONDS = 10.0  # pieces that a network takes at once
_WIDTHS_PER_SECOND = 0.5  # motion of 1
_SILENCE = 1e-10  # power


def loudness(blocks: Iterable[Array], sample_rate: int, dream: DeepDream | None = None) -> Curve:
    """Level in hops of 10 ms, from 40 dB below the loudest (0) up to it (1)."""
    hop = max(1, round(_HOP_SECONDS * sample_rate))
    powers = np.array([np.square(part).mean() for part in _cut(blocks, hop)])
    db = 10 * np.log10(np.maximum(powers, _SILENCE))
    values = np.clip(1 + (db - db.max()) / _RANGE_DB, 0, 1) * (powers.max() > _SILENCE)
    return Curve((np.arange(len(db)) + 0.5) * hop / sample_rate, values)


def heard(blocks: Iterable[Array], sample_rate: int, dream: DeepDream | None) -> Curve:
    """Score of a dream's class in the sound, by the dream's network."""
    network, index, output = class_of(dream, "heard")
    times: list[float] = []
    values: list[float] = []
    start = 0.0
    for part in _cut(blocks, round(_HEARD_SECONDS * sample_rate)):
        mono = resample(part.mean(axis=1)[np.newaxis], sample_rate, network.sample_rate)
        scores = score_sound(network.model, mono, by_step=True)
        steps = scores[output if output in scores else next(iter(scores))]
        times += list(start + steps.times.mean(axis=1))
        values += list(np.clip(steps.steps[:, index], 0, 1))
        start += len(part) / sample_rate
    return Curve(np.array(times), np.array(values))


def brightness(dream: DeepDream | None) -> Callable[[float, Array], float]:
    """Mean of the pixels."""
    return lambda seconds, frame: float(frame.mean()) / 255


def motion(dream: DeepDream | None) -> Callable[[float, Array], float]:
    """Mean speed from the frame before; 0 at the first."""
    before: list[tuple[float, Array]] = []

    def speed(seconds: float, frame: Array) -> float:
        widths, passed = 0.0, 1.0
        if before:
            then, shown = before.pop()
            widths, passed = find_motion(shown, frame).speed, max(seconds - then, 1e-3)
        before.append((seconds, frame))
        return min(widths / passed / _WIDTHS_PER_SECOND, 1.0)

    return speed


def seen(dream: DeepDream | None) -> Callable[[float, Array], float]:
    """Score of a dream's class in a frame, by the dream's network."""
    network, index, _ = class_of(dream, "seen")

    def score(seconds: float, frame: Array) -> float:
        pixels = network.model_input(frame[np.newaxis].astype("float32"))
        return float(np.clip(np.asarray(network.model(pixels)).reshape(-1)[index], 0, 1))

    return score


OF_SOUND = {"loudness": loudness, "heard": heard}
OF_PICTURES = {"brightness": brightness, "motion": motion, "seen": seen}


def follow(
    frames: Iterable[tuple[float, Array]], names: Sequence[str], dream: DeepDream | None
) -> dict[str, Curve]:
    """Signals of pictures by their names, in one pass.

    Args:
        frames: seconds, and uint8 `(height, width, 3)`, of each.
        names: of `OF_PICTURES`.
        dream: of the pictures, for the scores of its class.
    """
    measures = [OF_PICTURES[name](dream) for name in names]
    times, rows = [], []
    for seconds, frame in frames:
        times.append(seconds)
        rows.append([measure(seconds, frame) for measure in measures])
    columns = np.array(rows, "float32").T
    return {n: Curve(np.array(times), values) for n, values in zip(names, columns, strict=True)}


def class_of(dream: DeepDream | None, signal: str) -> tuple[DeepDream, int, str | None]:
    """The dream, the number of the class that it raises, and the layer that scores it.

    Raises:
        InputError: if it raises no class.
    """
    terms = [] if dream is None else dream.objective.terms
    for term in terms:
        if dream is not None and term["kind"] == "logit":
            return dream, int(term["settings"]["index"]), term["layer"]
    raise InputError(f"{signal} is the score of a class: dream of a class in that track, too.")


def _cut(blocks: Iterable[Array], size: int) -> Iterator[Array]:
    """Pieces `(size, channels)` of the blocks of a sound; the last may be shorter."""
    held = None
    for block in blocks:
        held = block if held is None else np.concatenate([held, block])
        whole = len(held) // size * size
        yield from (held[start : start + size] for start in range(0, whole, size))
        held = held[whole:]
    if held is not None and len(held):
        yield held
