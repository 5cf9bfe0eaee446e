"""Trial run of a third-party LiteRT file, in a process of its own that may crash.

python -m keras_sounddream.lite.trial_process FILE
"""

import pathlib
import sys

import numpy as np

from keras_sounddream.lite.runtime import SharedInterpreter, one_line


def main(path: str) -> int:
    """Calls a file's signatures with zeros: exit code 0, or 1 and the error on standard error."""
    try:
        interpreter = SharedInterpreter(pathlib.Path(path).read_bytes())
        for task in map(interpreter.task, interpreter.names):
            details = task.inputs.items()
            task(**{key: np.zeros(one["shape"], one["dtype"]) for key, one in details})
    except (OSError, ValueError, RuntimeError) as error:
        print(one_line(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
