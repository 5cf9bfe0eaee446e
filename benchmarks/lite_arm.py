"""Exported files on 64-bit Arm, as in a Raspberry Pi, against x86: difference of the outputs.

    python benchmarks/lite_arm.py MODEL.tflite… --arm "COMMAND OF A PYTHON FOR ARM" [--sound A.wav…]

Writes docs/benchmarks/export/lite_arm.md. The command gets a script and its arguments, and needs
NumPy and ai-edge-litert: a Python under emulation, or `ssh pi python3` with the same paths. Each
task of each file is called once a sound on both machines; the sounds are cut or repeated to the
file's length.
"""

import argparse
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

TASKS = ("classify", "embed", "dream", "dream_step")
LIMIT = 1e-3  # of the peak
CALLS = 5  # whose median is published, on x86


def answer(out, threads, calls, sounds, *models):
    """Calls every task of every model with every sound; writes arrays and figures to `out`."""
    import platform

    from keras_sounddream.lite import ModelFile

    given = np.load(sounds)
    arrays, figures = {}, {"machine": platform.machine(), "files": []}
    for number, model in enumerate(models):
        file = ModelFile(model, threads=int(threads))
        row = {"bytes": os.path.getsize(model), "samples": file.samples, "seconds": {}}
        for task in file.tasks:
            options = {"place": 0} if task == "dream_step" else {}
            for index in range(sum(name.startswith(f"{number}/") for name in given)):
                sound = given[f"{number}/{index}"]
                for name, value in file.run(task, sound, **options).items():
                    arrays[f"{number}/{task}/{name}/{index}"] = value
            row["seconds"][task] = _median_seconds(file, task, sound, options, int(calls))
        figures["files"].append({**row, "rate": file.sample_rate, "model": file.metadata.model})
    np.savez(out, **arrays)
    print(json.dumps(figures))


def _median_seconds(file, task, sound, options, calls):
    file._seconds.clear()
    for _ in range(calls):
        file.run(task, sound, **options)
    return file.latency["median"]


def prepare(out, sounds, models):
    """Writes the sounds as each model takes them: the same numbers for both machines."""
    from keras_sounddream.lite import ModelFile, load
    from keras_sounddream.lite.windows import tiled

    arrays = {}
    for number, file in enumerate(map(ModelFile, models)):
        for index, path in enumerate(sounds):
            sound = load(path, file.sample_rate)[: file.samples]
            arrays[f"{number}/{index}"] = tiled(sound, file.samples)
    np.savez(out, **arrays)


def run(python, folder, name, arguments):
    """Runs `answer` under a Python; gives its figures and its arrays."""
    out = folder / f"{name}.npz"
    command = [*python, str(pathlib.Path(__file__).resolve()), "--answer", str(out), *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(python)} ended with {done.returncode} (negative: a signal).")
    with np.load(out) as arrays:
        return json.loads(done.stdout.splitlines()[-1]), dict(arrays)


def largest(one, other, prefix):
    """Largest difference of the outputs that begin with `prefix`: absolute, and of the peak."""
    absolute, relative = 0.0, 0.0
    for name in one:
        if name.startswith(prefix):
            difference = float(np.abs(one[name] - other[name]).max())
            peak = max(float(np.abs(other[name]).max()), 1e-12)
            absolute, relative = max(absolute, difference), max(relative, difference / peak)
    return absolute, relative


def page(models, x86, arm, count):
    """The page: one row a file and task. Gives its text, and the largest relative difference."""
    (figures, wanted), (arm_figures, found) = x86, arm
    rows, worst = [], 0.0
    for number, (model, row) in enumerate(zip(models, figures["files"], strict=True)):
        for task in (task for task in TASKS if task in row["seconds"]):
            absolute, relative = largest(found, wanted, f"{number}/{task}/")
            worst = max(worst, relative)
            rows.append(
                f"| {pathlib.Path(model).name} | {task} | {row['samples'] / row['rate']:g} | "
                f"{row['bytes'] / 1e6:.2f} | {absolute:.1e} | {relative:.1e} | "
                f"{row['seconds'][task]:.3f} |"
            )
    head = f"""# Exported files on Arm

*Written by `benchmarks/lite_arm.py`.* Every task was called with {count} sounds through
`keras_sounddream.lite`, on {figures["machine"]} and on {arm_figures["machine"]}. The {arm_figures["machine"]}
is **emulated**: no Raspberry Pi was at hand. That proves that the files load there and compute the
same; its speed says nothing, so the seconds are those of x86, one thread, the median of {CALLS} calls.
Largest difference allowed: {LIMIT:g} of the output's peak. Files of 8-bit integers come within some of
their own steps (0.004 of a score) and are not held to it.

| file | task | sound, s | MB | largest difference | as a share of the peak | s a call, {figures["machine"]} |
|---|---|---|---|---|---|---|
"""
    return head + "\n".join(rows) + "\n", worst


def main():
    if "--answer" in sys.argv:
        return answer(*sys.argv[sys.argv.index("--answer") + 1 :])
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+")
    parser.add_argument("--arm", required=True, metavar="COMMAND")
    parser.add_argument("--sound", nargs="+", help="WAV files; by default a made voice")
    parser.add_argument(
        "--output",
        default=ROOT / "docs" / "benchmarks" / "export" / "lite_arm.md",
        type=pathlib.Path,
    )
    options = parser.parse_args()
    models = [str(pathlib.Path(model).resolve()) for model in options.models]
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        sounds = [str(pathlib.Path(path).resolve()) for path in options.sound or _made(folder)]
        prepare(folder / "sounds.npz", sounds, models)
        arguments = ["1", str(CALLS), str(folder / "sounds.npz"), *models]
        x86 = run([sys.executable], folder, "x86", arguments)
        arm = run(shlex.split(options.arm), folder, "arm", ["1", "1", *arguments[2:]])
    text, worst = page(models, x86, arm, len(sounds))
    options.output.write_text(text)
    print(text)
    if not worst <= LIMIT:
        sys.exit(f"The answers differ by {worst:.1e} of the peak; {LIMIT:g} is allowed.")


def _made(folder):
    """Two voices, of 10 s at 24 kHz."""
    from keras_sounddream.export.reference_sounds import speech_like
    from keras_sounddream.lite import save

    paths = [folder / f"voice_{seed}.wav" for seed in range(2)]
    for seed, path in enumerate(paths):
        save(path, speech_like(240_000, 24_000, seed), 24_000)
    return paths


if __name__ == "__main__":
    main()
