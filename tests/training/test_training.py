"""The recipe: its batches, its resume, and that it learns."""

import json

import keras
import numpy as np
import pytest
import soundfile

from keras_sounddream import InputError
from keras_sounddream.training import augmentation, classifier, evaluation, states
from keras_sounddream.training.recipes import esc10


@pytest.fixture
def stored(rng):
    """Eight clips of two classes, low and high noise, at two speeds: mel powers."""
    shapes = [np.exp(-np.arange(16) / 4), np.exp(-np.arange(16)[::-1] / 4)]
    return [
        [shapes[i % 2] * rng.exponential(size=(40, 16)).astype("float32") for _ in range(2)]
        for i in range(8)
    ]


@pytest.fixture
def batches(stored):
    labels = [i % 2 for i in range(8)]
    return augmentation.AugmentedCrops(
        stored, labels, 2, crop_frames=20, epochs=4, batch_size=4, seed=1
    )


def build():
    inputs = keras.Input((None, 16))
    x = keras.layers.GlobalAveragePooling1D()(inputs)
    x = keras.layers.Dropout(0.2)(x)
    return keras.Model(inputs, keras.layers.Dense(2, activation="softmax")(x))


def test_batches_are_repeatable_and_differ_by_epoch(batches):
    first, again = batches[0], batches[0]
    np.testing.assert_array_equal(first[0], again[0])
    assert first[0].shape == (4, 20, 16)
    np.testing.assert_allclose(first[1].sum(axis=1), 1, rtol=1e-6)
    assert np.array_equal(batches[2][0], batches[2][0])
    assert len(batches) == 4 * batches.steps_per_epoch == 8
    batches.first_step = 2
    assert len(batches) == 6
    assert not np.array_equal(batches[0][0], first[0])


def test_an_epoch_draws_every_clip_once(batches, monkeypatch):
    monkeypatch.setattr(augmentation, "_MIXED_SHARE", 0.0)
    drawn = np.concatenate([batches[i][1] for i in range(batches.steps_per_epoch)])
    np.testing.assert_array_equal(drawn.sum(axis=0), [4, 4])


def test_a_crop_holds_the_sound_and_is_filled_up_with_silence(rng):
    power = np.zeros((100, 4), "float32")
    power[60] = 1
    for _ in range(20):
        assert augmentation.crop_by_loudness(rng, power, 30).max() == 1
    short = augmentation.crop_by_loudness(rng, np.ones((10, 4), "float32"), 30)
    assert short.shape == (30, 4)
    assert short.sum() == 40


def test_mask_hides_bands_and_frames(rng):
    hidden = 0
    for _ in range(20):
        spectrogram = rng.normal(size=(40, 16))
        masked = spectrogram.copy()
        augmentation.mask(rng, masked)
        hidden += np.mean(masked != spectrogram)
    assert 0.05 < hidden / 20 < 0.8


def test_mel_powers_of_a_faster_sound_lie_higher(tmp_path):
    from keras_sounddream.audio import Analysis, LogMelSpectrogram

    front_end = LogMelSpectrogram(Analysis())
    soundfile.write(tmp_path / "tone.wav", np.sin(np.arange(24000) / 4), 24000)
    slow, fast = augmentation.mel_powers([tmp_path / "tone.wav"], front_end, (1.0, 1.2))[0]
    assert len(fast) == pytest.approx(len(slow) / 1.2, abs=2)
    assert fast.mean(axis=0).argmax() > slow.mean(axis=0).argmax()


def history(folder):
    """Losses that TensorBoard's files hold, by epoch."""
    from tensorflow.core.util import event_pb2
    from tensorflow.data import TFRecordDataset

    losses = {}
    for path in (folder / "tensorboard").rglob("events*"):
        for record in TFRecordDataset(str(path)):
            event = event_pb2.Event.FromString(record.numpy())
            for value in event.summary.value:
                if value.tag == "epoch_loss":
                    losses[event.step] = float(np.frombuffer(value.tensor.tensor_content, "<f4")[0])
    return losses


def test_an_interrupted_run_has_the_loss_curve_of_a_whole_one(batches, tmp_path, monkeypatch):
    whole = classifier.fit(build, batches, tmp_path / "whole", seed=3)
    save = classifier.TrainingState.on_epoch_end

    def interrupt(self, epoch, logs=None):
        save(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(classifier.TrainingState, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        classifier.fit(build, batches, tmp_path / "broken", seed=3)
    monkeypatch.undo()
    resumed = classifier.fit(build, batches, tmp_path / "broken", seed=3)
    for first, second in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    expected, got = history(tmp_path / "whole"), history(tmp_path / "broken")
    assert {epoch: got[epoch] for epoch in (2, 3)} == {e: expected[e] for e in (2, 3)}


def make_esc10(folder, rng):
    """Ten classes of tones in ESC-10's layout, one clip a fold."""
    for label in range(10):
        (folder / f"{label + 1:03d} - Class").mkdir(parents=True)
        for fold in esc10.FOLDS:
            tone = np.sin(2 * np.pi * 200 * 1.4**label * np.arange(24000) / 24000)
            tone = 0.3 * tone + rng.normal(0, 0.01, 24000)
            soundfile.write(folder / f"{label + 1:03d} - Class" / f"{fold}-1-A.ogg", tone, 24000)


def test_the_command_trains_saves_and_evaluates(tmp_path, rng, capsys):
    from keras_sounddream.cli.main import main

    make_esc10(tmp_path / "data", rng)
    options = ["--data", str(tmp_path / "data"), "--folder", str(tmp_path / "state")]
    weights = str(tmp_path / "w.npz")
    assert main(["train", "esc10", *options, "-o", weights, "--epochs", "1", "--fold", "2"]) == 0
    assert "of fold 2" in capsys.readouterr().out
    report = str(tmp_path / "report.json")
    evaluate = ["evaluate", "log_mel_cnn", "--weights", weights, "--data", str(tmp_path / "data")]
    assert main([*evaluate, "--fold", "2", "--fold", "3", "--json", report]) == 0
    with open(report) as file:
        assert np.sum(json.load(file)["confusion"]) == 20


def test_the_command_trains_another_family_into_a_model_file(tmp_path, rng, capsys):
    from keras_sounddream.cli.main import main

    make_esc10(tmp_path / "data", rng)
    path = str(tmp_path / "urban.keras")
    options = ["--data", str(tmp_path / "data"), "--folder", str(tmp_path / "state"), "--fold", "2"]
    train = ["train", "esc10", "--model", "urban_sound_cnn", *options, "-o", path, "--epochs", "1"]
    assert main(train) == 0
    assert "urban.keras" in capsys.readouterr().out
    model = keras.models.load_model(path)
    assert (model.name, model.labels) == ("urban_sound_cnn", esc10.LABELS)
    with pytest.raises(InputError, match="with a LogMelSpectrogram. SoundNet8 has none"):
        esc10.train(tmp_path / "data", 2, tmp_path / "none", model="SoundNet8")
    other = ["train", "esc10", *options, "-o", str(tmp_path / "w.npz"), "--epochs", "1"]
    assert main(other) == 2  # the folder holds the state of another model
    assert "holds a run with" in capsys.readouterr().err
    three = keras.Sequential([keras.Input((None,)), keras.layers.Lambda(lambda x: x[:, :3])])
    with pytest.raises(InputError, match="Expected a model of 10 classes"):
        esc10.score(three, tmp_path / "data", [2])
    with pytest.raises(InputError, match="Expected folds of"):
        esc10.score(model, tmp_path / "data", [6])


def test_states_are_saved_now_and_then_and_at_the_end(batches, tmp_path):
    classifier.fit(build, batches, tmp_path, seed=3, save_every=3, keep=2)
    kept = sorted(path.name for path in tmp_path.glob("state-*"))
    assert kept == ["state-000003.weights.h5", "state-000004.weights.h5"]


def test_clips_are_read_by_class_and_fold(esc10):
    from keras_sounddream.datasets.esc10 import read_clips

    clips = read_clips(esc10)
    assert len(clips) == 400
    for fold in range(1, 6):
        counts = np.bincount([clip.label for clip in clips if clip.fold == fold])
        np.testing.assert_array_equal(counts, 8)


def test_a_folder_that_is_not_esc10_is_named(tmp_path):
    with pytest.raises(InputError, match="ten class folders"):
        esc10.read_clips(tmp_path)
    for i in range(10):
        (tmp_path / f"{i:03d} - Class").mkdir()
    with pytest.raises(InputError, match="folds 1 to 5"):
        esc10.read_clips(tmp_path)


def test_accuracy_is_the_share_on_the_diagonal():
    assert evaluation.accuracy(np.array([[3, 1], [0, 4]])) == 7 / 8


def test_a_folder_of_another_run_is_not_taken_up(tmp_path):
    states.claim_folder(tmp_path / "run", {"test_fold": 5})
    states.claim_folder(tmp_path / "run", {"test_fold": 5})
    with pytest.raises(InputError, match="'test_fold': 5}, not {'test_fold': 1}. Give another"):
        states.claim_folder(tmp_path / "run", {"test_fold": 1})


def test_one_bar_shows_epochs_and_loss(batches, tmp_path, capsys):
    classifier.fit(build, batches, tmp_path, seed=3)
    shown = capsys.readouterr().err
    assert "train: 100%" in shown
    assert "4/4" in shown
    assert "loss=" in shown


def test_a_finished_run_is_given_back_as_it_is(batches, tmp_path):
    first = classifier.fit(build, batches, tmp_path, seed=3)
    again = classifier.fit(build, batches, tmp_path, seed=3)
    np.testing.assert_array_equal(first.get_weights()[0], again.get_weights()[0])
