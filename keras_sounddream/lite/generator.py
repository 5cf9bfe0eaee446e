"""Makes sound with an exported file, sample after sample."""

import itertools
import math
import pathlib

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.export.litert.packing import read_packed
from keras_sounddream.generation.random_numbers import MOST_SAMPLES, random_numbers
from keras_sounddream.lite.runtime import one_line, open_interpreter

_NEXT = "next_"  # what begins the names of what the next call takes


class Generator:
    """Makes sounds with a file of `export_generator`.

    Args:
        path: str or path of a `.tflite` file.
        threads: int, that a call may use.

    Attributes:
        metadata: `Metadata`.
        sample_rate: int, Hz.
        conditions: dict from the name of each condition to its labels, tuple of str.
        count: int, samples that a call makes.

    Raises:
        InputError: if it cannot be read, is damaged, or does something else.

    Example:
        generator = Generator("digits.tflite")
        save("two.wav", generator.generate(1.0, digit="two"), generator.sample_rate)
    """

    def __init__(self, path, threads=1):
        self.path = pathlib.Path(path)
        flatbuffer, metadata = read_packed(self.path)
        if metadata is None or metadata.input != "state":
            raise InputError(
                f"Expected a file that generates, of export_generator. {self.path} is another."
            )
        self.metadata, self.sample_rate = metadata, metadata.sample_rate
        self.conditions, self.count = metadata.labels or {}, metadata.samples
        self._interpreter = open_interpreter(flatbuffer, threads)
        try:
            self._run = self._interpreter.get_signature_runner("generate")
        except (ValueError, RuntimeError) as error:
            raise InputError(f"LiteRT cannot prepare {self.path}: {one_line(error)}.") from None

    def generate(self, seconds, *, seed=0, temperature=1.0, **labels):
        """Makes a sound: that of `keras_sounddream.generate` with the same seed.

        Args:
            seconds: float, above 0.
            seed: int, 0 or more.
            temperature: float: below 1 surer, above 1 wilder, 0 always the likeliest.
            **labels: str, one for each condition, by its name.

        Returns:
            float32 `(samples,)` in [-1, 1].

        Raises:
            InputError: if `seconds` is not above 0, or more than a file holds; and as `stream`.
        """
        most = MOST_SAMPLES / self.sample_rate
        if not 0 < seconds <= most:
            raise InputError(
                f"Expected `seconds` above 0 and {most:.0f} at most. Received: {seconds!r}"
            )
        num_samples = max(round(seconds * self.sample_rate), 1)
        calls = -(-num_samples // self.count)
        pieces = self.stream(seed=seed, temperature=temperature, **labels)
        return np.concatenate(list(itertools.islice(pieces, calls)))[:num_samples]

    def stream(self, *, seed=0, temperature=1.0, **labels):
        """Makes a sound without an end, call by call, in constant memory.

        Args:
            seed: as of `generate`, as are the others.
            temperature: likewise.
            **labels: likewise.

        Yields:
            float32 `(count,)` in [-1, 1].

        Raises:
            InputError: if a label or condition is unknown or missing, `seed` or `temperature` is
                out of range, or LiteRT refuses the call.
        """
        if not 0 <= temperature < math.inf:
            raise InputError(f"Expected a `temperature` of 0 or more. Received: {temperature!r}")
        if not isinstance(seed, int) or isinstance(seed, bool) or seed < 0:
            raise InputError(f"Expected a `seed`, an int of 0 or more. Received: {seed!r}")
        given = self._begin(temperature, self._ids(labels))
        return self._pieces(given, random_numbers(seed, 1))

    def _pieces(self, given, numbers):
        while True:
            try:
                found = self._run(**given, numbers=numbers(self.count))
            except (ValueError, RuntimeError) as error:
                raise InputError(f"LiteRT cannot run {self.path}: {one_line(error)}.") from None
            kept = [name for name in found if name.startswith(_NEXT)]
            given |= {name.removeprefix(_NEXT): found[name] for name in kept}
            yield found["samples"][0]

    def _begin(self, temperature, ids):
        """What the first call takes beside the random numbers: no state is all zeros."""
        given = {
            name: np.zeros(tuple(one["shape"]), one["dtype"])
            for name, one in self._run.get_input_details().items()
            if name != "numbers"
        }
        for name, value in {"temperature": temperature, **ids}.items():
            given[name][:] = value
        return given

    def _ids(self, labels):
        """Numbers of the labels: dict from the name of a condition to int."""
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
