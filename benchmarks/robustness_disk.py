"""A full disk under each command that writes: a row of benchmarks/robustness.py.

The disk is a tmpfs, where it may be mounted; else a limit on the size of files stands for it.
"""

import contextlib
import json
import pathlib
import re
import resource
import signal
import subprocess
import tempfile

from robustness_jobs import (
    DREAM,
    SMALL,
    WAVENET,
    finish,
    is_hidden,
    make_inputs,
    names,
    only_line,
    start,
)

TITLE = "full disk, full standard output"
SOUND, TAKEN = "../in/second.wav", 1 << 20  # bytes of the disk
COMMANDS = {  # name: words after `sounddream`
    "dream": ["dream", SOUND, "-o", "full/dream.wav", *DREAM],
    "dream --json": ["dream", SOUND, "-o", "dream.wav", "--json", "full/dream.json", *DREAM],
    "dream --plot": ["dream", SOUND, "-o", "dream.wav", "--plot", "full/dream.png", *DREAM],
    "dream --report": ["dream", SOUND, "-o", "dream.wav", "--report", "full/dream.html", *DREAM],
    "dream --animation": ["dream", SOUND, "-o", "d.wav", "--animation", "full/d.gif", *DREAM],
    "dream, long": ["dream", "../in/long.wav", "-o", "full/dream.wav", *DREAM],
    "gallery": ["gallery", SOUND, "full/gallery", *DREAM],
    "sonify": ["sonify", SOUND, "-o", "full/sonified", *SMALL],
    "generate": ["generate", "--weights", "../in/wavenet.keras", "-o", "full/made.wav"],
    "generate page": ["generate", "--weights", "fsdd", "--seconds", "0.1", "-o", "full/g.html"],
    "export litert": ["export", "../in/small.keras", "-o", "full/a.tflite", "--seconds", "1"],
    "export onnx": ["export", "../in/small.keras", "-o", "full/a.onnx"],
    "export saved_model": ["export", "../in/small.keras", "-o", "full/saved"],
    "export serving": ["export", "../in/small.keras", "-o", "full/served", "--serving"],
    "train wavenet": [*WAVENET, "../in/network.json", "--folder", "full/run", "-o", "w.npz"],
    "train wavenet, output": [*WAVENET, "../in/network.json", "--folder", "r", "-o", "full/w.npz"],
    "train esc10": [
        "train",
        "esc10",
        "--data",
        "../in/esc10",
        "--epochs",
        "1",
        "--folder",
        "full/run",
        "-o",
        "esc10.npz",
    ],
    "log": ["log", "../in/log.txt", "-o", "full/log.png"],
    "data summary": ["data", "summary", "../in/sounds", "-o", "full/s.png"],
    "data summary --json": ["data", "summary", "../in/sounds", "--json", "full/s.json"],
    "data check --json": ["data", "check", "../in/sounds", "--json", "full/c.json"],
    "stdout: classify": ["classify", SOUND, *SMALL],
    "stdout: layers": ["layers", "../in/small.keras"],
    "stdout: data check": ["data", "check", "../in/sounds"],
    "stdout: data summary": ["data", "summary", "../in/sounds"],
    "stdout: log": ["log", "../in/log.txt"],
    "stdout: help": ["--help"],
}
PARTS = list(COMMANDS)
RESUMED = r"(run|gallery|dream\.wav\.part)(/|$)"  # may stay: the command goes on there
ROOMS = (0, 2000)  # bytes that are left


def run(part, scale):
    """Counts of one command, on a disk without room and on one with very little."""
    faults, examples, tries = {}, [], 0
    with tempfile.TemporaryDirectory() as scratch:
        root = pathlib.Path(scratch)
        make_inputs(root / "in")
        for room in ROOMS[:1] if part.startswith("stdout") or scale < 1 else ROOMS:
            fault, tries = once(part, root, room), tries + 1
            if fault:
                kind = fault.partition(":")[0]
                faults[kind] = faults.get(kind, 0) + 1
                examples.append(f"{part}, {room} bytes left: {fault}")
    return {"tries": tries, "faults": faults, "examples": examples}


def once(part, root, room):
    """The fault of a command that cannot write; `""` if none."""
    folder = root / f"work-{room}"
    full = folder / "full"
    full.mkdir(parents=True)
    if part.startswith("stdout"):
        with open("/dev/full", "wb") as out:
            code, said = finish(start(COMMANDS[part], folder, stdout=out), folder)
        return judged(code, said, [])
    with full_disk(full, room) as limit:
        code, said = finish(start(COMMANDS[part], folder, preexec_fn=limit), folder)
        left = {name for name in names(full) if name != "filler"}
        if room and code == 0 and all(is_whole(full / name) for name in left):
            return ""  # there was room enough
    return judged(code, said, sorted(n for n in left if not re.match(RESUMED, n) or is_hidden(n)))


def is_whole(path):
    """Whether a file, small enough for what room is left, holds all that it should."""
    try:
        return path.suffix == ".json" and bool(json.loads(path.read_text()))
    except ValueError:
        return False


@contextlib.contextmanager
def full_disk(folder, room):
    """Fills a tmpfs but for some bytes; yields what a process must call first, or `None`."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={TAKEN}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        yield lambda: limit_files(room)
        return
    try:
        page = resource.getpagesize()
        free = -(-room // page) * page
        (folder / "filler").write_bytes(bytes(TAKEN - free))
        yield None
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def limit_files(most):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def judged(code, said, left):
    """The rule: one line, exit code 2, no left-overs."""
    if code is None:
        return "it hangs"
    if "Traceback" in "\n".join(said):
        return f"traceback: {said[-1]}"
    if code != 2:
        return f"exit code {code}: {said[-1]}"
    if len(only_line(said)) != 1:
        return f"{len(only_line(said))} lines: {said[-1]}"
    return f"left over: {', '.join(left)}" if left else ""
