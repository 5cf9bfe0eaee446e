"""How a long sound is cut into segments that overlap, and how their dreams are joined."""

import dataclasses

import keras
import numpy as np

from keras_sounddream.audio.loudness import guard_peaks


@dataclasses.dataclass(frozen=True)
class Segments:
    """Where the segments of a sound lie, in samples; all are of one length.

    Attributes:
        num_samples: int, of the whole sound.
        length: int, of a segment; the last may reach beyond the end by less than a step of the
            analysis.
        starts: tuple of int, multiples of the analysis' step, so that the frames of neighbours
            are the same frames.
        fade: int, of a cross-fade.
    """

    num_samples: int
    length: int
    starts: tuple
    fade: int

    @property
    def seams(self):
        """First sample of each cross-fade, which lies in the middle of an overlap."""
        pairs = zip(self.starts, self.starts[1:], strict=False)
        return [(a + self.length + b - self.fade) // 2 for a, b in pairs]

    @property
    def bounds(self):
        """Where each segment's own samples begin, fades before them included; then the end."""
        return [0, *self.seams, self.num_samples]


def cut(num_samples, segment, overlap, step):
    """Cuts a sound into segments of one length, evenly.

    Args:
        num_samples: int, of the sound.
        segment: int, samples, the most of a segment; rounded up to steps.
        overlap: int, samples, that two neighbours share at least; half of it, in the middle, is
            the cross-fade. At most half of `segment`.
        step: int, samples, of the analysis.

    Returns:
        `Segments`; one alone, of `num_samples`, if the sound is no longer than `segment`.

    Example:
        >>> cut(1000, 400, 100, 10).starts
        (0, 300, 600)
    """
    most, overlap = step * -(-segment // step), step * -(-overlap // step)
    if num_samples <= most:
        return Segments(num_samples, num_samples, (0,), 0)
    count = -(-(num_samples - overlap) // (most - overlap))
    length = step * -(-(num_samples + (count - 1) * overlap) // (count * step))
    steps = -(-(num_samples - length) // step)  # to the last segment
    starts = tuple(step * round(k * steps / (count - 1)) for k in range(count))
    return Segments(num_samples, length, starts, overlap // 2)


def take_segments(blocks, segments, first=0):
    """Puts blocks together to segments, holding no more than one segment and one block.

    Args:
        blocks: iterable of float32 `(samples,)`.
        segments: `Segments`.
        first: int, number of the first segment to give.

    Yields:
        float32 `(length,)`, padded with zeros where the sound ends before the segment does.
    """
    blocks, held, position = iter(blocks), np.zeros(0, "float32"), 0
    for start in segments.starts[first:]:
        parts, missing = [held], start + segments.length - position - len(held)
        while missing > 0 and (block := next(blocks, None)) is not None:
            parts.append(block)
            missing -= len(block)
            if position + sum(map(len, parts)) <= start:  # all of it lies before the segment
                position += sum(map(len, parts))
                parts = []
        held = np.concatenate([*parts, np.zeros(max(missing, 0), "float32")])
        held, position = held[start - position :], start
        yield held[: segments.length]


def crossfade(before, after):
    """Fades from one sound to another without a dip or a swell.

    Two dreams of the same sound are alike only in part: their correlation is 0.0 to 0.6, so that
    equal gains dip by 1.8 dB in the median and equal powers swell by 0.9. The gains here are those
    of equal power, divided by what the sounds' measured correlation adds to it.

    Args:
        before: float32 `(samples,)`, in [-1, 1], heard at the start.
        after: float32 `(samples,)`, in [-1, 1], heard at the end.

    Returns:
        float32 `(samples,)` in [-1, 1].
    """
    angle = np.pi / 2 * (np.arange(len(before)) + 0.5) / max(len(before), 1)
    size = np.sqrt(np.sum(np.square(before, dtype="float64")))
    size *= np.sqrt(np.sum(np.square(after, dtype="float64")))
    product = np.sum(np.multiply(before, after, dtype="float64"))
    correlation = np.clip(product / size, 0.0, 1.0) if size > 0 else 0.0
    mixed = np.cos(angle) * before + np.sin(angle) * after
    mixed /= np.sqrt(1 + correlation * np.sin(2 * angle))
    return keras.ops.convert_to_numpy(guard_peaks(mixed.astype("float32")))
