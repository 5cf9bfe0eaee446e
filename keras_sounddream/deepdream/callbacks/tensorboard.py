"""Writes a dream down for TensorBoard, while it goes on."""

import pathlib

import numpy as np
import tensorflow as tf

from keras_sounddream.audio import spectrogram_image
from keras_sounddream.deepdream.callbacks import Callback
from keras_sounddream.errors import InputError

_MOST_EXAMPLES = 4  # of a batch; more would only fill the disk


class TensorBoard(Callback):
    """Writes the objective of each step, and sounds and pictures of each octave.

    Tags: `objective`, the mean of the batch, over steps; `dream`, sounds or pictures, and
    `spectrogram`, their pictures, over octaves. Octave 0 is the input.

    Args:
        log_dir: str or path of a folder, made if it is not there. Open it with `tensorboard
            --logdir`.

    Raises:
        InputError: if `log_dir` is a file or cannot be made.

    Example:
        dream.run(waveform, callbacks=[TensorBoard("logs/dream")])
    """

    def __init__(self, log_dir):
        self.log_dir = pathlib.Path(log_dir)
        try:
            self.log_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise InputError(
                f"Expected a folder for logs. Received: {log_dir} ({reason})"
            ) from None

    def on_dream_begin(self, logs):
        """Opens a file of events and writes the input down."""
        self._writer = tf.summary.create_file_writer(str(self.log_dir))
        source = np.asarray(logs["source"])
        self._loudest = None
        self._write(source, octave=0)

    def on_step_end(self, step, logs):
        """Writes the objective down."""
        with self._writer.as_default():
            tf.summary.scalar("objective", float(np.mean(logs["objective"])), step=step)

    def on_octave_end(self, octave, logs):
        """Writes the dream so far down."""
        self._write(np.asarray(logs["dream"]), octave + 1)

    def on_dream_end(self, logs):
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
