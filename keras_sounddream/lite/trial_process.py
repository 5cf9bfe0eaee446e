"""Trial run of a third-party LiteRT file, in a process of its own that may crash.

python -m keras_sounddream.lite.trial_process FILE
"""

import pathlib
import sys

import numpy as np

from keras_sounddream.lite.runtime import one_line, open_interpreter


def main(path: str) -> int:
    """Calls a file's signatures with zeros: exit code 0, or 1 and the error on standard error."""
    try:
        interpreter = open_interpreter(pathlib.Path(path).read_bytes())
        for name in interpreter.get_signature_list():
            runner = interpreter.get_signature_runner(name)
            details = runner.get_input_details().items()
            runner(**{key: np.zeros(one["shape"], one["dtype"]) for key, one in details})
    except (OSError, ValueError, RuntimeError) as error:
        print(one_line(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
