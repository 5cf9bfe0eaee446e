"""Autoregressive generation of sound with an exported file."""

import itertools
import pathlib
from collections.abc import Iterator

import numpy as np

from keras_sounddream import checks
from keras_sounddream.errors import InputError
from keras_sounddream.export.litert.packing import read_packed
from keras_sounddream.export.metadata import NEXT
from keras_sounddream.generation.random_numbers import MOST_SAMPLES, random_numbers
from keras_sounddream.lite.runtime import SharedInterpreter, one_line
from keras_sounddream.types import Array, PathLike


class Generator:
    """Makes sounds with a file of `export_generator`; threads may share it.

    Args:
        path: `.tflite` file.
        threads: how many a call may use.

    Attributes:
        metadata: `Metadata`.
        sample_rate: int, Hz.
        conditions: dict from the name of each condition to its labels, tuple of str.
        count: int, samples per call.

    Raises:
        InputError: if it cannot be read, is damaged, or does something else.

    Example:
        generator = Generator("digits.tflite")
        save("two.wav", generator.generate(1.0, digit="two"), generator.sample_rate)
    """

    def __init__(self, path: PathLike, threads: int = 1):
        self.path = pathlib.Path(path)
        flatbuffer, metadata = read_packed(self.path)
        if metadata is None or metadata.input != "state":
            raise InputError(
                f"Expected a file that generates, of export_generator. {self.path} is another."
            )
        self.metadata, self.sample_rate = metadata, metadata.sample_rate
        self.conditions, self.count = metadata.labels or {}, metadata.samples
        interpreter = SharedInterpreter(flatbuffer, threads)
        try:
            self._task = interpreter.task("generate")
        except (ValueError, RuntimeError) as error:
            raise InputError(f"LiteRT cannot prepare {self.path}: {one_line(error)}.") from None

    def generate(
        self, seconds: float, *, seed: int = 0, temperature: float = 1.0, **labels: str
    ) -> Array:
        """Generates the sound of `keras_sounddream.generate` with the same seed.

        Args:
            seconds: length of the sound, above 0.
            seed: 0 or more.
            temperature: 0 or more: below 1 more predictable, above 1 more varied, 0 always the
                likeliest.
            **labels: one per condition, by its name.

        Returns:
            float32 `(samples,)` in [-1, 1].

        Raises:
            InputError: see `stream`; also if `seconds` is not above 0, or too long to number its
                samples.
        """
        longest = MOST_SAMPLES // self.sample_rate
        checks.check("seconds", seconds, checks.number(0, longest, above=True))
        num_samples = max(round(seconds * self.sample_rate), 1)
        calls = -(-num_samples // self.count)
        pieces = self.stream(seed=seed, temperature=temperature, **labels)
        return np.concatenate(list(itertools.islice(pieces, calls)))[:num_samples]

    def stream(self, *, seed: int = 0, temperature: float = 1.0, **labels: str) -> Iterator[Array]:
        """Generates an endless sound, call by call, in constant memory.

        A stream has a state of its own: take one per thread.

        Args:
            seed: 0 or more.
            temperature: 0 or more, see `generate`.
            **labels: one per condition, by its name.

        Yields:
            float32 `(count,)` in [-1, 1].

        Raises:
            InputError: if a label or condition is unknown or missing, `seed` or `temperature` is
                out of range, or LiteRT refuses the call.
        """
        checks.check("temperature", temperature, checks.number(0))
        seed = checks.check("seed", seed, checks.integer(0))
        inputs = self._first_inputs(temperature, self._ids(labels))
        return self._pieces(inputs, random_numbers(seed, 1))

    def _pieces(self, inputs, numbers):
        while True:
            try:
                outputs, _ = self._task(**inputs, numbers=numbers(self.count))
            except (ValueError, RuntimeError) as error:
                raise InputError(f"LiteRT cannot run {self.path}: {one_line(error)}.") from None
            states = [name for name in outputs if name.startswith(NEXT)]
            inputs |= {name.removeprefix(NEXT): outputs[name] for name in states}
            yield outputs["samples"][0]

    def _first_inputs(self, temperature, ids):
        """Inputs of the first call, without the random numbers: the initial state is all zeros."""
        inputs = {
            name: np.zeros(tuple(one["shape"]), one["dtype"])
            for name, one in self._task.inputs.items()
            if name != "numbers"
        }
        for name, value in {"temperature": temperature, **ids}.items():
            inputs[name][:] = value
        return inputs

    def _ids(self, labels):
        """Index of each condition's label, by the condition's name."""
        for name in labels.keys() - self.conditions.keys():
            known = ", ".join(self.conditions) or "none"
            raise InputError(f"{self.path} has no condition {name!r}. There are: {known}.")
        for name, known in self.conditions.items():
            if labels.get(name) not in known:
                raise InputError(
                    f"Expected a label of {name!r}, one of {', '.join(known)}. "
                    f"Received: {labels.get(name)!r}"
                )
        return {name: self.conditions[name].index(label) for name, label in labels.items()}
