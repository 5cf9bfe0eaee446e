"""Names sounds, and turns them into features."""

import numpy as np

from keras_sounddream.errors import InputError
from keras_sounddream.lite.length_variants import Ladder, check_waveform
from keras_sounddream.lite.windows import sliding, windows


class _Scorer:
    """What a classifier and an embedder share: one vector a window, averaged over a sound."""

    _task, _output = None, None

    def __init__(self, *paths, threads=1, labels=None, sample_rate=None):
        options = {"threads": threads, "labels": labels, "sample_rate": sample_rate}
        self._ladder = Ladder(*paths, tasks=(self._task,), **options)
        self._names = {file: self._output_name(file) for file in self._ladder.files}
        self.sample_rate = self._ladder.files[0].sample_rate
        self.metadata = self._ladder.files[0].metadata
        self.samples = [file.samples for file in self._ladder.files]

    @property
    def latency(self):
        """Of the shortest file, which streams use: see `ModelFile.latency`."""
        return self._ladder.files[0].latency

    def warm_up(self):
        """Calls every file once with silence: first calls are slow."""
        for file in self._ladder.files:
            file.warm_up()

    def stream(self, blocks, hop_seconds=0.5):
        """Answers a sound that goes on, window by window, in constant memory.

        Each answer is what the file gives for that window alone, whatever the blocks' sizes.

        Args:
            blocks: iterable of float32 `(samples,)`, any number each, at `sample_rate`: of
                `record`, `decode_pcm` or any other.
            hop_seconds: float, s, from one window to the next.

        Yields:
            `(seconds, vector)`: float, s of the sound until the window's end; float32 `(size,)`.

        Raises:
            InputError: if `hop_seconds` is less than a sample, or a block is no sound.
        """
        file = self._ladder.files[0]
        blocks = (check_waveform(block) for block in blocks if len(block))
        for end, window in sliding(blocks, file.samples, round(hop_seconds * self.sample_rate)):
            yield end / self.sample_rate, self._answer(file, window)

    def _mean(self, waveform):
        waveform = check_waveform(waveform)
        file = self._ladder.holds(len(waveform))
        total = 0.0
        for window, share in windows(waveform, file.samples):
            total = total + share * self._answer(file, window)
        return total.astype("float32")

    def _answer(self, file, window):
        return file.run(self._task, window)[self._names[file]]

    def _output_name(self, file):
        shapes = file.outputs(self._task)
        name = self._output if self._output in shapes else next(iter(shapes))
        if (self._output not in shapes and len(shapes) > 1) or len(shapes[name]) != 2:
            raise InputError(
                f"Expected one output `{self._output}` (1, size) of {file.path}. It has: {shapes}."
            )
        return name


class Classifier(_Scorer):
    """Names sounds with an exported file.

    A sound that is shorter than the file's length is repeated to it. A longer one is cut into
    windows, whose scores are averaged, each by how much of the sound it adds. Of several files of
    one model, the shortest that holds the sound is taken.

    Args:
        *paths: str or path of `.tflite` files of one model, or of a folder of them.
        threads: int, that a call may use.
        labels: sequence of str, one a class, if the file has none.
        sample_rate: int, Hz, only for a file of another maker.

    Attributes:
        labels: tuple of str, one a class; numbers where none are known.
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

    def __init__(self, *paths, threads=1, labels=None, sample_rate=None):
        super().__init__(*paths, threads=threads, labels=labels, sample_rate=sample_rate)
        file = self._ladder.files[0]
        classes = file.outputs("classify")[self._names[file]][1]
        labels = self.metadata.labels
        self.labels = tuple(map(str, range(classes))) if labels is None else labels
        if len(self.labels) != classes:
            raise InputError(
                f"{file.path} has {classes} classes. Expected as many labels. "
                f"Received: {len(self.labels)}."
            )

    def scores(self, waveform):
        """Scores a sound.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.

        Returns:
            float32 `(classes,)`.

        Raises:
            InputError: if `waveform` is no such sound.
        """
        return self._mean(waveform)

    def best(self, scores, top=5):
        """Names the likeliest classes.

        Args:
            scores: float32 `(classes,)`.
            top: int.

        Returns:
            list of `(index, label, score)`, the likeliest first.
        """
        order = np.argsort(-np.asarray(scores), kind="stable")[:top]
        return [(int(i), self.labels[i], float(scores[i])) for i in order]


class Embedder(_Scorer):
    """Turns sounds into features with an exported file.

    Lengths, arguments and attributes are those of `Classifier`.

    Raises:
        InputError: if a file is damaged, foreign, or does not embed.
    """

    _task, _output = "embed", "features"

    def features(self, waveform):
        """Describes a sound by one vector.

        Args:
            waveform: float `(samples,)` or `(1, samples)` in [-1, 1], at `sample_rate`, any length.

        Returns:
            float32 `(size,)`.

        Raises:
            InputError: if `waveform` is no such sound.
        """
        return self._mean(waveform)
