"""The errors that a user can cause."""


class InputError(ValueError):
    """Bad input: one line that says what was expected, what came and what to do.

    The command line prints it on standard error and exits with 2.
    """


class ExportError(InputError):
    """A model that a format cannot hold, or an exported file that differs from its model.

    Nothing of the export is left behind.
    """
