"""Tries of targets in processes of their own, with limits of memory and time.

A try is known by the target's name, a seed and a number, from which its bytes are made again. One
that brings the process down, or hangs, costs one process; the next goes on behind it.
"""

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MEMORY_BYTES = 1 << 30  # that a try may add to what the process holds after its first file
SECONDS = 10  # of processor that one try may take
WALL_SECONDS = 120  # after which a try hangs
_KINDS = {"WrongAnswerError": "wrong", "ResourceExhaustedError": "memory", "MemoryError": "memory"}
_KINDS |= {"_ArrayMemoryError": "memory"}  # NumPy's


@dataclasses.dataclass
class Count:
    """What came of the tries of one target.

    Attributes:
        tries: how many there were.
        outcomes: `read`, `warned`, `refused` and the kinds of fault → how many.
        faults: by kind and place, one each: `try`, `kind`, `where`, `said`, `times`.
    """

    tries: int = 0
    outcomes: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    faults: dict = dataclasses.field(default_factory=dict)

    @property
    def num_faults(self):
        return sum(fault["times"] for fault in self.faults.values())

    def add(self, fault):
        key = f"{fault['kind']} {fault['where']}"
        known = self.faults.setdefault(key, {**fault, "times": 0})
        known["times"] += 1


class TooLong(BaseException):
    """A try that takes more than its time; no target catches it."""


def run(plan, seed=0, on_fault=None):
    """Runs tries of several targets, one process after another.

    Args:
        plan: list of `(target, first, count)`.
        seed: int, of the mutations.
        on_fault: called with the target and each fault as it is found.

    Returns:
        dict from the target to its `Count`.
    """
    counts = {name: Count() for name, _, _ in plan}
    waiting = list(plan)
    while waiting:
        with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
            place = _run_process(waiting, seed, counts, scratch, on_fault)
        waiting = _rest(waiting, place)
    return counts


def _run_process(plan, seed, counts, scratch, on_fault):
    """Runs one process; `None` when all is done, or the target and number of its last try."""
    jobs = ",".join(f"{name}:{first}:{count}" for name, first, count in plan)
    place = pathlib.Path(scratch, "place")
    command = [sys.executable, str(HERE / "run.py"), "--worker", jobs, str(place), str(seed)]
    env = {**os.environ, "TMPDIR": scratch, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(HERE.parent), env.get("PYTHONPATH", "")])
    errors = pathlib.Path(scratch, "errors")
    with errors.open("wb") as log, pathlib.Path(scratch, "out").open("w+") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=log, cwd=scratch)
        hung = _wait(process, place)
        out.seek(0)
        for line in out:
            _take(json.loads(line), counts, on_fault)
    if process.returncode == 0:
        return None
    if not place.exists():
        raise RuntimeError(errors.read_text(errors="replace")[-2000:])
    at = json.loads(place.read_text())
    counts[at["target"]].tries += at["tries"] + 1
    counts[at["target"]].outcomes.update({**at["outcomes"]})
    said = errors.read_text(errors="replace").strip().splitlines()[-1:]
    kind = "hangs" if hung else f"crash ({_death(process.returncode)})"
    fault = {"kind": kind, "where": at["target"], "said": "".join(said)[:200]}
    _take({"target": at["target"], "fault": {**fault, "try": at["try"]}}, counts, on_fault)
    return at["target"], at["try"]


def _death(code):
    return signal.Signals(-code).name if code < 0 else f"exit {code}"


def _wait(process, place):
    """Waits for the end; whether a try took so long that the process was killed."""
    while True:
        try:
            process.wait(5)
            return False
        except subprocess.TimeoutExpired:
            begun = place.stat().st_mtime if place.exists() else time.time()
            if time.time() - begun > WALL_SECONDS:
                process.kill()
                process.wait()
                return True


def _take(line, counts, on_fault):
    count = counts[line["target"]]
    if "fault" in line:
        count.add(line["fault"])
        if on_fault:
            on_fault(line["target"], line["fault"])
    else:
        count.tries += line["tries"]
        count.outcomes.update(line["outcomes"])


def _rest(plan, place):
    if place is None:
        return []
    name, number = place
    index = [each[0] for each in plan].index(name)
    _, first, count = plan[index]
    left = first + count - number - 1
    return [*([(name, number + 1, left)] if left else []), *plan[index + 1 :]]


def work(jobs, place, seed):
    """What a process does: tries, and a line for each fault and each target."""
    from fuzz.targets import TARGETS

    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints
    signal.signal(signal.SIGPROF, _too_long)
    place = pathlib.Path(place)
    for job in jobs.split(","):
        name, first, count = job.split(":")
        outcomes, tries = collections.Counter(), 0
        place.unlink(missing_ok=True)  # what ends the process from here on is no try's fault
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        seeds = TARGETS[name].seeds()
        if seeds:
            _work_on(name, seeds, int(first), int(count), seed, place, outcomes, out)
            tries = int(count)
        print(json.dumps({"target": name, "tries": tries, "outcomes": outcomes}), file=out)


def _work_on(name, seeds, first, count, seed, place, outcomes, out):
    from fuzz.mutations import mutated
    from fuzz.targets import TARGETS

    with contextlib.suppress(Exception):
        TARGETS[name].outcome(seeds[0])  # imports, and the first call of everything
    _limit_memory()
    for number in range(first, first + count):
        data = mutated(seeds, seed, number)
        at = {"target": name, "try": number, "tries": number - first, "outcomes": outcomes}
        _write(place, json.dumps(at))
        fault = try_one(TARGETS[name], data)
        outcomes[fault["kind"] if isinstance(fault, dict) else fault] += 1
        if isinstance(fault, dict):
            print(json.dumps({"target": name, "fault": {**fault, "try": number}}), file=out)


def _write(path, text):
    beside = path.with_suffix(".new")
    beside.write_text(text)
    beside.replace(path)


def try_one(target, data, seconds=SECONDS):
    """The outcome of a try, or a dict of its fault: `kind`, `where`, `said`."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        return target.outcome(data)
    except TooLong as error:
        return _fault("time", error)
    except BaseException as error:
        name = type(error).__name__
        memory = name in ("ResourceExhaustedError", "_ArrayMemoryError")
        kind = (
            "wrong" if name == "WrongAnswerError" else "memory" if memory else f"traceback {name}"
        )
        return _fault(kind, error)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _fault(kind, error):
    where, trace = "", error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        if path.startswith((f"{ROOT}/keras_sounddream", f"{ROOT}/tfds_builders")):
            where = f"{pathlib.Path(path).relative_to(ROOT)}:{trace.tb_frame.f_code.co_name}"
        trace = trace.tb_next
    said = (str(error).splitlines() or [""])[0][:200]
    return {"kind": kind, "where": where, "said": said}


def _too_long(number, frame):
    raise TooLong(f"more than {SECONDS} s of processor")


def _limit_memory():
    held = int(pathlib.Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY_BYTES, resource.RLIM_INFINITY))
