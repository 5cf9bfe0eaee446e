"""Distillation: what is learnt, from what, and what is refused."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from datasets.small_videos import (
    RATE,
    WINDOW_SECONDS,
    draw,
    make_videos,
    place_teacher,
    small_student,
    sound,
    write_video,
)
from PIL import Image
from places import shared_data

from keras_sounddream import InputError
from keras_sounddream.cli.commands import distill
from keras_sounddream.cli.main import main
from keras_sounddream.datasets import videos
from keras_sounddream.training import distillation
from keras_sounddream.training.distillation import dataset, students
from keras_sounddream.training.distillation.teachers import Teacher
from keras_sounddream.training.distributed import strategies

SETTINGS = distillation.Settings(
    window_seconds=WINDOW_SECONDS, epochs=7, batch_size=8, learning_rate=0.01, held_out=0.25
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """36 videos of three steps, of three places, and four that cannot be used."""
    path = tmp_path_factory.mktemp("videos")
    make_videos(path, 36, steps=3, step_seconds=WINDOW_SECONDS / 3)
    pictures = np.stack([draw(0, 0, np.random.default_rng(0))] * 15)
    write_video(path / "mute.mp4", pictures, None)
    write_video(path / "silent.mp4", pictures, np.zeros(3 * RATE, "float32"))
    write_video(path / "blind.mp4", None, np.ones(RATE, "float32"))
    (path / "broken.mp4").write_bytes((path / "video000.mp4").read_bytes()[:5000])
    return path


def test_divergence_is_kullback_and_leiblers(rng):
    p, q = rng.dirichlet(np.ones(5), (2, 4, 3)).astype("float32")
    p[0, 0] = np.eye(5)[2]  # a teacher that is sure
    expected = np.where(p > 0, p * np.log(np.maximum(p, 1e-30) / q), 0).sum(axis=-1).mean()
    assert float(distillation.Divergence()(p, q)) == pytest.approx(expected, rel=1e-4)
    assert float(distillation.Divergence()(q, q)) == pytest.approx(0, abs=1e-6)


def test_a_student_that_is_sure_and_wrong_still_learns():
    inputs = keras.Input((3,))
    scale = keras.layers.Dense(3, use_bias=False, kernel_initializer="identity")
    model = keras.Model(inputs, keras.layers.Softmax()(scale(inputs)))
    model.compile(keras.optimizers.SGD(1.0), distillation.Divergence())
    model.train_on_batch(np.array([[0, 200.0, 0]]), np.array([[1.0, 0, 0]]))
    assert scale.get_weights()[0][1].tolist() == [200, -199, 0]


def test_the_student_comes_to_agree_with_the_teacher(folder, tmp_path, monkeypatch):
    teachers = {"places": place_teacher()}
    found = distillation.distill(folder, teachers, tmp_path / "run", small_student(), SETTINGS)
    agreement = [found.curve[epoch]["val_places_agreement"] for epoch in range(8)]
    assert agreement[0] < 0.6  # three classes
    assert agreement[-1] >= 0.9
    assert 0.3 < found.chance["places"] < 0.6
    assert found.windows == {"taught": 27, "held_out": 9}
    reasons = {path.rsplit("/")[-1]: reason for path, reason in found.skipped.items()}
    for name, words in {"mute": "with sound", "blind": "with pictures", "silent": "silence",
                        "broken": "as a video"}.items():  # fmt: skip
        assert words in reasons.pop(f"{name}.mp4")
    assert not reasons


def test_a_broken_run_goes_on_where_it_was(folder, tmp_path, monkeypatch):
    settings = dataclasses.replace(SETTINGS, epochs=2)
    teachers = {"places": place_teacher()}
    whole = distillation.distill(folder, teachers, tmp_path / "whole", small_student(), settings)

    def interrupt(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(keras.callbacks.TensorBoard, "on_epoch_begin", interrupt)
    with pytest.raises(KeyboardInterrupt):
        distillation.distill(folder, teachers, tmp_path / "broken", small_student(), settings)
    monkeypatch.undo()

    def no_more(path, *settings):
        raise dataset._UnfitError("looked at again")

    monkeypatch.setattr(dataset, "_watch", no_more)
    again = distillation.distill(folder, teachers, tmp_path / "broken", small_student(), settings)
    assert set(again.skipped) == set(whole.skipped)
    assert again.curve == whole.curve
    for first, second in zip(whole.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    with pytest.raises(InputError, match="holds a run with"):
        distillation.distill(folder, teachers, tmp_path / "whole", small_student(), SETTINGS)


def test_devices_that_share_the_windows_teach_alike(tmp_path):
    make_videos(tmp_path / "videos", 12, steps=3, step_seconds=WINDOW_SECONDS / 3)
    settings = dataclasses.replace(SETTINGS, epochs=2, batch_size=3)
    strategy, found = tf.distribute.MirroredStrategy(["CPU:0"]), []
    for devices in (None, strategy):
        with strategies.scope(devices):
            student = small_student()
        given = (tmp_path / "videos", {"places": place_teacher()}, tmp_path / str(devices))
        found.append(distillation.distill(*given, student, settings, devices))
    one, shared = found
    assert one.curve.keys() == shared.curve.keys() == {0, 1, 2}
    for epoch, numbers in one.curve.items():
        assert shared.curve[epoch] == pytest.approx(numbers, abs=1e-5)
    for first, second in zip(one.model.get_weights(), shared.model.get_weights(), strict=True):
        np.testing.assert_allclose(first, second, atol=1e-5)
    with pytest.raises(InputError, match="small_student was made before: load it in"):
        distillation.distill(*given[:2], tmp_path / "new", small_student(), settings, strategy)


def test_a_window_is_what_the_teacher_says_of_its_pictures(folder, tmp_path):
    teacher, path = place_teacher(), folder / "video001.mp4"
    step = WINDOW_SECONDS / 3
    found, _ = dataset.prepare([path], {"places": teacher}, tmp_path, RATE, step, 2, 2)
    assert [window.first for window in found[0]] == [0]  # the third step fills no window
    waveform, said = dataset.read_window(found[0][0], ["places"], 2)
    expected = videos.read_sound(path, RATE)[: 2 * round(step * RATE)] / 32768
    np.testing.assert_array_equal(waveform, expected.astype("float32"))
    shown = list(videos.pictures(path, step * (np.arange(4) + 0.5) / 2))
    each = teacher.judge([teacher.fit(picture) for picture in shown])
    np.testing.assert_allclose(said["places"], each.reshape(2, 2, 3).mean(axis=1), atol=1e-6)


def test_a_short_video_is_repeated_sound_and_probabilities(tmp_path, rng):
    pictures = np.stack([draw(0, place, rng) for place in (0, 1) for _ in range(5)])
    write_video(tmp_path / "short.mp4", pictures, sound(0, 1, 1.5, rng))
    found, _ = dataset.prepare(
        [tmp_path / "short.mp4"], {"places": place_teacher()}, tmp_path / "kept", RATE, 1.0, 5
    )
    waveform, said = dataset.read_window(found[0][0], ["places"], 5)
    assert said["places"].argmax(axis=1).tolist() == [0, 1, 0, 1, 0]
    assert np.abs(waveform[round(1.6 * RATE) : 2 * RATE]).max() == 0  # the sound has ended
    np.testing.assert_array_equal(waveform[: 2 * RATE], waveform[2 * RATE : 4 * RATE])


def test_batches_part_windows_and_repeat():
    windows = [dataset.VideoWindow(None, i) for i in range(7)]
    batches = dataset.VideoWindows(windows, ["a"], 1, epochs=2, batch_size=3, seed=0)
    assert (batches.steps_per_epoch, len(batches)) == (2, 4)
    assert dataset.VideoWindows(windows, ["a"], 1, batch_size=3).steps_per_epoch == 3
    assert dataset.VideoWindows(windows, ["a"], 1, batch_size=64).steps_per_epoch == 1


def test_soundnet_has_a_head_for_each_teacher():
    teachers = {"places": place_teacher(), "things": place_teacher()}
    student = students.soundnet_student(teachers)
    assert students.time_steps(students.with_heads(student, teachers), 20 * RATE) == 4
    assert student.labels["things"] == ("red", "green", "blue")
    assert student.preprocess_input(np.ones(RATE), RATE).shape == (1, 20 * RATE)
    with pytest.raises(InputError, match=r"10\.98 s"):
        students.time_steps(student, 10 * RATE)


@pytest.mark.parametrize(
    ("student", "heads", "message"),
    [
        (small_student(5), ["places"], "has 3 classes, the student's output 5"),
        (small_student(), ["places", "things"], "Teachers: places, things. 1 outputs"),
        (small_student(activation="sigmoid"), ["places"], "End it in a softmax"),
        (place_teacher().model, ["places"], "Expected a student of waveforms"),
    ],
)
def test_students_that_do_not_fit_are_refused(student, heads, message):
    teachers = dict.fromkeys(heads, place_teacher())
    with pytest.raises(InputError, match=message):
        students.time_steps(students.with_heads(student, teachers), 3 * RATE)


def test_a_student_without_time_steps_has_one():
    teachers = {"places": place_teacher()}
    network = students.with_heads(small_student(along_time=False), teachers)
    assert students.time_steps(network, RATE) is None


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (small_student(), "Expected a teacher of pictures"),
        (keras.applications.MobileNet(weights=None, include_top=False, alpha=0.25), "with its top"),
    ],
)
def test_teachers_that_do_not_fit_are_refused(model, message):
    with pytest.raises(InputError, match=message):
        Teacher(model)


def test_a_teacher_cuts_out_the_middle_and_gives_probabilities():
    picture = np.zeros((20, 60, 3), "uint8")
    picture[:, 20:40] = 200
    assert place_teacher().fit(picture).shape == (16, 16, 3)
    np.testing.assert_array_equal(place_teacher().fit(picture)[:, 1:-1], 200)
    with pytest.raises(InputError, match="End it in a softmax"):
        place_teacher(None).judge([picture[:16, :16].astype("float32")])


def test_a_network_of_imagenet_teaches_by_its_name(media):
    weights = shared_data("weights") / "mobilenet_v1_025_224" / "mobilenet_v1_0.25_224.h5"
    teacher = distill._teacher("mobilenet", str(weights), None)
    burger = np.asarray(Image.open(media / "images" / "burger.jpg").convert("RGB"))
    said = teacher.judge([teacher.fit(burger)])[0]
    assert teacher.labels[said.argmax()] == "cheeseburger"
    assert said.max() > 0.9


def test_the_command_teaches_and_says_what_it_left_out(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for name in ("video000.mp4", "video001.mp4", "mute.mp4"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes((folder / name).read_bytes())
    place_teacher().model.save("teacher.keras")
    student = small_student()
    student.save("student.keras")
    command = ["distill", "in", "-o", "new.keras", "--teacher", "places=teacher.keras", "--student",
               "student.keras", "--epochs", "1", "--preprocessing", "places=none",
               "--window-seconds", "3.06", "--json", "curve.json"]  # fmt: skip
    assert main(command) == 0
    said = capsys.readouterr()
    assert "new.keras: places agrees on" in said.out
    assert "skipped in/mute.mp4" in said.err
    assert set(json.loads((tmp_path / "curve.json").read_text())["curve"]) == {"0", "1"}
    keras.models.load_model("new.keras")
    for change, words in [
        (["--force", "--weights", "things=x.h5"], "there is no --teacher things"),
        (["--force", "--teacher", "places"], "Expected --teacher HEAD=VALUE"),
        ([], "new.keras exists"),
        (["--force", "--held-out", "1"], "above 0 and below 1"),
    ]:
        assert main([*command, *change]) == 2
        assert words in capsys.readouterr().err
