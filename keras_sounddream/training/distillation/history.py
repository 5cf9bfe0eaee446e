"""Metrics of a distillation, from before its first epoch on."""

import json
import pathlib
import warnings

import keras

from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import read_json, written_beside
from keras_sounddream.training.distillation.dataset import VideoWindows


class MetricHistory(keras.callbacks.Callback):
    """Keeps the metrics of every epoch in a file, from before the first one on.
    It is written by the worker that `writes`; `points` are by epoch, a str.
    """

    def __init__(self, path: pathlib.Path, held_out: VideoWindows) -> None:
        super().__init__()
        self.path, self.held_out, self.writes = path, held_out, True
        self.points = _read(path) if path.exists() else {}

    def measure(self) -> dict[str, float]:
        """Metrics of the student as it is."""
        return self.model.evaluate(self.held_out, verbose=0, return_dict=True)

    def on_train_begin(self, logs: dict | None = None) -> None:
        begins = keras.ops.convert_to_numpy(self.model.optimizer.iterations) == 0
        if "0" not in self.points and begins:
            self._keep(0, {f"val_{name}": value for name, value in self.measure().items()})

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        self._keep(epoch + 1, logs)

    def _keep(self, epoch, logs):
        heads = self.held_out.heads
        if len(heads) == 1:  # Keras leaves a single output's name out
            logs = {
                name.replace("agreement", f"{heads[0]}_agreement"): value
                for name, value in logs.items()
            }
        self.points[str(epoch)] = {name: float(value) for name, value in logs.items()}
        if not self.writes:
            return
        with written_beside(self.path, True) as temporary:
            temporary.write_text(json.dumps(self.points, indent=1))


def _read(path):
    """The points of a file; none, and a warning, if it is damaged."""
    try:
        points = read_json(path, "The curve begins anew.")
        if isinstance(points, dict):
            return points
        reason = f"{path} is damaged. The curve begins anew."
    except InputError as error:
        reason = str(error)
    warnings.warn(reason, InputWarning, stacklevel=3)
    return {}
