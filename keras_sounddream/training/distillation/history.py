"""The numbers of a distillation, from before its first epoch on."""

import json

import keras

from keras_sounddream.files import written_beside


class Curve(keras.callbacks.Callback):
    """Keeps the numbers of every epoch in a file, from before the first one on.

    Args:
        path: path of a `.json` file; what an earlier run wrote there is kept.
        held_out: `Lessons` that the student is measured on before the first epoch.

    Attributes:
        points: dict from the epoch, a str, to its numbers.
        writes: bool, whether the numbers are kept in the file: by one worker of several.
    """

    def __init__(self, path, held_out):
        super().__init__()
        self.path, self.held_out, self.writes = path, held_out, True
        self.points = json.loads(path.read_text()) if path.exists() else {}

    def measure(self):
        """Gives the student's numbers as it is, a dict."""
        return self.model.evaluate(self.held_out, verbose=0, return_dict=True)

    def on_train_begin(self, logs=None):
        if "0" not in self.points:
            found = self.measure()
            self._keep(0, {f"val_{name}": value for name, value in found.items()})

    def on_epoch_end(self, epoch, logs=None):
        self._keep(epoch + 1, logs)

    def _keep(self, epoch, logs):
        heads = self.held_out.heads
        if len(heads) == 1:  # of one output, Keras does not say the name
            logs = {
                name.replace("agreement", f"{heads[0]}_agreement"): value
                for name, value in logs.items()
            }
        self.points[str(epoch)] = {name: float(value) for name, value in logs.items()}
        if not self.writes:
            return
        with written_beside(self.path, True) as temporary:
            temporary.write_text(json.dumps(self.points, indent=1))
