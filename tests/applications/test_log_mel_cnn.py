"""LogMelCNN: its size, and that it knows real sounds."""

import numpy as np
import pytest

from keras_sounddream import InputError, applications
from keras_sounddream.applications import classify, pieces


def test_has_at_most_a_million_parameters():
    assert applications.LogMelCNN(weights=None).count_params() <= 1_000_000


def test_knows_sounds_that_it_never_heard(esc10):
    model = applications.LogMelCNN()
    right = 0
    for folder in sorted(esc10.glob("0*")):
        clip = sorted(folder.glob("5-*.ogg"))[0]
        best = classify.classify_file(model, clip, 1, applications.log_mel_cnn)
        right += best[0][0] == int(folder.name[:3]) - 1
    assert right >= 8


def test_long_sounds_are_scored_in_pieces(tmp_path, monkeypatch, chirp):
    from keras_sounddream import audio

    audio.save(tmp_path / "chirp.wav", chirp, 24000)
    model, family = applications.LogMelCNN(), applications.log_mel_cnn
    monkeypatch.setattr(pieces, "_PIECE_SECONDS", 0.5)
    found = classify.classify_file(model, tmp_path / "chirp.wav", 10, family)
    halves = np.mean([model(chirp[:, :12000])[0], model(chirp[:, 12000:])[0]], axis=0)
    for index, _, score in found:
        assert score == pytest.approx(float(halves[index]), abs=1e-3)


@pytest.mark.parametrize("name", ["LogMelCNN", "log_mel_cnn"])
def test_find_by_either_name(name):
    assert applications.find(name) == ("LogMelCNN", applications.log_mel_cnn)


def test_find_tells_the_nearest():
    with pytest.raises(InputError, match="no model 'logmel_cnn'\\. Did you mean log_mel_cnn"):
        applications.find("logmel_cnn")


def test_a_model_of_ones_own_is_classified_with_or_refused(small_model, tmp_path, chirp):
    import keras

    from keras_sounddream import audio

    audio.save(tmp_path / "chirp.wav", chirp, 24000)
    base = applications.LogMelCNN(include_top=False, pooling="avg")
    mine = keras.Model(base.input, keras.layers.Dense(3, activation="softmax")(base.output))
    assert len(classify.classify_file(mine, tmp_path / "chirp.wav")) == 3
    with pytest.raises(InputError, match="small goes from"):
        classify.classify_file(small_model, tmp_path / "chirp.wav")
    without = keras.Sequential([keras.Input((None,)), keras.layers.Identity()])
    with pytest.raises(InputError, match="Begin it with a LogMelSpectrogram"):
        classify.classify_file(without, tmp_path / "chirp.wav")
