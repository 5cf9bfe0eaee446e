"""A WaveNet trained by one process, by two workers, and by two of which one is killed half way.

    python benchmarks/workers.py --data FSDD

Runs the commands of `sounddream`, each worker a process of this machine with a processor core of
its own. Writes docs/benchmarks/training/multiple_devices_measured.md.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

ROOT = pathlib.Path(__file__).parents[1]
NETWORK = {"dilations": [2**i for i in range(9)], "skip_channels": 64}
STEPS, KILLED_AT = 60, 36
COMMAND = (
    f"train wavenet --data DIGITS --network NETWORK --condition digit --sample-rate 8000 "
    f"--average 0.9 --checkpoint-steps 10 --sound-steps 25 --steps {STEPS}"
)
# Trains alone, from first weights of which each has another last bit: what rounding leads to.
NUDGED = """
import sys
import numpy as np
from keras_sounddream.cli.main import main
from keras_sounddream.training import wavenet
compile_model = wavenet.compile_model
def nudged(model, *given, **more):
    bit = np.random.default_rng(0)
    turns = (1 + bit.choice([-1, 1], x.shape) * 2.0**-23 for x in model.get_weights())
    model.set_weights([x * turn for x, turn in zip(model.get_weights(), turns)])
    compile_model(model, *given, **more)
wavenet.compile_model = nudged
sys.exit(main(sys.argv[1:]))
"""


def make_command(data, folder):
    """The command, with the names of folders put in: a list of words."""
    small, network = folder / "digits", folder / "network.json"
    network.write_text(json.dumps(NETWORK))
    for digit, label in (("3", "three"), ("7", "seven")):
        (small / label).mkdir(parents=True)
        for path in (data / "recordings").glob(f"{digit}_[jt]*_[5-9].*"):
            shutil.copy(path, small / label)
    places = {"DIGITS": str(small), "NETWORK": str(network)}
    return [places.get(word, word) for word in COMMAND.split()]


def start(command, state, cluster=(), program=("-m", "keras_sounddream.cli.main")):
    """One process a worker, each on a core of its own; one process without a cluster."""
    program = [sys.executable, *program, *command]
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
    """Steps in a run's log."""
    log = state / "log.jsonl"
    return log.read_text().count("seconds") if log.exists() else 0


def killed(command, state):
    """Seconds from the kill of worker 1 to the end of worker 0; then both are started again."""
    chief, other = two_workers(command, state)
    while done(state) < KILLED_AT:
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
    """Median seconds of a step, in the second half of a run."""
    rows = [json.loads(line) for line in (state / "log.jsonl").read_text().splitlines()]
    seconds = [row["seconds"] for row in rows if "seconds" in row]
    return float(np.median(seconds[len(seconds) // 2 :]))


def losses(state):
    """Of each step the loss, in nats."""
    rows = [json.loads(line) for line in (state / "log.jsonl").read_text().splitlines()]
    return {row["step"]: row["loss"] for row in rows if "loss" in row}


def weights(state):
    with np.load(f"{state}.npz") as held:
        return [held[name] for name in held if held[name].dtype.kind == "f"]


def apart(one, other):
    """How far two runs are apart: of the weights, and of the losses of the first ten and all steps."""
    by_weight = max(
        float(np.abs(a - b).max()) for a, b in zip(weights(one), weights(other), strict=True)
    )
    first, second = losses(one), losses(other)
    steps = [abs(first[step] - second[step]) for step in range(1, STEPS + 1)]
    return by_weight, max(steps[:10]), max(steps)


def measure(data, folder):
    """All that the page says."""
    command = make_command(data, folder)
    one, nudged, two, again = (folder / name for name in ("one", "nudged", "two", "again"))
    wait(list(start(command, one)))
    wait(list(start(command, nudged, program=("-c", NUDGED))))
    wait(two_workers(command, two))
    left = killed(command, again)
    return {
        "one process": (apart(one, one), step_seconds(one)),
        "one process, its first weights another last bit": (
            apart(one, nudged),
            step_seconds(nudged),
        ),
        "two workers": (apart(one, two), step_seconds(two)),
    }, (apart(two, again), left)


def page(rows, killed_once):
    """The document."""
    import keras
    import tensorflow as tf

    (by_weight, _, by_loss), left = killed_once
    equal = "equal to the bit" if by_weight == by_loss == 0 else f"{by_weight:.1e} apart"
    table = [
        f"| {name} | {nats_ten:.1e} | {nats:.1e} | {by_weight:.1e} | {seconds:.2f} |"
        for name, ((by_weight, nats_ten, nats), seconds) in rows.items()
    ]
    return "\n".join(
        [
            "# Two workers beside one",
            "",
            f"Written by `benchmarks/workers.py` with TensorFlow {tf.__version__}, Keras "
            f"{keras.__version__}: {STEPS} steps of a small WaveNet on words of FSDD, by the "
            "command below; each process with one core of this machine.",
            "",
            "| trained by | loss, first ten steps: most apart from one process, nats | all steps "
            "| a weight, at the end | s a step |",
            "|---|---|---|---|---|",
            *table,
            "",
            "*Another last bit*: the same run, from weights that differ by as much as rounding does. "
            "Where a ReLU is nearly 0, or a gradient that Adam makes a whole step of, the last bit "
            "decides, and from there on runs part, whoever makes them.",
            "",
            f"Two workers of which one was killed (`kill -9`) after {KILLED_AT} steps: the other "
            f"ended with an error {left:.0f} s later; both started again, losses and weights were "
            f"{equal} with those of two that nothing disturbed.",
            "",
            f"The network: `{json.dumps(NETWORK)}`. The command, without `--folder`, `-o` and "
            "`--strategy`, `DIGITS` a folder of 20 words in two folders:",
            "",
            "```",
            f"sounddream {COMMAND}",
            "```",
            "",
        ]
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = page(*measure(options.data.resolve(), pathlib.Path(folder)))
    (ROOT / "docs" / "benchmarks" / "training" / "multiple_devices_measured.md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
