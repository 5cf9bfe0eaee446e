"""What TensorBoard is told of a dream."""

import io
import types

import numpy as np
import pytest
import soundfile
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.util import tensor_util

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.callbacks.tensorboard import TensorBoard


def read(folder):
    """Tags to pairs of step and value."""
    events = EventAccumulator(str(folder), {"tensors": 0}).Reload()
    return {
        tag: [(one.step, tensor_util.make_ndarray(one.tensor_proto)) for one in events.Tensors(tag)]
        for tag in events.Tags()["tensors"]
    }


def test_scalars_sounds_and_pictures_are_written(small_model, chirp, tmp_path):
    batch = np.concatenate([chirp, chirp[:, ::-1]])
    dream = DeepDream(small_model, objectives.layer("conv2"), octaves=2, steps=3)
    result = dream.run(batch, callbacks=[TensorBoard(tmp_path / "new" / "logs")])
    said = read(tmp_path / "new" / "logs")
    assert set(said) == {"objective", "dream", "spectrogram"}
    assert [step for step, _ in said["objective"]] == list(range(6))
    expected = result.objective.mean(axis=1)
    assert [float(value) for _, value in said["objective"]] == pytest.approx(list(expected))
    assert [step for step, _ in said["dream"]] == [0, 1, 2]
    for (_, sounds), expected in zip(said["dream"][::2], (batch, result.waveform), strict=True):
        assert len(sounds) == 2
        samples, rate = soundfile.read(io.BytesIO(sounds[1][0]))
        assert rate == 24000
        assert np.abs(samples - expected[1]).max() < 2 / 32768
    width, height, *pictures = said["spectrogram"][0][1]
    assert (int(width), int(height), len(pictures)) == (49, 300, 2)


def test_pictures_are_written(tmp_path, rng):
    callback = TensorBoard(tmp_path)
    callback.set_dream(types.SimpleNamespace(sample_rate=None))
    picture = rng.uniform(0, 255, (1, 20, 30, 3)).astype("float32")
    callback.on_dream_begin({"source": picture})
    callback.on_octave_end(0, {"dream": picture})
    callback.on_dream_end({"dream": picture})
    said = read(tmp_path)
    assert [step for step, _ in said["dream"]] == [0, 1]
    assert "spectrogram" not in said


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    for name in ("file", "file/logs"):
        with pytest.raises(InputError, match="Expected a folder for logs"):
            TensorBoard(tmp_path / name)
