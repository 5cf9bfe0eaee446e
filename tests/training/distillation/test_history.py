"""The kept metrics of a distillation, its parts of the videos, and their kept files."""

import json
import os
import types

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.errors import InputWarning
from keras_sounddream.training.distillation import dataset, fit
from keras_sounddream.training.distillation.history import MetricHistory


def history_of(path, heads=("places",), before=None, iterations=0):
    history = MetricHistory(path, types.SimpleNamespace(heads=tuple(heads)))
    optimizer = types.SimpleNamespace(iterations=iterations)
    history.set_model(types.SimpleNamespace(optimizer=optimizer))
    history.measure = lambda: before or {"loss": 3.0, "agreement": 0.25}
    return history


def test_numbers_begin_before_the_first_epoch(tmp_path):
    path = tmp_path / "curve.json"
    history = history_of(path)
    history.on_train_begin()
    history.on_epoch_end(0, {"loss": 2, "agreement": np.float32(0.5), "val_agreement": 0.5})
    assert json.loads(path.read_text()) == {
        "0": {"val_loss": 3.0, "val_places_agreement": 0.25},
        "1": {"loss": 2.0, "places_agreement": 0.5, "val_places_agreement": 0.5},
    }


def test_a_resumed_run_keeps_what_was_measured(tmp_path):
    path = tmp_path / "curve.json"
    history_of(path).on_train_begin()
    again = history_of(path, before={"loss": 9.0, "agreement": 0.9})
    again.on_train_begin()
    assert again.points["0"]["val_places_agreement"] == 0.25


@pytest.mark.parametrize("content", ["", "[]", '{"0": {'])
def test_a_damaged_file_is_named_and_its_beginning_not_made_up(content, tmp_path):
    path = tmp_path / "curve.json"
    path.write_text(content)
    with pytest.warns(InputWarning, match="curve.json is damaged.* The curve begins anew"):
        history = history_of(path, iterations=7)
    history.on_train_begin()
    history.on_epoch_end(6, {"loss": 2})
    assert set(json.loads(path.read_text())) == {"7"}


@pytest.mark.parametrize("content", [b"", b"PK", b"<html>"])
def test_a_damaged_kept_file_is_not_whole(content, tmp_path):
    path = tmp_path / "v.npz"
    assert not dataset._is_whole(path, ["places"])
    np.savez(path, sound=np.zeros((3, 2), "int16"), said_places=np.eye(3, dtype="float32"))
    assert dataset._is_whole(path, ["places"])
    assert not dataset._is_whole(path, ["things"])
    path.write_bytes(content)
    assert not dataset._is_whole(path, ["places"])


def test_names_of_several_heads_are_keras_own(tmp_path):
    history = history_of(tmp_path / "curve.json", ("places", "things"))
    history.on_epoch_end(4, {"places_agreement": 0.5, "things_agreement": 0.75})
    assert history.points == {"5": {"places_agreement": 0.5, "things_agreement": 0.75}}


def test_one_worker_of_several_keeps_the_file(tmp_path):
    history = history_of(tmp_path / "curve.json")
    history.writes = False
    history.on_train_begin()
    assert set(history.points) == {"0"}
    assert not (tmp_path / "curve.json").exists()


@pytest.mark.parametrize(
    ("count", "share", "held_out"),
    [(2, 0.1, 1), (10, 0.1, 1), (10, 0.25, 2), (10, 0.35, 4), (10, 0.99, 9), (2, 0.99, 1)],
)
def test_no_video_is_learned_and_measured(count, share, held_out):
    windows = [[(video, step) for step in range(3)] for video in range(count)]
    learned, measured = fit._split(windows, fit.Settings(held_out=share))
    videos = [{video for video, _ in part} for part in (learned, measured)]
    assert len(videos[1]) == held_out
    assert not videos[0] & videos[1]
    assert sorted(learned + measured) == [window for video in windows for window in video]


def test_another_seed_holds_other_videos_out():
    windows = [[video] for video in range(20)]
    parts = {tuple(fit._split(windows, fit.Settings(seed=seed))[1]) for seed in range(5)}
    assert len(parts) > 1


def test_one_video_cannot_be_split():
    with pytest.raises(InputError, match="Expected two videos"):
        fit._split([[1, 2]], fit.Settings())


def test_chance_is_the_share_of_the_commonest_class():
    targets = np.eye(3)[[[0, 2], [2, 2], [1, 2]]]  # (batch, steps, classes)

    class HeldOut(list):
        heads = ("places",)

    assert fit._chance(HeldOut([(None, {"places": targets})])) == {"places": 4 / 6}


@pytest.mark.parametrize(
    ("length", "steps", "first"),
    [(1, 3, [0]), (3, 3, [0]), (5, 3, [0]), (6, 3, [0, 3]), (7, 1, [0, 1, 2, 3, 4, 5, 6])],
)
def test_windows_follow_one_another(tmp_path, length, steps, first):
    np.savez(tmp_path / "v.npz", sound=np.zeros((length, 4), "int16"))
    assert list(dataset._first_steps(tmp_path / "v.npz", steps)) == first


def test_a_changed_video_has_another_file(tmp_path):
    video = tmp_path / ("v" * 60 + ".mp4")
    video.write_bytes(b"1")
    first = dataset._name(video)
    assert first == dataset._name(str(video))
    assert first.startswith("v" * 40 + "-")
    os.utime(video, ns=(1, 1))
    second = dataset._name(video)
    video.write_bytes(b"12")
    os.utime(video, ns=(1, 1))
    assert len({first, second, dataset._name(video)}) == 3


def test_a_short_video_is_repeated(tmp_path):
    path = tmp_path / "v.npz"
    sound = np.arange(6).reshape(3, 2).astype("int16") * 4096
    np.savez(path, sound=sound, said_places=np.eye(3, dtype="float32"))
    waveform, targets = dataset.read_window(dataset.VideoWindow(path, 2), ["places"], 4)
    assert targets["places"].argmax(axis=1).tolist() == [2, 0, 1, 2]
    np.testing.assert_allclose(waveform, np.array([4, 5, 0, 1, 2, 3, 4, 5]) / 8)
    assert waveform.dtype == "float32"
