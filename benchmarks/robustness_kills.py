"""`kill -9` at random moments, and the same command again: a row of benchmarks/robustness.py."""

import pathlib
import random
import signal
import subprocess
import tempfile

from robustness_jobs import (
    JOBS,
    WAIT_SECONDS,
    difference,
    end_group,
    finish,
    left_over,
    make_inputs,
    run_whole,
    start,
)

TITLE = "`kill -9` (35) and SIGTERM (12), and the same command again"
KILLS = {"dream": 8, "wavenet": 8, "esc10": 4, "generate": 4, "batch": 6, "export": 5}  # 35
TERMINATIONS = 2  # of each command
PARTS = [f"{job}{kind}" for kind in ("", ", SIGTERM") for job in KILLS]
EARLIEST = 0.25  # of the time that a run takes; before that libraries are imported


def run(part, scale):
    """Counts of one command's kills."""
    name, _, kind = part.partition(", ")
    job, rng, number_of = JOBS[name], random.Random(part), getattr(signal, kind or "SIGKILL")
    if not job.possible:
        return {"tries": 0, "faults": {}, "examples": [f"{job.needs} is not installed"]}
    faults, examples, tries = {}, [], max(round(scale * (TERMINATIONS if kind else KILLS[name])), 1)
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        make_inputs(root / "in")
        seconds = run_whole(job, root / "whole")
        for number in range(tries):
            moment = rng.uniform(EARLIEST, 1.0)
            fault = kill_once(job, root, number, moment * seconds, number_of)
            examples.append(f"after {moment:.2f} of {seconds:.0f} s: {fault or 'the same'}")
            if fault:
                fault_kind = fault.partition(":")[0]
                faults[fault_kind] = faults.get(fault_kind, 0) + 1
    return {"tries": tries, "faults": faults, "examples": examples}


def kill_once(job, root, number, seconds, kind):
    """The fault after a kill and the same command again; `""` if none."""
    folder, reference = root / f"killed-{number}", root / "whole"
    folder.mkdir()
    process = start(job.words, folder)
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        end_group(process, kind)
        code = process.wait(WAIT_SECONDS)
    if code != 0:
        code, said = finish(start(job.words, folder), folder)
        done = code == 2 and "exists" in said[-1]  # killed after the output was complete
        if code is None:
            return "the second run hangs"
        if "Traceback" in "\n".join(said):
            return f"traceback: {said[-1]}"
        if code and not done:
            return f"the second run fails: {said[-1]}"
    wrong = difference(job, folder, reference)
    if wrong:
        return f"other outputs: {wrong}"
    more = left_over(job, folder, reference)
    return f"left over: {', '.join(more)}" if more else ""
