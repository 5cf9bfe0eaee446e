"""Several devices make the steps of one; a worker that is killed costs nothing."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import types

import keras
import numpy as np
import pytest
import soundfile
from training.distributed import work_together

from keras_sounddream import InputError
from keras_sounddream.cli.main import main
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.training import distillation, wavenet
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.wavenet.segments import Segments

SCRIPT = pathlib.Path(work_together.__file__)


def start(kind, folder, *more, **environment):
    paths = [str(SCRIPT.parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return subprocess.Popen(
        [sys.executable, SCRIPT, kind, folder, *map(str, more)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("localhost", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def start_workers(folder, *death):
    """Two workers; if a run and a step are given, the second kills itself there."""
    cluster = {"worker": [f"localhost:{port}" for port in free_ports(2)]}
    for index in (0, 1):
        config = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        yield start("multiworker", folder, *(death if index else ()), TF_CONFIG=config)


def end(processes):
    try:
        said = [process.communicate(timeout=300) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(process.returncode, *each) for process, each in zip(processes, said, strict=True)]


def steps(said):
    return json.loads(said.splitlines()[-1])


def log(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_devices_and_workers_make_the_steps_of_one_and_a_kill_costs_nothing(tmp_path, capsys):
    whole, mirrored = list(range(work_together.STEPS)), start("mirrored", tmp_path)
    deaths = []
    for run in work_together.RUNS:
        workers = list(start_workers(tmp_path, run, 6))
        if run == "classifier":
            work_together.main("one", tmp_path)
        deaths += [end(workers)]
    for (left, _, why), (killed, *_) in deaths:
        assert (left, killed) == (1, -9)
        assert "InputError: A worker was lost (" in why
    once, twice = (steps(said) for (_, said, _), _ in deaths)
    assert once == {"classifier": whole[:7], "wavenet": []}
    assert twice == {"classifier": whole[4:], "wavenet": whole[:7]}
    found = end([mirrored, *start_workers(tmp_path)])
    assert [code for code, *_ in found] == [0, 0, 0], found
    rest = {"classifier": [], "wavenet": whole[4:]}
    assert [steps(said) for _, said, _ in found] == [dict.fromkeys(rest, whole), rest, rest]
    for run in work_together.RUNS:
        alone = np.load(tmp_path / f"{run}-one-0.npz")
        for name in (f"{run}-mirrored-0", f"{run}-multiworker-0", f"{run}-multiworker-1"):
            together = np.load(tmp_path / f"{name}.npz")
            for key in alone:
                np.testing.assert_allclose(together[key], alone[key], atol=1e-5, err_msg=name)
    losses = {row["step"]: row["loss"] for row in log(tmp_path / "wavenet-one")}
    rows = log(tmp_path / "wavenet-multiworker")
    assert [row["step"] for row in rows] == [*range(1, 7), 4, *range(5, 13)]
    for row in rows:
        assert "restart" in row or row["loss"] == pytest.approx(losses[row["step"]], abs=1e-5)
    assert losses[12] < losses[1]


def resolver(kind, number, **cluster):
    spec = types.SimpleNamespace(as_dict=lambda: cluster)
    return types.SimpleNamespace(task_type=kind, task_id=number, cluster_spec=lambda: spec)


@pytest.mark.parametrize(
    ("kind", "number", "cluster", "expected"),
    [
        ("worker", 0, {"worker": ["a", "b"]}, 0),
        ("worker", 1, {"worker": ["a", "b"]}, 1),
        ("chief", 0, {"chief": ["a"], "worker": ["b"]}, 0),
        ("worker", 0, {"chief": ["a"], "worker": ["b"]}, 1),
    ],
)
def test_the_chief_is_worker_0(kind, number, cluster, expected):
    strategy = types.SimpleNamespace(cluster_resolver=resolver(kind, number, **cluster))
    assert strategies.worker(strategy) == expected
    assert strategies.worker(None) == 0


@pytest.mark.parametrize(
    "config",
    [
        None,
        "{",
        '{"cluster": {"worker": ["localhost:1"]}}',
        '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "worker", "index": 1}}',
        '{"cluster": {"worker": ["localhost:1"]}, "task": {"type": "chief", "index": 0}}',
    ],
)
def test_a_cluster_that_is_none_is_refused_in_a_line(monkeypatch, config):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        monkeypatch.setenv("TF_CONFIG", config)
    with pytest.raises(InputError, match="Expected TF_CONFIG in the environment"):
        strategies.find("multiworker")


COMMANDS = {
    "esc10": (["train", "esc10"], "recipes.esc10.train"),
    "urbansound8k": (["train", "urbansound8k"], "recipes.urbansound8k.train"),
    "wavenet": (["train", "wavenet", "--steps", "9"], "wavenet.train"),
    "fsdd": (["train", "fsdd"], "recipes.fsdd.train"),
    "music16k": (["train", "music16k"], "recipes.music16k.train"),
    "finetune": (["finetune", "yamnet"], "transfer.fine_tuning.finetune"),
    "distill": (["distill", "--teacher", "places=a.keras"], "distillation.distill"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_every_training_command_takes_a_strategy(name, tmp_path, monkeypatch, capsys):
    (begun, recipe), given = COMMANDS[name], []
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for check in ("check_any", "check_model"):  # there is neither data nor a model here
        monkeypatch.setattr(
            f"keras_sounddream.cli.options.early.{check}",
            lambda *given, **named: types.SimpleNamespace(kind="sound"),
        )
    monkeypatch.setattr("keras_sounddream.datasets.videos.find_videos", lambda *given: [])
    listed = types.SimpleNamespace(folds=[1])
    monkeypatch.setattr("keras_sounddream.cli.options.early.list_clips", lambda *given: listed)
    soundfile.write(tmp_path / "a.wav", np.ones(900) / 2, 16000)
    data = ["."] if name == "distill" else ["--data", "."]
    command = [*begun, *data, "-o", "a.keras", "--strategy", "multiworker"]
    assert main(command) == 2
    assert "Expected TF_CONFIG" in capsys.readouterr().err
    worker = Pretended(0)
    monkeypatch.setattr(strategies, "find", lambda kind: worker)
    monkeypatch.setattr("keras_sounddream.cli.commands.distill._teacher", lambda *given: None)
    monkeypatch.setattr(
        "keras_sounddream.datasets.clip_sets.read_clip_set",
        lambda *given: types.SimpleNamespace(folds=[1]),
    )
    monkeypatch.setattr(
        f"keras_sounddream.training.{recipe}",
        lambda *positional, **named: given.extend([*positional, *named.values()]),
    )
    assert main(command) == 0
    assert worker in given
    assert "worker 1 is done; worker 0 writes the model" in capsys.readouterr().out
    assert not (tmp_path / "a.keras").exists()


def test_kinds_are_known():
    assert strategies.find(None) is None
    with pytest.raises(InputError, match="Received: 'tpu'"):
        strategies.find("tpu")


class Pretended:
    """A strategy of three devices whose workers' states add up to `total` epochs."""

    num_replicas_in_sync = 3

    def __init__(self, total):
        self.total = total
        self.cluster_resolver = resolver("worker", 1, worker=["a", "b"])

    def scope(self):
        return contextlib.nullcontext()

    def run(self, function):
        return function()

    def reduce(self, *_, axis):
        return self.total


@pytest.mark.parametrize(
    ("total", "words"),
    [(6.0, "Expected batches that 3 devices share evenly. Received: 8 examples"),
     (5.0, "Expected a folder that every worker can read. This one has a state of 2 epochs")],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused(total, words):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(loss="mse")
    with pytest.raises(InputError, match=words):
        strategies.fit(
            model,
            lambda step: (np.zeros((8, 2)), np.zeros((8, 1))),
            Pretended(total),
            epochs=3,
            initial_epoch=2,
            steps_per_epoch=1,
        )


def test_a_batch_that_cannot_be_shared_is_refused_before_a_folder_is_claimed(tmp_path):
    plan = work_together.small_wavenet().plan
    sounds = hold_sounds([np.ones(9)], 8000, {"tone": ["low"]})
    with pytest.raises(InputError, match="that 3 devices share evenly. Received: 4 examples"):
        wavenet.train(
            work_together.small_wavenet,
            Segments(sounds, plan, 64, 4),
            tmp_path / "run",
            wavenet.Settings(2),
            strategy=Pretended(0),
        )
    with pytest.raises(InputError, match="that 3 devices share evenly. Received: 64 examples"):
        distillation.distill("videos", {}, tmp_path / "run", strategy=Pretended(0))
    assert not (tmp_path / "run").exists()
