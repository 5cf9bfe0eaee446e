"""Class scores and features of sounds, by exported files."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.lite.length_variants import LengthVariants, check_waveform
from keras_sounddream.lite.model_file import ModelFile
from keras_sounddream.lite.windows import sliding, windows
from keras_sounddream.types import Array, PathLike


class _WindowedModel:
    """Base of `Classifier` and `Embedder`: one vector per window, averaged over a sound."""

    _task, _output = "", ""

    def __init__(
        self,
        *paths: PathLike,
        threads: int = 1,
        labels: Sequence[str] | None = None,
        sample_rate: int | None = None,
    ):
        options = {"threads": threads, "labels": labels, "sample_rate": sample_rate}
        self._variants = LengthVariants(*paths, tasks=(self._task,), **options)
        self._shortest = self._variants.files[0]
        self._names = {file: self._output_name(file) for file in self._variants.files}
        self.sample_rate = self._shortest.sample_rate
        self.metadata = self._shortest.metadata
        self.samples = [file.samples for file in self._variants.files]

    @property
    def latency(self) -> dict[str, Any]:
        """`ModelFile.latency` of the shortest file, which streams use."""
        return self._shortest.latency

    def warm_up(self) -> None:
        """Calls every file once with silence: first calls are slow."""
        for file in self._variants.files:
            file.warm_up()

    def stream(
        self, blocks: Iterable[Array], hop_seconds: float = 0.5
    ) -> Iterator[tuple[float, Array]]:
        """Runs the model on a stream, window by window, in constant memory.

        Each vector is the file's output for that window alone, for any sizes of the blocks.

        Args:
            blocks: float32 `(samples,)` each, of any length, at `sample_rate`: from `record`,
                `decode_pcm` or any other source.
            hop_seconds: s, from one window to the next.

        Yields:
            `(seconds, vector)`: s from the start until the window's end; float32 `(size,)`. A
            stream has a state of its own: take one per thread.

        Raises:
            InputError: if `hop_seconds` is less than a sample, or a block is no sound.
        """
        file, hop = self._shortest, round(hop_seconds * self.sample_rate)
        checked = (check_waveform(block) for block in blocks if len(block))
        for end, window in sliding(checked, file.samples, hop):
            yield end / self.sample_rate, self._call(file, window)

    def _mean(self, waveform):
        waveform = check_waveform(waveform)
        file = self._variants.fitting(len(waveform))
        total = 0.0
        for window, share in windows(waveform, file.samples):
            total = total + share * self._call(file, window)
        return total.astype("float32")

    def _call(self, file, window):
        return file.run(self._task, window)[self._names[file]]

    def _output_name(self, file: ModelFile) -> str:
        shapes = file.outputs(self._task)
        name = self._output if self._output in shapes else next(iter(shapes))
        one_vector = len(shapes[name]) == 2 and shapes[name][0] == 1
        if not one_vector or (self._output not in shapes and len(shapes) > 1):
            raise InputError(
                f"Expected one output `{self._output}` (1, size) of {file.path}. It has: {shapes}."
            )
        return name


class Classifier(_WindowedModel):
    """Classifies sounds with an exported file.

    A sound shorter than the file's length is repeated to it. A longer one is cut into windows,
    whose scores are averaged, weighted by how much of the sound each adds. Of several files of one
    model, the shortest that fits the sound is used. Threads may share a classifier.

    Args:
        *paths: `.tflite` files of one model, or a folder of them.
        threads: how many a call may use.
        labels: one per class, if the file has none.
        sample_rate: Hz, only for a third-party file that does not say it.

    Attributes:
        labels: tuple of str, one per class; numbers where none are known.
        sample_rate: int, Hz, of the sounds it takes.
        samples: list of int, lengths of the files.
        metadata: `Metadata` of the shortest file.

    Raises:
        InputError: if a file is damaged, foreign, or does not classify.

    Example:
        classifier = Classifier("rooster_detector.tflite")
        scores = classifier.scores(load("yard.wav", classifier.sample_rate))
        print(classifier.best(scores, top=3))
    """

    _task, _output = "classify", "scores"

    def __init__(
        self,
        *paths: PathLike,
        threads: int = 1,
        labels: Sequence[str] | None = None,
        sample_rate: int | None = None,
    ):
        super().__init__(*paths, threads=threads, labels=labels, sample_rate=sample_rate)
        file = self._shortest
        classes = file.outputs("classify")[self._names[file]][1]
        own = self.metadata.labels
        self.labels: Any = tuple(map(str, range(classes))) if own is None else own
        if len(self.labels) != classes:
            raise InputError(
                f"{file.path} has {classes} classes. Expected as many labels. "
                f"Received: {len(self.labels)}."
            )

    def scores(self, waveform: Array) -> Array:
        """Scores a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.

        Returns:
            float32 `(classes,)`.

        Raises:
            InputError: if `waveform` is no such sound.
        """
        return self._mean(waveform)

    def best(self, scores: Array, top: int = 5) -> list[tuple[int, str, float]]:
        """Names the likeliest classes.

        Args:
            scores: float32 `(classes,)`.
            top: how many classes at most.

        Returns:
            list of `(index, label, score)`, the likeliest first.
        """
        order = np.argsort(-np.asarray(scores), kind="stable")[:top]
        return [(int(i), self.labels[i], float(scores[i])) for i in order]


class Embedder(_WindowedModel):
    """Computes the features of sounds with an exported file.

    Lengths, arguments and attributes are those of `Classifier`.

    Raises:
        InputError: if a file is damaged, foreign, or does not embed.
    """

    _task, _output = "embed", "features"

    def features(self, waveform: Array) -> Array:
        """Computes one feature vector for a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.

        Returns:
            float32 `(size,)`.

        Raises:
            InputError: if `waveform` is no such sound.
        """
        return self._mean(waveform)
