"""The recipe from UrbanSound8K's layout to a measured model, interrupted and not."""

import json

import keras
import numpy as np
import pytest
from datasets import small_urban
from places import ROOT
from training.test_steps import events

from keras_sounddream import InputError
from keras_sounddream.applications.urban_sound_cnn import model as urban_model
from keras_sounddream.cli.main import main
from keras_sounddream.datasets import urbansound8k as urban_clips
from keras_sounddream.training import classifier, evaluation
from keras_sounddream.training.recipes import urbansound8k
from keras_sounddream.training.recipes.urbansound8k import Settings

QUICK = {"architecture": "tiny", "batch_size": 20, "checkpoint_steps": 2, "summary_steps": 2}


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setitem(urban_model._ARCHITECTURES, "tiny", (((8, 8), (16, 16)), (64,)))


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("UrbanSound8K")
    small_urban.make(folder, np.random.default_rng(0), folds=range(1, 6))
    return folder


def weights_of(model):
    return np.concatenate([weight.ravel() for weight in model.get_weights()])


def test_it_learns_the_classes_of_a_fold_that_it_never_heard(small, tmp_path):
    rare = {"checkpoint_steps": 100, "summary_steps": 100, "learning_rate": 0.005}
    settings = Settings(**QUICK | rare, steps=40, fold=5, front_end="legacy")
    model = urbansound8k.train(small, tmp_path, settings)
    assert model.labels == urban_clips.LABELS
    clips, scores = urbansound8k.evaluate(model, small, settings, progress=False)
    assert {clip.fold for clip in clips} == {5}
    confusion = evaluation.confusion_matrix([clip.label for clip in clips], scores)
    assert confusion.sum() == 20
    assert evaluation.accuracy(confusion) > 0.4  # by chance 0.1


def test_an_interrupted_run_ends_as_a_whole_one(small, tmp_path, monkeypatch):
    settings = Settings(**QUICK, steps=8, fold=5)
    whole = urbansound8k.train(small, tmp_path / "whole", settings)
    save = classifier.TrainingState.on_epoch_end

    def interrupt(self, epoch, logs=None):
        save(self, epoch, logs)
        if epoch == 4:  # the state of 4 steps is there, the fifth step is lost
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(classifier.TrainingState, "on_epoch_end", interrupt)
        with pytest.raises(KeyboardInterrupt):
            urbansound8k.train(small, tmp_path / "broken", settings)
    resumed = urbansound8k.train(small, tmp_path / "broken", settings)
    np.testing.assert_array_equal(weights_of(resumed), weights_of(whole))
    first, second = (events(tmp_path / name)["cross_entropy"] for name in ("whole", "broken"))
    assert first == second
    assert len(first) == 8


def test_five_states_are_kept(small, tmp_path):
    urbansound8k.train(small, tmp_path, Settings(**QUICK, steps=13, fold=5))
    kept = sorted(path.name for path in tmp_path.glob("state-*"))
    assert kept == [f"state-{step:06d}.weights.h5" for step in (6, 8, 10, 12, 13)]
    with pytest.raises(InputError, match="holds a run with"):
        urbansound8k.train(small, tmp_path, Settings(**QUICK, steps=13, fold=4))


@pytest.mark.parametrize("tagging", ["by_recording", "by_file"])
def test_the_nine_class_set_is_trained_validated_and_tested_on(small, tmp_path, tagging):
    settings = Settings(**QUICK, steps=4, protocol="nine_class", tagging=tagging, seed=1)
    model = urbansound8k.train(small, tmp_path, settings)
    assert model.labels == urban_clips.NINE_LABELS
    assert set(events(tmp_path)["validation_accuracy"]) == {1, 3}
    clips, scores = urbansound8k.evaluate(model, small, settings, progress=False)
    assert scores.shape == (len(clips), 9)
    assert all(0 <= clip.label < 9 for clip in clips)


def test_mixed_precision_is_for_the_network_alone(small, tmp_path):
    settings = Settings(**QUICK, steps=2, fold=5, precision="mixed_bfloat16")
    model = urbansound8k.train(small, tmp_path, settings)
    assert model.dtype_policy.name == "float32"
    assert "conv1/pre_activations_conv" in events(tmp_path)


def test_the_legacy_front_end_is_trained_whole(small, tmp_path):
    settings = Settings(**QUICK, steps=2, front_end="legacy", protocol="nine_class")
    model = urbansound8k.train(small, tmp_path, settings)
    assert model.sample_rate == 8000
    assert model.get_layer("fc1").kernel.shape[0] == 33 * 4 * 16


def test_the_command_trains_and_measures_a_model_file(small, tmp_path, capsys):
    path = str(tmp_path / "urban.keras")
    data = ["--data", str(small), "--fold", "5"]
    quick = ["--steps", "4", "--batch-size", "10", "--checkpoint-steps", "2"]
    options = ["--architecture", "tiny", "--folder", str(tmp_path / "state"), *quick]
    assert main(["train", "urbansound8k", *data, *options, "-o", path]) == 0
    assert "of fold 5" in capsys.readouterr().out
    assert keras.models.load_model(path).labels == urban_clips.LABELS
    outputs = ["--json", str(tmp_path / "c.json"), "--plot", str(tmp_path / "c.png")]
    assert main(["evaluate", path, *data, *outputs, "--print-samples"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("  right\n") + shown.count("  wrong\n") == 20
    assert "(20 clips, fold 5)" in shown
    found = json.loads((tmp_path / "c.json").read_text())
    assert np.sum(found["confusion"]) == 20
    assert f"accuracy {found['accuracy']:.2%}" in shown
    assert (tmp_path / "c.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "urbansound8k", "--epochs", "3"], "The recipe urbansound8k has no --epochs"),
        (["train", "urbansound8k", "--model", "yamnet"], "urbansound8k has no --model"),
        (["train", "esc10", "--steps", "3"], "The recipe esc10 has no --steps"),
        (["train", "esc10", "--fold", "7"], "ESC-10 has the folds 1 to 5. Received: 7"),
        (["train", "urbansound8k", "--architecture", "vgg"], "`architecture` must be one of"),
        (
            ["train", "urbansound8k", "--fold", "5", "--batch-size", "9"],
            "`batch_size` must be at least 10",
        ),
    ],
)
def test_options_of_another_recipe_are_refused(small, tmp_path, capsys, arguments, message):
    output = ["-o", str(tmp_path / "w.npz"), "--folder", str(tmp_path / "state")]
    assert main([*arguments, "--data", str(small), *output]) == 2
    assert message in capsys.readouterr().err


def test_what_does_not_fit_the_model_is_named(small, tmp_path, capsys):
    with pytest.raises(InputError, match="`protocol` must be one of"):
        Settings(protocol="ten")
    with pytest.raises(InputError, match="`tagging` must be one of"):
        Settings(tagging="none")
    data = ["--data", str(small)]
    assert main(["evaluate", "log_mel_cnn", *data, "--protocol", "nine_class"]) == 2
    assert "Expected a model of 9 classes" in capsys.readouterr().err
    assert main(["evaluate", "log_mel_cnn", *data, "--fold", "1", "--fold", "2"]) == 2
    assert "one fold of UrbanSound8K at a time" in capsys.readouterr().err
    assert main(["evaluate", "log_mel_cnn", "--data", str(tmp_path), "--short", "pad"]) == 2
    assert "ESC-10 has no short" in capsys.readouterr().err


def test_a_set_without_whole_clips_is_named(tmp_path, rng):
    small_urban.make(tmp_path, rng, seconds=(1.0,), folds=(1, 2))
    with pytest.raises(InputError, match="Expected clips of 4 s of several recordings"):
        urbansound8k.read_parts(tmp_path, Settings(protocol="nine_class"))


def test_sounds_at_hand_go_through_the_recipe(esc10, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import urban_small_set

    rows = urban_small_set.make_set(esc10, tmp_path / "set", per_class=40)
    clips = urban_clips.read_clips(tmp_path / "set")
    assert len(clips) == len(rows) == 400
    assert {clip.fold for clip in clips} == set(urban_clips.FOLDS)
    homes = [{clip.recording for clip in clips if clip.fold == fold} for fold in urban_clips.FOLDS]
    assert sum(map(len, homes)) == len(set.union(*homes))
    lengths = urban_clips.nine_classes(clips, progress=False)
    assert len(lengths) == 9 * 35 - 1  # every eighth is short, and one clip of ESC-10
    settings = Settings(**QUICK, steps=2)
    model = urbansound8k.train(tmp_path / "set", tmp_path / "state", settings)
    tested, scores = urbansound8k.evaluate(model, tmp_path / "set", settings, progress=False)
    assert len(tested) == len(scores) == sum(clip.fold == 10 for clip in clips)
