"""Seconds from a typed command to its result, in a fresh process, on an idle machine.

    python benchmarks/first_sound.py [--before FOLDER]

Writes docs/benchmarks/dreams/first_sound.md. `--before` is a checkout of an earlier state, which is
timed in the same run. Files are in the cache of the disk, bytecode is compiled; the fastest of
three, since other work only adds.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import keras
import tensorflow as tf

from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
REPEATS = 3
SOUND = "examples/speech.flac"
COMMANDS = {  # what is typed, of `sounddream`; FOLDER is a temporary one
    "refused: no such file": ["dream", "nothing.wav", "-o", "FOLDER/a.wav"],
    "refused: no such layer": ["dream", SOUND, "-o", "FOLDER/a.wav", "--layer", "block9"],
    "classify a sound": ["classify", SOUND],
    "classify 100 sounds": ["classify", *[SOUND] * 100],
    "dream 5 s": ["dream", SOUND, "-o", "FOLDER/a.wav"],
    "dream 5 s, with its picture": ["dream", SOUND, "-o", "FOLDER/b.wav", "--plot", "FOLDER/b.png"],
}
LIBRARIES = {
    "`import tensorflow`, with Keras": "import tensorflow, keras; keras.Model",
    "`import keras_sounddream`": "import keras_sounddream",
}


def seconds(command, checkout):
    """Least time of a command that is run in a checkout."""
    times = []
    for _ in range(REPEATS):
        with tempfile.TemporaryDirectory() as folder:
            words = [word.replace("FOLDER", folder) for word in command]
            start = time.perf_counter()
            subprocess.run(
                words,
                cwd=checkout,
                env={**os.environ, "PYTHONPATH": str(checkout)},
                capture_output=True,
                check=False,
            )
            times.append(time.perf_counter() - start)
    return min(times)


def rows(checkouts):
    """Lines of the table: a command, and its seconds in each checkout."""
    start = [sys.executable, "-m", "keras_sounddream.cli.main"]
    commands = {name: [sys.executable, "-c", code] for name, code in LIBRARIES.items()}
    commands |= {name: [*start, *words] for name, words in COMMANDS.items()}
    for name, command in commands.items():
        found = [seconds(command, checkout) for checkout in checkouts]
        ratio = f" {found[0] / found[-1]:.2f} |" if len(found) > 1 else ""
        line = f"| {name} | {' | '.join(f'{each:.2f}' for each in found)} |{ratio}"
        print(line, flush=True)
        yield line


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--before", type=pathlib.Path, help="a checkout of an earlier state")
    before = parser.parse_args().before
    checkouts = [*([before.resolve()] if before else []), ROOT]
    columns = ["command", *(["before (s)"] if before else []), "now (s)"]
    columns += ["before / now"] if before else []
    lines = [
        "# Seconds to the first sound",
        "",
        f"Written by `benchmarks/first_sound.py` on {describe()}, TensorFlow {tf.__version__},"
        f" Keras {keras.__version__}.",
        "",
        f"Each command in a process of its own, the fastest of {REPEATS}, files in the cache of the disk.",
        "",
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
        *rows(checkouts),
        "",
        "Keras imports scikit-learn, matplotlib and others where they are installed; the command line has them",
        "imported only by commands that use them. A dream's graphs are traced once, for all octaves, without",
        "AutoGraph, which took longer than the tracing itself.",
        "",
    ]
    page = ROOT / "docs" / "benchmarks" / "dreams" / "first_sound.md"
    page.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
