"""DeepDream on sound with an exported file: sound in, sound out."""

import itertools
from typing import Any

import numpy as np

from keras_sounddream.audio.crossfade import crossfade
from keras_sounddream.errors import InputError
from keras_sounddream.lite.length_variants import LengthVariants, check_waveform
from keras_sounddream.types import Array, PathLike

_OVERLAP_SECONDS = 1.0
_SILENCE = 2e-6  # root mean square; `DeepDream` refuses what is below


class Dreamer:
    """Dreams sounds with an exported file.

    A sound shorter than the file's length is reflected at its end until it fills it, and cut back
    afterwards. A longer one is dreamed in windows that overlap, and cross-faded. Of several files
    of one model, the shortest that fits the sound is used. A file whose objective has a mask or a
    box in time, which lies over its whole length, takes sounds of that length alone. Threads may
    share a dreamer.

    Args:
        *paths: `.tflite` files of one model, or a folder of them.
        threads: how many a call may use.

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

    def __init__(self, *paths: PathLike, threads: int = 1):
        self._variants = LengthVariants(*paths, tasks=("dream", "dream_step"), threads=threads)
        self.sample_rate = self._variants.files[0].sample_rate
        self.metadata = self._variants.files[0].metadata
        self.samples = [file.samples for file in self._variants.files]

    @property
    def latency(self) -> dict[int, dict[str, Any]]:
        """`ModelFile.latency` of every file, by its length in samples."""
        return {file.samples: file.latency for file in self._variants.files}

    def dream(self, waveform: Array, steps: int | None = None) -> Array:
        """Dreams a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.
            steps: gradient-ascent steps at the finest octave, for files with the task
                `dream_step`; by default the complete dream that the file holds.

        Returns:
            float32 `(samples,)` in [-1, 1], of the same length. Silence stays as it is.

        Raises:
            InputError: if `waveform` is no such sound, or of another length than the mask of the
                file, or the file cannot count steps.
        """
        waveform = check_waveform(waveform)
        file = self._variants.fitting(len(waveform))
        self._check_length(file, len(waveform))
        steps = self._check_steps(file, steps)
        samples, total = file.samples, len(waveform)
        starts, overlap = self._cut(total, samples)
        padded = np.pad(waveform, (0, starts[-1] + samples - total), mode="symmetric")
        dream = _dream_window(file, padded[:samples], steps)
        for before, start in itertools.pairwise(starts):
            window = _dream_window(file, padded[start : start + samples], steps)
            shared, fade = before + samples - start, overlap // 2
            seam = start + (shared - fade) // 2
            after = window[seam - start :]
            dream[seam : seam + fade] = crossfade(dream[seam : seam + fade], after[:fade])
            dream = np.concatenate([dream[: seam + fade], after[fade:]])
        return dream[:total]

    def step(self, waveform: Array, place: int = 0) -> tuple[Array, float]:
        """Makes one gradient-ascent step, for files with the task `dream_step`.

        Args:
            waveform: float32 `(samples,)`, exactly as many as a file takes.
            place: number of the step, which decides how the sound is shifted.

        Returns:
            `(dream, objective)`: float32 `(samples,)`, and float, the objective of `waveform`.

        Raises:
            InputError: if `waveform` is no such sound, or the file makes no single steps.
        """
        waveform = check_waveform(waveform)
        file = self._variants.fitting(len(waveform))
        outputs = file.run("dream_step", waveform, place=place)
        return outputs["waveform"], float(outputs["objective"])

    def _check_length(self, file, total):
        """Refuses a sound that is not as long, to a step of the analysis, as a file with places."""
        if not self.metadata.settings.get("has_places"):
            return
        if not file.samples - self._frame_step() < total <= file.samples:
            seconds, own = total / self.sample_rate, file.samples / self.sample_rate
            raise InputError(
                f"The mask or box of {file.path} lies over {own:g} s of sound. Received: "
                f"{seconds:.3f} s. Cut the sound, or export the dream for its length (--seconds)."
            )

    def _frame_step(self):
        """Samples between two frames of the dream's analysis, at least 1."""
        analysis = self.metadata.settings.get("analysis") or {}
        return max(1, round(analysis.get("step_seconds", 0) * self.sample_rate))

    def _check_steps(self, file, steps):
        if steps is None and "dream" not in file.tasks:
            settings = self.metadata.settings
            steps = settings.get("octaves", 1) * settings.get("steps", 1)
        if steps is not None and ("dream_step" not in file.tasks or steps < 1):
            raise InputError(
                f"{file.path} does {', '.join(file.tasks)}. To choose the steps (1 or more), "
                f"export it with the task dream_step. Received `steps`: {steps}."
            )
        return steps

    def _cut(self, total, samples):
        """Evenly spaced starts of windows, multiples of the analysis's step; and their overlap."""
        if total <= samples:
            return [0], 0
        step = self._frame_step()
        overlap = min(round(_OVERLAP_SECONDS * self.sample_rate), samples // 4)
        last = -(-(total - samples) // step)  # in steps
        reach = max((samples - overlap) // step, 1)
        count = -(-last // reach)
        return [step * round(k * last / count) for k in range(count + 1)], overlap


def _dream_window(file, window, steps):
    if np.sqrt(np.mean(np.square(window))) < _SILENCE:
        return window.copy()
    if steps is None:
        return file.run("dream", window)["waveform"]
    for place in range(steps):
        window = file.run("dream_step", window, place=place)["waveform"]
    return window.copy()
