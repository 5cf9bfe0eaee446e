"""Probes: against scikit-learn used plainly, that folds do not leak, and what is refused."""

import pathlib

import numpy as np
import pytest
from made_clips import folder_a_class
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from keras_sounddream import InputError
from keras_sounddream.datasets.clip_sets import ClipSet, read_clip_set
from keras_sounddream.datasets.esc10 import Clip
from keras_sounddream.training.transfer import feature_cache as stored_module
from keras_sounddream.training.transfer.feature_cache import stored_features
from keras_sounddream.training.transfer.linear_classifier import PROTOCOLS, find_protocol
from keras_sounddream.training.transfer.linear_probe import (
    cross_validate,
    probe,
)


def clip_set(num_folds=4, per_fold=3, classes=3):
    clips = [
        Clip(pathlib.Path(f"{fold}-{label}-{i}.wav"), label, fold)
        for fold in range(1, num_folds + 1)
        for label in range(classes)
        for i in range(per_fold)
    ]
    return ClipSet(tuple(clips), tuple("abcdef"[:classes]), True)


def features_of(clips, rng, width=40, distance=1.0):
    centres = rng.normal(0, distance, (len(clips.labels), width))
    rows = np.stack([centres[clip.label] + rng.normal(0, 1.5, width) for clip in clips.clips])
    return rows.astype("float32")


@pytest.mark.parametrize("width", [8, 90])  # fewer and more than the clips that are fitted to
@pytest.mark.parametrize("kind", ["logistic", "svm"])
def test_accuracies_are_those_of_plain_scikit_learn(rng, kind, width):
    clips = clip_set(per_fold=6)
    rows = features_of(clips, rng, width, 0.5)
    got = cross_validate({"x": list(rows[:, None])}, clips, kind, (0.05,), progress=False)
    labels, folds = (np.array([clip[i] for clip in clips.clips]) for i in (1, 2))
    expected = []
    for fold in (1, 2, 3, 4):
        plain = LinearSVC(C=0.05) if kind == "svm" else LogisticRegression(C=0.05, max_iter=1000)
        scaler = StandardScaler().fit(rows[folds != fold])
        plain.fit(scaler.transform(rows[folds != fold]), labels[folds != fold])
        right = plain.predict(scaler.transform(rows[folds == fold])) == labels[folds == fold]
        expected.append(right.mean())
    assert 0.3 < np.mean(expected) < 1
    np.testing.assert_allclose(got.accuracies, expected)
    assert got.mean == pytest.approx(np.mean(expected))
    assert got.spread == pytest.approx(np.std(expected, ddof=1))
    assert got.confusion.sum() == len(clips.clips)


def test_the_fold_that_is_measured_on_chooses_nothing(rng):
    clips = clip_set()
    rows = features_of(clips, rng)
    candidates = {"good": list(rows[:, None]), "noise": list(rng.normal(size=(36, 1, 40)))}
    costs = (1e-3, 1e-1)
    before = cross_validate(candidates, clips, costs=costs, progress=False)
    assert {name for name, _ in before.chosen} == {"good"}
    labels = [clip.label for clip in clips.clips]
    labels[:9] = np.roll(labels[:9], 3)  # fold 1, labelled wrongly
    wrong = tuple(clip._replace(label=y) for clip, y in zip(clips.clips, labels, strict=True))
    wrong = ClipSet(wrong, clips.labels, True)
    only = cross_validate(candidates, wrong, costs=costs, folds=(1,), progress=False)
    assert only.chosen == before.chosen[:1]
    assert only.accuracies[0] < before.accuracies[0]


def test_a_leaking_candidate_is_seen_only_through_other_folds(rng):
    """Features that tell fold 2's classes alone are not chosen for fold 2."""
    clips = clip_set()
    good = features_of(clips, rng)
    leak = rng.normal(size=good.shape)
    for i, clip in enumerate(clips.clips):
        if clip.fold == 2:
            leak[i] = 10 * np.eye(40)[clip.label]
    candidates = {"leak": list(leak[:, None]), "good": list(good[:, None])}
    found = cross_validate(candidates, clips, folds=(2,), progress=False)
    assert found.chosen[0][0] == "good"


def test_scores_of_a_clips_windows_are_averaged(rng):
    clips = clip_set()
    rows = features_of(clips, rng, distance=2.0)
    noisy = [row + rng.normal(0, 3, (1 + i % 4, 40)) for i, row in enumerate(rows)]
    found = cross_validate({"x": noisy}, clips, "svm", (0.01,), scaled=False, progress=False)
    assert found.mean > 0.6


def test_two_classes_and_a_single_fold(rng):
    clips = clip_set(classes=2)
    rows = list(features_of(clips, rng, distance=3.0)[:, None])
    found = cross_validate({"x": rows}, clips, folds=(3,), progress=False)
    assert found.accuracies == (1.0,)
    assert np.isnan(found.spread)


def test_features_are_computed_once_and_again_when_something_changes(
    small_model, tmp_path, monkeypatch
):
    paths = sorted(folder_a_class(tmp_path / "clips", 1).rglob("*.wav"))
    calls = []
    compute = stored_module.activations
    monkeypatch.setattr(
        stored_module, "activations", lambda *a, **k: calls.append(a[1]) or compute(*a, **k)
    )

    def features(layers=("conv1",), pooling="mean"):
        return stored_features(
            small_model, layers, paths, pooling, folder=tmp_path / "kept", progress=False
        )

    first, again = features(), features()
    np.testing.assert_array_equal(first["conv1"], again["conv1"])
    assert calls == [["conv1"]]
    features(("conv1", "conv2"))
    assert calls[1:] == [["conv2"]]
    windows = features(pooling="windows")["conv1"]
    assert len(windows[0]) > 1
    assert len(calls) == 3
    paths[0].write_bytes(paths[1].read_bytes())
    features()
    assert len(calls) == 4
    for path in (tmp_path / "kept").iterdir():
        path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="Delete it"):
        features()


@pytest.mark.parametrize("settings", [{}, {"kind": "svm"}, PROTOCOLS["soundnet"]], ids=str)
def test_a_random_layer_tells_tones_from_noise(small_model, tmp_path, settings):
    folder_a_class(tmp_path / "clips", 5)
    settings = settings | ({"seconds": 1.0} if "seconds" in settings else {})
    found = probe(small_model, "conv1", tmp_path / "clips", progress=False, **settings)
    assert found.labels == ("high", "low", "noise")
    assert found.mean > 0.8


def test_dogs_are_told_from_rain_by_their_log_mel_bands(esc10, small_model):
    whole = read_clip_set(esc10)
    some = tuple(clip for clip in whole.clips if clip.label < 2)[::4]
    some = ClipSet(some, whole.labels[:2], True)
    paths = [clip.path for clip in some.clips]
    kept = stored_features(small_model, ["front_end"], paths, progress=False)
    assert cross_validate(kept, some, progress=False).mean > 0.8


BAD = {
    "layer": ({"layer": "convv1"}, "no layer 'convv1'. Did you mean conv1"),
    "kind": ({"kind": "svn"}, "no kind 'svn'. Did you mean svm"),
    "pooling": ({"pooling": "mena"}, "no pooling 'mena'. Did you mean mean"),
    "unequal": ({"pooling": "none"}, "rows of equal length"),
    "cost": ({"costs": (0.0,)}, "above 0"),
    "fold": ({"folds": (6,)}, "Received: 6"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(small_model, tmp_path, case):
    settings, message = BAD[case]
    settings = {"layer": "conv1", "data": folder_a_class(tmp_path / "clips", 5)} | settings
    with pytest.raises(InputError, match=message):
        probe(small_model, progress=False, **settings)


def test_what_cannot_choose_or_be_read_is_named(small_model, tmp_path, rng):
    clips = clip_set(num_folds=2)
    with pytest.raises(InputError, match="three folds"):
        cross_validate({"x": list(features_of(clips, rng)[:, None])}, clips, progress=False)
    with pytest.raises(InputError, match="Did you mean soundnet"):
        find_protocol("soundnett")
    broken = sorted(folder_a_class(tmp_path / "clips", 5).rglob("*.wav"))[3]
    broken.write_bytes(b"RIFF no sound")
    with pytest.raises(InputError, match=broken.name):
        probe(small_model, "conv1", tmp_path / "clips", progress=False)
