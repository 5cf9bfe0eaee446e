"""`TensorBoard`: logs of a dream while it runs."""

import pathlib
from typing import Any

import numpy as np
import tensorflow as tf

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.deepdream.callbacks.callback import Callback
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

_MOST_EXAMPLES = 4  # of a batch; more would only fill the disk


class TensorBoard(Callback):
    """Logs the objective of each step, and sounds and pictures of each octave.

    Tags: `objective`, the mean of the batch, over steps; `dream`, sounds or pictures, and
    `spectrogram`, images of the sounds, over octaves. Octave 0 is the input.

    Args:
        log_dir: folder, created if missing. Open it with `tensorboard --logdir`.

    Raises:
        InputError: if `log_dir` is a file or cannot be made.

    Example:
        dream.run(waveform, callbacks=[TensorBoard("logs/dream")])
    """

    def __init__(self, log_dir: PathLike):
        self.log_dir = pathlib.Path(log_dir)
        try:
            self.log_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(
                f"Expected a folder for logs. Received: {log_dir} ({reason})"
            ) from None

    def on_dream_begin(self, logs: dict[str, Any]) -> None:
        """Opens an event file and logs the input."""
        self._writer = tf.summary.create_file_writer(str(self.log_dir))
        source = np.asarray(logs["source"])
        self._loudest = None
        self._write(source, octave=0)

    def on_step_end(self, step: int, logs: dict[str, Any]) -> None:
        """Logs the objective."""
        with self._writer.as_default():
            tf.summary.scalar("objective", float(np.mean(logs["objective"])), step=step)

    def on_octave_end(self, octave: int, logs: dict[str, Any]) -> None:
        """Logs the dream so far."""
        self._write(np.asarray(logs["dream"]), octave + 1)

    def on_dream_end(self, logs: dict[str, Any]) -> None:
        """Closes the file."""
        self._writer.close()

    def _write(self, batch, octave):
        batch = batch[:_MOST_EXAMPLES]
        with self._writer.as_default():
            if batch.ndim == 4:
                tf.summary.image("dream", batch / np.float32(255), octave, _MOST_EXAMPLES)
            else:
                self._write_sounds(batch, octave)
        self._writer.flush()

    def _write_sounds(self, batch, octave):
        rate = self.dream.sample_rate
        tf.summary.audio("dream", batch[..., np.newaxis], rate, octave, _MOST_EXAMPLES)
        levels = [spectrogram_image.levels_db(waveform, rate) for waveform in batch]
        if self._loudest is None:
            self._loudest = max(level.max() for level in levels)  # one scale, the input's
        colours = [spectrogram_image.to_colours(level, self._loudest) for level in levels]
        pictures = spectrogram_image.palette()[np.stack(colours)]
        tf.summary.image("spectrogram", pictures, octave, _MOST_EXAMPLES)
