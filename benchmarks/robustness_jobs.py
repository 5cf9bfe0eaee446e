"""Long commands, small inputs for them, and what their outputs are: for rows of robustness.py."""

import contextlib
import dataclasses
import hashlib
import importlib.util
import io
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import soundfile

WAIT_SECONDS = 600
RATE = 8000
NETWORK = {"dilations": [1, 2, 4], "skip_channels": 8, "residual_channels": 8}
WAVENET = ["train", "wavenet", "--data", "../in/sounds", "--sample-rate", "8000", "--steps", "80"]
WAVENET += ["--batch-size", "1", "--piece-samples", "200", "--checkpoint-steps", "5", "--network"]
SMALL = ["--model", "../in/small.keras"]
DREAM = [*SMALL, "--octaves", "1", "--steps", "3"]


@dataclasses.dataclass(frozen=True)
class Job:
    """A long command.

    Attributes:
        words: after `sounddream`; it runs in a folder beside that of the inputs, `../in`.
        outputs: names of the files whose content must be that of an undisturbed run.
        stays: pattern of further names that an interruption may leave: the command resumes there.
        promised_db: signal-to-noise ratio to the undisturbed run that is promised; `None` for
            equal bytes.
        needs: name of a package without which it cannot run.
    """

    words: list[str]
    outputs: list[str]
    stays: str = "$^"
    promised_db: float | None = None
    needs: str | None = None

    @property
    def possible(self):
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


JOBS = {
    "dream": Job(
        ["dream", "../in/long.wav", "-o", "dream.wav", *DREAM], ["dream.wav"], r"dream\.wav\.part"
    ),
    "wavenet": Job(
        [*WAVENET, "../in/network.json", "--folder", "run", "-o", "wavenet.npz"],
        ["wavenet.npz"],
        r"run(/|$)",
    ),
    "esc10": Job(
        [
            "train",
            "esc10",
            "--data",
            "../in/esc10",
            "--epochs",
            "4",
            "--folder",
            "run",
            "-o",
            "esc10.npz",
        ],
        ["esc10.npz"],
        r"run(/|$)",
    ),
    "generate": Job(
        ["generate", "--weights", "../in/wavenet.keras", "--seconds", "0.6", "-o", "made.wav"],
        ["made.wav"],
    ),
    "batch": Job(
        ["batch", "dream", "--input", "../in/sounds", "-o", "out", *DREAM],
        [f"out/{n}.wav" for n in range(6)],
        r"out(/|$)",
        needs="apache_beam",
    ),
    "export": Job(
        ["export", "../in/small.keras", "-o", "small.tflite", "--seconds", "1"],
        ["small.tflite"],
    ),
}


def make_inputs(folder):
    """Puts what the commands read into a folder; made once for all parts of a call."""
    made = pathlib.Path(os.environ.get("ROBUSTNESS_INPUTS", folder.parent), "made")
    if not made.exists():
        _make_inputs(made.with_suffix(".new"))
        made.with_suffix(".new").rename(made)
    shutil.copytree(made, folder)


def _make_inputs(folder):
    """A second of sound each, but one of more than a minute; and small networks."""
    from fuzz.seeds import small_model

    from keras_sounddream import applications

    (folder / "sounds").mkdir(parents=True)
    for number in range(6):
        write_tone(folder / "sounds" / f"{number}.wav", 1, 200 + 90 * number)
    write_tone(folder / "long.wav", 65, 300)
    write_tone(folder / "second.wav", 1, 300)
    small_model().save(folder / "small.keras")
    applications.WaveNet(sample_rate=RATE, dilations=(1, 2), skip_channels=8).save(
        folder / "wavenet.keras"
    )
    (folder / "network.json").write_text(json.dumps(NETWORK))
    table = "step 0 - loss = 5.5, (30.1 sec/step)\nstep 1 - loss = 5.4, (0.3 sec/step)\n"
    (folder / "log.txt").write_text(table)
    make_esc10(folder / "esc10")


def make_esc10(folder):
    """ESC-10's layout: a short tone for each class and fold."""
    from keras_sounddream.datasets.esc10 import FOLDS, LABELS

    for number, label in enumerate(LABELS, 1):
        (folder / f"{number:03d} - {label}").mkdir(parents=True)
        for fold in FOLDS:
            path = folder / f"{number:03d} - {label}" / f"{fold}-{100 * number + fold}-A.ogg"
            write_tone(path, 0.5, 100 * number + fold)


def write_tone(path, seconds, hertz):
    rng, moments = np.random.default_rng(hertz), np.arange(round(seconds * RATE)) / RATE
    tone = 0.3 * np.sin(2 * np.pi * hertz * moments) + rng.normal(0, 0.02, len(moments))
    soundfile.write(path, tone, RATE)


def start(words, folder, **options):
    """The command in a process group of its own, its output in files of the folder above."""
    command = [sys.executable, "-m", "keras_sounddream.cli.main", *words]
    out, err = (folder.parent / f"{folder.name}.{name}" for name in ("out", "err"))
    streams = {"stdout": out.open("wb"), "stderr": err.open("wb"), "stdin": subprocess.DEVNULL}
    env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.Popen(
        command, cwd=folder, env=env, start_new_session=True, **{**streams, **options}
    )


def finish(process, folder):
    """Exit code, `None` if it hangs; and what the command said on standard error."""
    try:
        code = process.wait(WAIT_SECONDS)
    except subprocess.TimeoutExpired:
        end_group(process, signal.SIGKILL)
        process.wait()
        code = None
    said = (folder.parent / f"{folder.name}.err").read_text(errors="replace")
    return code, re.split(r"[\r\n]+", said.strip())


def end_group(process, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def run_whole(job, folder):
    """Seconds of an undisturbed run in a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    begun = time.monotonic()
    code, said = finish(start(job.words, folder), folder)
    if code:
        raise RuntimeError(f"{' '.join(job.words)} ends with {code}: {said[-1]}")
    return time.monotonic() - begun


def names(folder):
    """Relative names of all files and folders, as they are now."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def left_over(job, folder, reference):
    """Names in a folder that an undisturbed run does not leave, and that may not stay."""
    more = names(folder) - names(reference)
    kept = {name for name in more if re.match(job.stays, name) and not is_hidden(name)}
    return sorted(more - kept)


def is_hidden(name):
    """Whether a path is of a temporary file; a batch job's own folder is not."""
    return any(part.startswith(".") and part != ".work" for part in name.split("/"))


def difference(job, folder, reference):
    """The fault of the outputs, beside those of an undisturbed run; `""` if none."""
    for name in job.outputs:
        paths = folder / name, reference / name
        if not paths[0].exists():
            return f"{name} is missing"
        if content(paths[0]) == content(paths[1]):
            continue
        if not name.endswith(".wav"):
            return f"{name} has other content"
        ratio = decibels(*(soundfile.read(path)[0] for path in paths))
        if job.promised_db is None or ratio < job.promised_db:
            return f"{name} differs, signal-to-noise ratio {ratio:.0f} dB"
    return ""


def content(path):
    """A digest of a file; of archives of arrays that of the arrays, since archives hold the time."""
    data = path.read_bytes()
    if path.suffix == ".npz":
        with np.load(io.BytesIO(data)) as arrays:
            data = b"".join(name.encode() + arrays[name].tobytes() for name in sorted(arrays))
    return hashlib.sha256(data).hexdigest()


def decibels(found, wanted):
    """Signal-to-noise ratio of a sound to another; -inf if their lengths differ."""
    if len(found) != len(wanted):
        return -np.inf
    noise = np.mean(np.square(found - wanted))
    return 10 * np.log10(np.mean(np.square(wanted)) / noise) if noise else np.inf


def only_line(said):
    """The lines of this package's own; libraries may log beside them."""
    return [line for line in said if line.startswith("sounddream: ")]
