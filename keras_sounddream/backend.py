"""Keras's backend: what needs TensorFlow's says so, before anything else goes wrong."""

import os

from keras_sounddream.errors import InputError

_CHOICE = "KERAS_BACKEND"  # the environment variable; ~/.keras/keras.json has it, too


class BackendError(InputError, ImportError):
    """A backend of Keras that is not installed, or not the one that something needs."""


def require_tensorflow(purpose: str) -> None:
    """Checks that Keras runs on TensorFlow.

    Args:
        purpose: what needs it, the beginning of a sentence.

    Raises:
        BackendError: if it runs on another backend.
    """
    import keras

    name = keras.backend.backend()
    if name != "tensorflow":
        raise BackendError(
            f"{purpose} needs Keras's TensorFlow backend, but Keras runs on {name}. Start Python "
            f"with {_CHOICE}=tensorflow. The models themselves predict on any backend."
        )


def explain_failed_import(error: Exception) -> Exception:
    """What to raise in place of an error of `import keras`: the same, or one about the backend."""
    name = os.environ.get(_CHOICE, "tensorflow")
    missing = getattr(error, "name", None) if isinstance(error, ImportError) else None
    if name == "tensorflow":
        return error
    what = f"the package {missing} is not installed" if missing else str(error).splitlines()[0]
    return BackendError(
        f"Keras cannot start on the backend {name}, which {_CHOICE} names: {what}. Install it, or "
        f"set {_CHOICE}=tensorflow."
    )
