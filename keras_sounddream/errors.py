"""The one error that a user can cause."""


class InputError(ValueError):
    """Bad input: one line that says what was expected, what came and what to do.

    The command line prints it on standard error and exits with 2.
    """
