"""Dreams with an exported file: sound in, sound out."""

import itertools

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.lite.length_variants import Ladder, check_waveform

_OVERLAP_SECONDS = 1.0
_SILENCE = 2e-6  # root mean square; `DeepDream` refuses what is below
_KNEE, _ROOM = 0.9, 0.0999  # peaks are bent as `keras_sounddream.audio.loudness` bends them


class Dreamer:
    """Dreams sounds with an exported file.

    A sound that is shorter than the file's length is reflected at its end until it fills it, and
    cut back afterwards. A longer one is dreamed in windows that overlap, and cross-faded. Of
    several files of one model, the shortest that holds the sound is taken.

    Args:
        *paths: str or path of `.tflite` files of one model, or of a folder of them.
        threads: int, that a call may use.

    Attributes:
        sample_rate: int, Hz.
        samples: list of int, lengths of the files.
        metadata: `Metadata` of the shortest file; its `settings` are the dream's.

    Raises:
        InputError: if a file is damaged, foreign, or does not dream.

    Example:
        dreamer = Dreamer("dreamer.tflite")
        save("dream.wav", dreamer.dream(load("rooster.wav", dreamer.sample_rate)), 24000)
    """

    def __init__(self, *paths, threads=1):
        self._ladder = Ladder(*paths, tasks=("dream", "dream_step"), threads=threads)
        self.sample_rate = self._ladder.files[0].sample_rate
        self.metadata = self._ladder.files[0].metadata
        self.samples = [file.samples for file in self._ladder.files]

    @property
    def latency(self):
        """Of all files: dict of their lengths in samples to `ModelFile.latency`."""
        return {file.samples: file.latency for file in self._ladder.files}

    def dream(self, waveform, steps=None):
        """Dreams a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.
            steps: int, steps to make at the finest octave, by files with the task `dream_step`; by
                default the whole dream that the file holds.

        Returns:
            float32 `(samples,)` in [-1, 1], of the same length. Silence stays as it is.

        Raises:
            InputError: if `waveform` is no such sound, or the file cannot count steps.
        """
        waveform = check_waveform(waveform)
        file = self._ladder.holds(len(waveform))
        steps = self._check_steps(file, steps)
        samples, total = file.samples, len(waveform)
        starts, overlap = self._cut(total, samples)
        padded = np.pad(waveform, (0, starts[-1] + samples - total), mode="symmetric")
        made = _dream_window(file, padded[:samples], steps)
        for before, start in itertools.pairwise(starts):
            window = _dream_window(file, padded[start : start + samples], steps)
            shared, fade = before + samples - start, overlap // 2
            seam = start + (shared - fade) // 2
            own = window[seam - start :]
            made[seam : seam + fade] = crossfade(made[seam : seam + fade], own[:fade])
            made = np.concatenate([made[: seam + fade], own[fade:]])
        return made[:total]

    def step(self, waveform, place=0):
        """Makes one step, by files with the task `dream_step`.

        Args:
            waveform: float32 `(samples,)`, exactly as many as a file takes.
            place: int, which step it is; it says how the sound is moved.

        Returns:
            `(dream, objective)`: float32 `(samples,)`, and float, the objective of `waveform`.

        Raises:
            InputError: if `waveform` is no such sound, or the file makes no single steps.
        """
        waveform = check_waveform(waveform)
        found = self._ladder.holds(len(waveform)).run("dream_step", waveform, place=place)
        return found["waveform"], float(found["objective"])

    def _check_steps(self, file, steps):
        if steps is None and "dream" not in file.tasks:
            steps = self.metadata.settings.get("octaves", 1) * self.metadata.settings.get(
                "steps", 1
            )
        if steps is not None and ("dream_step" not in file.tasks or steps < 1):
            raise InputError(
                f"{file.path} does {', '.join(file.tasks)}. To choose the steps (1 or more), "
                f"export it with the task dream_step. Received `steps`: {steps}."
            )
        return steps

    def _cut(self, total, samples):
        """Starts of the windows, evenly, at steps of the dream's analysis; and their overlap."""
        if total <= samples:
            return [0], 0
        analysis = self.metadata.settings.get("analysis") or {}
        step = max(1, round(analysis.get("step_seconds", 0) * self.sample_rate))
        overlap = min(round(_OVERLAP_SECONDS * self.sample_rate), samples // 4)
        last = -(-(total - samples) // step)  # in steps
        reach = max((samples - overlap) // step, 1)
        count = -(-last // reach)
        return [step * round(k * last / count) for k in range(count + 1)], overlap


def crossfade(before, after):
    """Fades from one dream to another without a dip or a swell.

    Gains of equal power, divided by what the sounds' measured correlation adds to it.

    Args:
        before: float32 `(samples,)`, in [-1, 1], heard at the start.
        after: float32 `(samples,)`, in [-1, 1], heard at the end.

    Returns:
        float32 `(samples,)` in [-1, 1].
    """
    angle = np.pi / 2 * (np.arange(len(before)) + 0.5) / max(len(before), 1)
    before, after = before.astype("float64"), after.astype("float64")
    size = np.sqrt((before @ before) * (after @ after))
    correlation = np.clip(before @ after / size, 0.0, 1.0) if size > 0 else 0.0
    mixed = np.cos(angle) * before + np.sin(angle) * after
    mixed /= np.sqrt(1 + correlation * np.sin(2 * angle))
    straight = np.clip(mixed, -_KNEE, _KNEE)
    return (straight + _ROOM * np.tanh((mixed - straight) / _ROOM)).astype("float32")


def _dream_window(file, window, steps):
    if np.sqrt(np.mean(np.square(window))) < _SILENCE:
        return window.copy()
    if steps is None:
        return file.run("dream", window)["waveform"].copy()
    for place in range(steps):
        window = file.run("dream_step", window, place=place)["waveform"]
    return window.copy()
