"""Errors and a warning for bad input, each of one line."""


class InputError(ValueError):
    """Bad input: one line that says what was expected, what was received and what to do.

    The command line prints it on standard error and exits with 2.
    """

    __init__ = Exception.__init__  # or a graph that is traced raises a StagingError instead
    _keras_call_info_injected = True  # or Keras adds lines about the layer that was called


class ExportError(InputError):
    """A model that a format cannot represent, or an exported file that differs from its model.

    Nothing of the export is left behind.
    """


class MissingPackageError(InputError, ImportError):
    """An optional package that is not installed: the line says how to install it."""

    def __init__(self, package: str, purpose: str, extra: str):
        super().__init__(
            f"{purpose} needs the package {package}. Install it: "
            f"pip install 'keras-sounddream[{extra}]'"
        )


class InputWarning(UserWarning):
    """Usable but unsuitable input: one line that says what would be better.

    The command line prints it on standard error.
    """
