"""Fine-tuning: what changes and what does not, resume, files, and what is refused."""

import numpy as np
import pytest
from made_clips import folder_a_class
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_sounddream import InputError, applications
from keras_sounddream.applications import efficientat, log_mel_cnn, yamnet
from keras_sounddream.applications.efficientat.front_end import CentredLogMel
from keras_sounddream.audio import load
from keras_sounddream.audio.layers import LogMelSpectrogram
from keras_sounddream.datasets.clip_sets import ClipSet, read_clip_set
from keras_sounddream.training import augmentation, classifier
from keras_sounddream.training.transfer import fine_tuning, sound_networks
from keras_sounddream.training.transfer.linear_classifier import dense_weights

QUICK = {"epochs": 5, "learning_rate": 3e-3}


@pytest.fixture
def clip_set(tmp_path):
    return read_clip_set(folder_a_class(tmp_path / "clips", 5))


@pytest.fixture(autouse=True)
def small_batches(monkeypatch):
    monkeypatch.setattr(sound_networks, "SPEEDS", (1.0,))
    monkeypatch.setattr(sound_networks, "CROP_SECONDS", 0.4)
    monkeypatch.setattr(sound_networks, "BATCH_SIZE", 6)


def interrupted_once(monkeypatch):
    """Lets the next run end after its first saved state."""
    save = classifier.TrainingState.on_epoch_end

    def interrupt(self, epoch, logs=None):
        monkeypatch.setattr(classifier.TrainingState, "on_epoch_end", save)
        save(self, epoch, logs)
        raise KeyboardInterrupt

    monkeypatch.setattr(classifier.TrainingState, "on_epoch_end", interrupt)


def test_only_what_is_unfrozen_changes_and_a_run_goes_on(clip_set, tmp_path, monkeypatch):
    def run(fold):
        return fine_tuning.finetune(
            clip_set,
            tmp_path / "state",
            "LogMelCNN",
            test_fold=fold,
            unfreeze=["block4_*"],
            **QUICK,
        )

    interrupted_once(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        run(1)
    assert list((tmp_path / "state").glob("state-*1.weights.h5"))
    model = run(1)
    before = {weight.path: weight.numpy() for weight in applications.LogMelCNN().weights}
    changed = {
        weight.path
        for weight in model.weights
        if not weight.path.startswith("predictions")
        and not np.array_equal(weight.numpy(), before[weight.path])
    }
    assert changed == {f"block4_conv{i}/{kind}" for i in (1, 2) for kind in ("kernel", "bias")}
    assert model.labels == ("high", "low", "noise")
    scores = fine_tuning.score_clips(model, clip_set.clips, log_mel_cnn, progress=False)
    right = scores.argmax(axis=1) == [clip.label for clip in clip_set.clips]
    assert right.mean() > 0.8
    with pytest.raises(InputError, match="holds a run with"):
        run(2)


@pytest.mark.parametrize("num_classes", [2, 3])
def test_a_probe_becomes_a_layer(rng, num_classes):
    labels = np.arange(30) % num_classes
    rows = rng.normal(3, 5, (30, 6)) + labels[:, None]
    rows[:, 4] = 7  # a unit that says nothing
    kernel, bias = dense_weights(rows, labels, cost=0.3)
    scores = np.exp(rows @ kernel + bias)
    scores /= scores.sum(axis=1, keepdims=True)
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=0.3)).fit(rows, labels)
    np.testing.assert_allclose(scores, plain.predict_proba(rows), atol=1e-4)


def test_weights_carry_their_labels(tmp_path, chirp):
    model = applications.LogMelCNN(weights=None, classes=2, labels=["a, b", "ü"])
    path = tmp_path / "mine.npz"
    applications.save_weights(model, path)
    built, family = applications.build("log_mel_cnn", weights=str(path))
    assert family is log_mel_cnn
    assert built.labels == ("a, b", "ü")
    np.testing.assert_allclose(built(chirp), model(chirp), atol=1e-3)  # 16 bits
    by_hand = applications.LogMelCNN(weights=str(path), classes=2)
    assert by_hand.labels == ("a, b", "ü")
    renamed = applications.LogMelCNN(weights=str(path), classes=2, labels=["c", "d"])
    assert renamed.labels == ("c", "d")
    with pytest.raises(InputError, match="has 2 classes: a, b, ü. Give classes=2"):
        applications.LogMelCNN(weights=str(path))


def test_yamnets_top_scores_patches_and_its_base_is_kept(tmp_path, clip_set):
    network = sound_networks.SoundNetwork("yamnet", clip_set.labels, weights=None)
    model = fine_tuning.freeze(network.with_new_top(), ["layer14_*"])
    kernels = [
        m.get_layer("layer3_depthwise_conv").get_weights()[0] for m in (network.source, model)
    ]
    np.testing.assert_array_equal(*kernels)
    trained = {weight.path.split("/")[0] for weight in model.trainable_weights}
    assert trained == {"layer14_depthwise_conv", "layer14_pointwise_conv", "predictions"}
    scores = fine_tuning.score_clips(model, clip_set.clips[:2], yamnet, progress=False)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    one = next(clip for clip in clip_set.clips if clip.label == 0)
    patches = yamnet.outputs(model)(yamnet.preprocess_input(load(one.path, 16000), 16000))
    mean = np.mean(patches["patch_scores"], axis=1)
    expected = np.exp(mean) / np.exp(mean).sum()
    np.testing.assert_allclose(patches["scores"], expected, atol=1e-5)
    network.source = applications.YAMNet(weights=None, activation="relu6")
    with pytest.raises(InputError, match="Give activation='relu6'"):
        network.with_new_top()


FRONT_ENDS = {
    "log_mel_cnn": LogMelSpectrogram(log_mel_cnn.ANALYSIS, log_offset=log_mel_cnn.LOG_OFFSET),
    "yamnet": LogMelSpectrogram(yamnet.ANALYSIS, 1, yamnet.LOG_OFFSET),
    "efficientat": CentredLogMel(),
}


@pytest.mark.parametrize("front_end", FRONT_ENDS.values(), ids=FRONT_ENDS)
def test_stored_powers_become_the_front_ends_spectrogram(front_end, clip_set, monkeypatch):
    """Without mixing, filter and masks, a batch is what the model's front end makes."""
    monkeypatch.setattr(augmentation, "_MIXED_SHARE", 0.0)
    monkeypatch.setattr(augmentation, "random_filter", lambda rng, n: np.ones(n, "float32"))
    monkeypatch.setattr(augmentation, "mask", lambda rng, x: None)
    path = clip_set.clips[0].path
    stored = augmentation.mel_powers([path], front_end, (1.0,))
    frames = len(stored[0][0])
    batches = augmentation.AugmentedCrops(stored, [0], 1, frames, 1, 1, front_end=front_end)
    expected = front_end(load(path, front_end.analysis.sample_rate))
    np.testing.assert_allclose(batches[0][0], expected, atol=2e-3)


def test_the_variant_of_a_file_is_tuned(clip_set, tmp_path):
    small = applications.EfficientAT("mn04", weights=None)
    applications.save_weights(small, tmp_path / "small.npz")
    settings = {"weights": str(tmp_path / "small.npz"), "unfreeze": ["block15_*"]}
    model = fine_tuning.finetune(
        clip_set, tmp_path / "state", "efficientat", epochs=1, learning_rate=1e-3, **settings
    )
    assert model.labels == ("high", "low", "noise")
    assert model.get_layer("embeddings").output.shape[-1] == 384
    kernels = [m.get_layer("block3_project_conv").kernel for m in (model, small)]
    np.testing.assert_allclose(*kernels, atol=1e-3)  # 16 bits
    moved = [m.get_layer("block15_project_conv").kernel for m in (model, small)]
    assert not np.allclose(*moved, atol=1e-3)
    scores = fine_tuning.score_clips(model, clip_set.clips[:2], efficientat, progress=False)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)


BAD = {
    "model": ({"model": "yamnett"}, "no model 'yamnett'. Did you mean yamnet"),
    "front end": ({"model": "soundnet8", "weights": None}, "no model 'soundnet8'"),
    "waveforms": ({"model": "SoundNet8", "weights": None}, "SoundNet8 has none. Probe it"),
    "layer": ({"unfreeze": ["block5_*"]}, "no layer to train 'block5_.*Did you mean block"),
    "norm": ({"unfreeze": ["block1_conv1_norm"]}, "no layer to train 'block1_conv1_norm'"),
    "fold": ({"test_fold": 7}, "Received: 7"),
    "weights": ({"weights": "no.npz"}, "no.npz"),
    "rate": (
        {"learning_rate": float("nan")},
        "must be finite and above 0. Received: nan",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(clip_set, tmp_path, case):
    settings, message = BAD[case]
    settings = {"model": "log_mel_cnn", "test_fold": 1} | settings
    with pytest.raises(InputError, match=message):
        fine_tuning.finetune(clip_set, tmp_path / "state", **settings)
    assert not (tmp_path / "state").exists()


def test_a_broken_clip_is_named(clip_set, tmp_path):
    broken = clip_set.clips[2].path
    broken.write_bytes(b"RIFF no sound")
    with pytest.raises(InputError, match=broken.name):
        fine_tuning.finetune(
            ClipSet(clip_set.clips[:4], clip_set.labels, False), tmp_path / "state", "LogMelCNN"
        )
