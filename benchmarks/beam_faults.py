"""Faults injected into runs of `sounddream batch dream`, and their effects: for beam_dream.py."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import numpy as np
import soundfile

ROOT = pathlib.Path(__file__).parents[1]
RATE = 24000
DREAM = ("--octaves", "2", "--steps", "10")
BROKEN = {"text.wav": b"no sound", "empty.wav": b"", "cut.flac": b"fLaC\0\0\0\x22"}
WAIT_SECONDS = 400


def environment():
    """That of processes which use this checkout."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TF_CPP_MIN_LOG_LEVEL": "3"}


class Job:
    """A run of the command in a process of its own."""

    def __init__(self, inputs, output, *options, workers=2, after=()):
        self.inputs, self.output = inputs, output
        command = [sys.executable, "-m", "keras_sounddream.cli.main", "batch", "dream"]
        command += ["--input", str(inputs), "-o", str(output), *DREAM, *options]
        command += ["--workers", str(workers), "--threads", "1", "--", *after]
        self.start = time.time()
        self.process = subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def wait(self):
        """`(exit code, the line that it ended with)`; `None` for a code if it hangs."""
        try:
            said, errors = self.process.communicate(timeout=WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return None, "hangs"
        lines = [*said.splitlines(), *(x for x in errors.splitlines() if "sounddream: " in x)]
        if not lines:
            print(errors[-3000:])
        return self.process.returncode, lines[-1] if lines else "(nothing)"

    def wait_for(self, count):
        """Waits until so many files are done."""
        end = time.time() + WAIT_SECONDS
        while len(outputs(self.output)) < count:
            if time.time() > end or self.process.poll() is not None:
                raise RuntimeError(f"{len(outputs(self.output))} files: {self.wait()}")
            time.sleep(0.05)


def outputs(folder):
    """Dreams of a job: when each was written, by name."""
    found = {}
    for path in folder.rglob("*.wav"):
        with contextlib.suppress(FileNotFoundError):
            if not path.name.startswith("."):
                found[path.name] = path.stat().st_mtime_ns
    return found


def other_lengths(inputs, output):
    """Dreams that are not as long as what they are of."""
    found = []
    for name in outputs(output):
        lengths = {soundfile.info(str(folder / name)).frames for folder in (inputs, output)}
        found += [name] * (len(lengths) > 1)
    return found


def workers_of(process):
    """Ids of the processes of Beam's workers that a process has started, however deep."""
    found, family = [], {process.pid}
    for path in sorted(pathlib.Path("/proc").glob("[0-9]*"), key=lambda p: int(p.name)):
        with contextlib.suppress(OSError):
            parent = int((path / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if parent in family:
                family.add(int(path.name))
                worker = b"sdk_worker_main" in (path / "cmdline").read_bytes()
                if worker and "python" in os.readlink(path / "exe"):  # not the shell around it
                    found.append(int(path.name))
    return found


def kill_worker(job):
    """`kill -9` of one worker, after a quarter of the files are there."""
    os.kill(workers_of(job.process)[-1], signal.SIGKILL)


def interrupt(job):
    job.process.send_signal(signal.SIGINT)


def kill_all(job):
    """`kill -9` of the command itself."""
    job.process.kill()


def after_fault(inputs, output, fault, *options, **more):
    """A row: what a fault left, and what the next run made of it."""
    count = len(list(inputs.iterdir()))
    job = Job(inputs, output, *options, **more)
    job.wait_for(count // 4)
    fault(job)
    code, said = job.wait()
    time.sleep(1)
    return again(inputs, output, code, said, *options, **more)


def again(inputs, output, code, said, *options, **more):
    """A row: what was done when a run ended, and what the next one, of one worker, made of it."""
    before = outputs(output)
    next_code, next_said = Job(inputs, output, *options, **{**more, "workers": 1}).wait()
    after = outputs(output)
    wanted = {path.name for path in inputs.iterdir()}
    return {
        "exit": code,
        "said": said,
        "done": len(before),
        "next_exit": next_code,
        "next_said": next_said,
        "lost": sorted(wanted - set(after)),
        "twice": sorted(n for n in before if before[n] != after.get(n))
        + sorted(set(after) - wanted),
        "other": other_lengths(inputs, output),
        "left": [str(p.name) for p in output.rglob(".*") if p.name != ".work"],
        "files": len(wanted),
    }


def full_disk(inputs, folder, *options):
    """A tmpfs that holds half of the dreams, made larger for the next run."""
    folder.mkdir()
    size = sum(path.stat().st_size for path in inputs.iterdir())
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size // 2 + (1 << 18)}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        return None
    try:
        code, said = Job(inputs, folder / "out", *options).wait()
        subprocess.run(["mount", "-o", f"remount,size={4 * size}", str(folder)], check=True)
        return again(inputs, folder / "out", code, said, *options)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def broken_files(inputs, folder, *options):
    """Some files that are no sounds among those that are."""
    mixed = folder / "mixed"
    shutil.copytree(inputs, mixed)
    for name, content in BROKEN.items():
        (mixed / name).write_bytes(content)
    soundfile.write(mixed / "silent.wav", np.zeros(RATE), RATE)
    code, said = Job(mixed, folder / "out_mixed", *options, workers=1).wait()
    rows = [json.loads(x) for x in (folder / "out_mixed/failed.jsonl").read_text().splitlines()]
    missing = {p.name for p in inputs.iterdir()} - set(outputs(folder / "out_mixed"))
    return {"exit": code, "said": said, "failed": rows, "lost": sorted(missing)}


def on_dask(inputs, output, *options):
    """Two workers of a cluster on this machine, one of them killed half-way; the run goes on."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "scheduler.json")
        serve = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--scheduler-file",
            str(file),
        ]
        quiet = {"env": environment(), "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        scheduler = subprocess.Popen([*serve, "--port", "0", "--no-dashboard"], **quiet)
        while not file.exists():
            time.sleep(0.2)
        work = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
        work += ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder]
        workers = [subprocess.Popen(work, **quiet) for _ in range(2)]
        try:
            address = json.loads(file.read_text())["address"]
            options += "--runner", "DaskRunner"
            job = Job(inputs, output, *options, after=[f"--dask_client_address={address}"])
            job.wait_for(len(list(inputs.iterdir())) // 4)
            before = outputs(output)
            workers[0].kill()
            code, said = job.wait()
            kept = outputs(output)
            row = again(
                inputs,
                output,
                code,
                said,
                *options,
                after=[f"--dask_client_address={address}"],
            )
            row["twice"] += sorted(n for n in before if before[n] != kept.get(n))
            return row
        finally:
            for process in (*workers, scheduler):
                process.kill()
                process.wait()
