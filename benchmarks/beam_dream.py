"""Speed of `sounddream batch`, and what faults lose.

    python benchmarks/beam_dream.py [--files 48] [--folder DIR] [--only speed faults dask]

Writes docs/benchmarks/data/batch_jobs_measured.md. What is measured is kept in DIR, a row at a
time: a run that is broken off goes on, and `--only speed` measures the speeds alone again. Speeds
are LogMelCNN's; faults are injected into dreams of a small random network, of which nothing but the
way is of interest. Linux; a full disk needs the right to mount a tmpfs, and Dask the extra `dask`:
without, their rows say so.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import beam_faults as faults
import numpy as np
import soundfile

from keras_sounddream.processor import describe

ROOT = pathlib.Path(__file__).parents[1]
RATE = 24000


def make_sounds(folder, count):
    """Tones that rise, of 2 to 5 s, each of another length."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(count):
        seconds = 2 + 3 * number / count
        t = np.arange(round(seconds * RATE)) / RATE
        tone = 0.3 * np.sin(2 * np.pi * (200 + rng.uniform(100, 900) * t) * t)
        noisy = tone + rng.normal(0, 0.01, len(t))
        soundfile.write(folder / f"{number:03d}.wav", noisy, RATE)
    return folder


def speed(inputs, output, workers):
    """Files a second, all in all and while all workers are at work."""
    job = faults.Job(inputs, output, workers=workers)
    code, said = job.wait()
    assert code == 0, said
    seconds = time.time() - job.start
    units = sorted(
        (p.stat().st_mtime, json.loads(p.read_text())["files"])
        for p in (output / ".work" / "done").glob("*.json")
    )
    times = sorted(mtime / 1e9 for mtime in faults.outputs(output).values())
    first, last = units[workers - 1][0], units[-workers][0]
    steady = [t for t in times if first < t <= last]
    return {
        "whole": len(times) / seconds,
        "steady": len(steady) / (last - first),
        "seconds": seconds,
        "files": len(times),
    }


def make_network(path):
    """A random network that is quick to load and to dream on."""
    code = (
        "import keras, sys; from keras_sounddream import audio;"
        "keras.utils.set_random_seed(0); inputs = keras.Input((None,));"
        f"x = audio.LogMelSpectrogram(audio.Analysis(sample_rate={RATE}, num_mel_bins=32))(inputs);"
        "x = keras.layers.Conv1D(8, 3, activation='relu', name='conv1')(x);"
        "keras.Model(inputs, x, name='small').save(sys.argv[1])"
    )
    command = [sys.executable, "-c", code, str(path)]
    subprocess.run(command, env=faults.environment(), check=True)
    return "--model", str(path), "--layer", "conv1"


def cases(folder, count):
    """What is measured: name to a function that measures it into a new folder."""
    inputs = folder / "in"
    if not inputs.exists():
        make_sounds(inputs, count)
    few = folder / "few"
    if not few.exists():
        make_sounds(few, 16)

    def network():
        path = folder / "small.keras"
        return (
            make_network(path) if not path.exists() else ("--model", str(path), "--layer", "conv1")
        )

    def with_fault(function):
        return lambda out: faults.after_fault(few, out, function, *network())

    return {
        "speed 1": lambda out: speed(inputs, out, 1),
        "speed 2": lambda out: speed(inputs, out, 2),
        "broken files": lambda out: faults.broken_files(few, out, *network()),
        "a worker of 2, `kill -9`": with_fault(faults.kill_worker),
        "Ctrl-C": with_fault(faults.interrupt),
        "the command, `kill -9`": with_fault(faults.kill_all),
        "full disk (tmpfs)": lambda out: faults.full_disk(few, out, *network()),
        "dask: a worker of 2, `kill -9`": lambda out: faults.on_dask(few, out, *network()),
    }


def measure(arguments):
    """The rows, those that are kept already among them."""
    state = arguments.folder / "rows.json"
    rows = json.loads(state.read_text()) if state.exists() else {}
    for name, function in cases(arguments.folder, arguments.files).items():
        kind = {"speed": "speed", "dask:": "dask"}.get(name.split()[0], "faults")
        if kind not in arguments.only or (name in rows and kind != "speed"):
            continue
        if kind == "dask" and not importlib.util.find_spec("distributed"):
            continue
        out = arguments.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        if name == "broken files":
            out.mkdir()
        rows[name] = function(out)
        print(name, json.dumps(rows[name]), flush=True)
        state.write_text(json.dumps(rows))
    return rows


def report(rows):
    """The page, a list of lines."""
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}"
        for name in ("apache-beam", "tensorflow", "keras", "distributed")
        if importlib.util.find_spec(name.replace("-", "_"))
    )
    lines = [
        "# Batch jobs: speed and faults",
        "",
        f"Written by `benchmarks/beam_dream.py` on {describe()}, {versions}."
        " What has no row has not been measured yet.",
        "",
        "## Files a second",
        "",
        "Dreams of LogMelCNN (2 octaves of 10 steps) on sounds of 2 to 5 s, no two of one length, by the"
        " DirectRunner; each worker is a process with one TensorFlow thread. *At work*: while all workers"
        " are, between the first unit that each has done and the last; *in all*: with the starts of"
        " processes, TensorFlow and graphs, which a long job pays once.",
        "",
        "| workers | files | files/s at work | ÷ one worker | files/s in all |",
        "|---|---|---|---|---|",
    ]
    base = rows.get("speed 1", {}).get("steady")
    for workers in (1, 2):
        if row := rows.get(f"speed {workers}"):
            share = f"{row['steady'] / base:.2f}" if base else ""
            lines.append(
                f"| {workers} | {row['files']} | {row['steady']:.2f} | {share} | {row['whole']:.2f} |"
            )
    lines += [
        "",
        "## Faults",
        "",
        "Each fault comes after a quarter of the files (a full disk: when it is full). Then the same command is"
        " run again. *Lost*: inputs without an output after that; *made twice*: outputs of the first run"
        " that the second wrote again, or that no input is of; *other length*: dreams not as long as their"
        " input; *left over*: half-written files.",
        "",
        "| fault | how the run ended | done by then | next run | lost | made twice | other length | left over |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        if row is None:
            lines.append(f"| {name} | not tried: no right to mount a tmpfs | | | | | | |")
        elif "lost" in row and "next_said" in row:
            numbers = [len(row[key]) for key in ("lost", "twice", "other", "left")]
            ended = f"exit {row['exit']}: {_without_paths(row['said'])}"
            lines.append(
                f"| {name} | {ended} | {row['done']} of {row['files']} | "
                f"{_without_paths(row['next_said'])} | {' | '.join(map(str, numbers))} |"
            )
    if row := rows.get("broken files"):
        lines += [
            "",
            f"Four broken files among 16: exit {row['exit']}, {_without_paths(row['said'])};"
            f" {len(row['lost'])} of the others lost. The list of failures:",
            "",
            *(f"- `{x['file']}`: {_without_paths(x['reason'])}" for x in row["failed"]),
        ]
    return lines


def _without_paths(text):
    """A message without folders, and without the time that it took."""
    words = [word.rsplit("/", 1)[-1] if "/" in word else word for word in text.split()]
    return re.sub(r", \d+ s$", "", " ".join(words)).removeprefix("sounddream: ").replace("|", "/")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=48, help="that speeds are measured with")
    parser.add_argument(
        "--folder",
        type=pathlib.Path,
        default=pathlib.Path(tempfile.gettempdir(), "keras_sounddream_beam_dream"),
    )
    kinds = ["speed", "faults", "dask"]
    parser.add_argument("--only", nargs="+", choices=kinds, default=kinds)
    output = ROOT / "docs" / "benchmarks" / "data" / "batch_jobs_measured.md"
    parser.add_argument("-o", "--output", type=pathlib.Path, default=output)
    arguments = parser.parse_args()
    arguments.folder.mkdir(exist_ok=True)
    lines = report(measure(arguments))
    arguments.output.write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
