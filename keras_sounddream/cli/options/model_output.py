"""Files that trained models are written to."""

from keras_sounddream.errors import InputError
from keras_sounddream.files import written_beside


def check_model_output(output):
    """Checks the suffix of a file to write a model to.

    Args:
        output: str, path.

    Raises:
        InputError: if it is neither `.npz` nor `.keras`.
    """
    if not output.endswith((".npz", ".keras")):
        raise InputError(f"Expected weights to write as .npz or a .keras model. Received: {output}")


def write_model(model, output, force, labels=None):
    """Writes a model; its weights become those of the file, so that these are what is measured.

    Args:
        model: `keras.Model`.
        output: str, path of `.npz` for its weights, or of `.keras` for all of it.
        force: bool, whether a file that exists may be replaced.
        labels: sequence of str that an `.npz` is to carry, or `None`.
    """
    from keras_sounddream.applications import weights

    with written_beside(output, force) as temporary:
        if output.endswith(".keras"):
            model.save(temporary)
        else:
            weights.save(model, temporary, labels=labels)
    if output.endswith(".npz"):
        weights.load(model, output)
