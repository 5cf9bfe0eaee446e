"""Signals, and an output that nobody reads, to long commands: a row of benchmarks/robustness.py."""

import os
import pathlib
import signal
import subprocess
import tempfile

from robustness_jobs import (
    JOBS,
    difference,
    finish,
    left_over,
    make_inputs,
    names,
    only_line,
    run_whole,
    start,
)

TITLE = "signals to long commands"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE")
MOMENTS = (0.1, 0.45, 0.8)  # of the time that a run takes
PARTS = list(JOBS)


def run(part, scale):
    """Counts of one command's signals."""
    job, faults, examples, tries = JOBS[part], {}, [], 0
    if not job.possible:
        return {"tries": 0, "faults": {}, "examples": [f"{job.needs} is not installed"]}
    moments = MOMENTS[: max(round(scale * len(MOMENTS)), 1)] if scale >= 1 else (0.7,)
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        make_inputs(root / "in")
        seconds = run_whole(job, root / "whole")
        cases = [(name, moment) for name in SIGNALS for moment in moments]
        for name, moment in [*cases, ("closed output", 0.0)]:
            tries += 1
            fault = once(job, root, f"{name}-{moment}", name, moment * seconds)
            if fault:
                kind = f"{name}: {fault.partition(':')[0]}"
                faults[kind] = faults.get(kind, 0) + 1
                examples.append(f"{name} after {moment} of {seconds:.0f} s: {fault}")
    return {"tries": tries, "faults": faults, "examples": examples}


def once(job, root, folder_name, name, seconds):
    """The fault after a signal; `""` if none."""
    folder = root / folder_name
    folder.mkdir()
    if name == "closed output":
        reader, writer = os.pipe()
        os.close(reader)
        process = start(job.words, folder, stdout=writer)
        os.close(writer)
    else:
        process = start(job.words, folder)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(getattr(signal, name))
    code, said = finish(process, folder)
    return judged(job, folder, root / "whole", name, code, said)


def judged(job, folder, reference, name, code, said):
    """The rule: one line, nothing half-written, no left-overs; a run may also end well."""
    if code is None:
        return "it hangs"
    if "Traceback" in "\n".join(said):
        return f"traceback: {said[-1]}"
    done = names(folder) & set(job.outputs)
    if code == 0 or done == set(job.outputs):
        wrong = difference(job, folder, reference)
        return f"half written: {wrong}" if wrong else ""
    if code < 0 and name != "SIGPIPE":
        return f"no line: it ends by {signal.Signals(-code).name}"
    lines = only_line(said)
    if name != "closed output" and code > 0 and len(lines) != 1:
        return f"{len(lines)} lines: {said[-1]}"
    if done and "out" not in {part.partition("/")[0] for part in done}:
        return f"half written: {', '.join(sorted(done))}"
    more = left_over(job, folder, reference)
    return f"left over: {', '.join(more)}" if more else ""
