"""Recipes trained by one process, by two workers, and by two of which one is killed half way.

    python benchmarks/workers.py --data ../shared/data [--only wavenet] [--folder runs]

Runs the commands of `sounddream`, each worker a process of this machine with a processor core of
its own. Writes docs/multiple_devices_measured.md. With --folder, runs that are finished there are
not made again.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
NETWORK = {"dilations": [2**i for i in range(9)], "skip_channels": 64}
WAVENET = (
    "--condition digit --sample-rate 8000 --average 0.9 --checkpoint-steps 10 --sound-steps 25"
)
RECIPES = {
    "wavenet": (f"train wavenet --data DIGITS --network NETWORK {WAVENET} --steps 60", 36),
    "esc10": ("train esc10 --data DATA/esc10 --epochs 6", 3),
}  # a command, and what is done when a worker is killed: steps, or epochs


def words(name, data, folder):
    """The command of a recipe, with the names of folders put in."""
    small, network = folder / "digits", folder / "network.json"
    network.write_text(json.dumps(NETWORK))
    for digit, label in (("3", "three"), ("7", "seven")):
        (small / label).mkdir(parents=True, exist_ok=True)
        for path in (data / "fsdd" / "recordings").glob(f"{digit}_[jt]*_[5-9].*"):
            shutil.copy(path, small / label)
    places = {"DIGITS": small, "NETWORK": network, "DATA": data}
    return [re.sub("|".join(places), lambda m: str(places[m[0]]), x) for x in name.split()]


def start(command, state, cluster=()):
    """One process a worker, each on a core of its own; one process without a cluster."""
    program = [sys.executable, "-m", "keras_sounddream.cli.main", *command]
    program += ["--folder", str(state), "-o", f"{state}.npz", "--force"]
    for index in range(max(len(cluster), 1)):
        more, extra = dict(os.environ), []
        if cluster:
            task = {"type": "worker", "index": index}
            more["TF_CONFIG"] = json.dumps({"cluster": {"worker": cluster}, "task": task})
            extra = ["--strategy", "multiworker"]
        log = open(f"{state}-{index}.log", "a")  # noqa: SIM115
        core = {index % os.cpu_count()}
        yield subprocess.Popen(
            program + extra,
            env=more,
            stdout=log,
            stderr=log,
            preexec_fn=lambda core=core: os.sched_setaffinity(0, core),
        )


def two_workers(command, state):
    port = random.randint(20000, 40000)
    return list(start(command, state, [f"localhost:{port + i}" for i in (0, 1)]))


def wait(processes):
    codes = [process.wait() for process in processes]
    if any(codes):
        raise RuntimeError(f"the workers ended with {codes}; see their logs")


def done(state):
    """Steps in a run's log or, where it keeps none, epochs of its newest state."""
    log = state / "log.jsonl"
    if log.exists():
        return log.read_text().count("seconds")
    found = [int(path.name.split("-")[1].split(".")[0]) for path in state.glob("state-*.h5")]
    return max(found, default=0)


def killed(command, state, at):
    """Seconds from the kill of worker 1 to the end of worker 0; then both are started again."""
    chief, other = two_workers(command, state)
    while done(state) < at:
        time.sleep(0.5)
        if other.poll() is not None:
            raise RuntimeError("a worker ended before it was killed; see its log")
    other.kill()
    begun = time.monotonic()
    if chief.wait() != 2:
        raise RuntimeError("the worker that was left did not end with an error")
    seconds = time.monotonic() - begun
    wait(two_workers(command, state))
    return seconds


def step_seconds(state):
    """Median seconds of a step, in the second half of a run; `None` if it keeps no log."""
    log = state / "log.jsonl"
    if not log.exists():
        return None
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    seconds = [row["seconds"] for row in rows if "seconds" in row]
    return float(np.median(seconds[len(seconds) // 2 :]))


def weights(state):
    with np.load(f"{state}.npz") as held:
        return [held[name] for name in held if held[name].dtype.kind == "f"]


def measure(name, data, folder):
    """All that the table says of a recipe, a dict."""
    kept = folder / f"{name}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    text, at = RECIPES[name]
    command = words(text, data, folder)
    states = [folder / f"{name}-{run}" for run in ("one", "two", "killed")]
    wait(list(start(command, states[0])))
    wait(two_workers(command, states[1]))
    seconds = killed(command, states[2], at)
    one, two, again = map(weights, states)
    found = {
        "difference": max(float(np.abs(a - b).max()) for a, b in zip(one, two, strict=True)),
        "largest": max(float(np.abs(a).max()) for a in one),
        "again": max(float(np.abs(a - b).max()) for a, b in zip(two, again, strict=True)),
        "left": seconds,
        "step": [step_seconds(state) for state in states[:2]],
    }
    kept.write_text(json.dumps(found))
    return found


def row(name, found):
    text, at = RECIPES[name]
    unit = "epochs" if "--epochs" in text else "steps"
    steps = " → ".join("—" if x is None else f"{x:.2f} s" for x in found["step"])
    again = "equal, bit for bit" if found["again"] == 0 else f"{found['again']:.1e}"
    return (
        f"| `{name}` | {text.split()[-1]} {unit} | {found['difference']:.1e} of "
        f"{found['largest']:.1f} | after {at} {unit}, {found['left']:.0f} s later | {again} | "
        f"{steps} |"
    )


def page(rows):
    """The document, with the table's rows."""
    import keras
    import tensorflow as tf

    commands = "\n".join(f"sounddream {text}" for text, _ in RECIPES.values())
    return f"""# Two workers, measured

Written by `benchmarks/workers.py` with TensorFlow {tf.__version__}, Keras {keras.__version__}: each \
recipe trained by one process; by two workers (`--strategy multiworker`); and by two of which \
worker 1 was killed (`kill -9`) half way, whereupon both were started again. A process has one core \
of this machine, which others used too.

| recipe | length | largest difference of a weight, two workers from one process | killed; the \
other's error | weights after the kill, from two workers undisturbed | a step: one process → two \
workers |
|---|---|---|---|---|---|
{chr(10).join(rows)}

The commands, without `--folder`, `-o` and `--strategy`; `DIGITS` is a folder of 20 words of FSDD, \
`NETWORK` a file with `{json.dumps(NETWORK)}`:

```
{commands}
```
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--only", choices=RECIPES)
    parser.add_argument("--folder", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or pathlib.Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        names = [options.only] if options.only else list(RECIPES)
        found = {name: measure(name, options.data.resolve(), folder) for name in names}
    text = page([row(name, each) for name, each in found.items()])
    if options.only:
        print(text)
    else:
        (ROOT / "docs" / "multiple_devices_measured.md").write_text(text)


if __name__ == "__main__":
    main()
