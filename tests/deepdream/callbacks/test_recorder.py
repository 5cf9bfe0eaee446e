"""What a recorder keeps of a dream."""

import types

import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, objectives
from keras_sounddream.deepdream.callbacks.recorder import Recorder


def recorded(recorder, source, steps, octaves=1):
    """Plays a dream to a recorder: after step `n` it is the source + n."""
    recorder.set_dream(types.SimpleNamespace(sample_rate=24000))
    recorder.on_dream_begin({"source": source})
    for octave in range(octaves):
        recorder.on_octave_begin(octave, {"dream": source})
        for step in range(octave * steps // octaves, (octave + 1) * steps // octaves):
            logs = {"objective": np.zeros(1), "make": lambda step=step: source + step + 1}
            recorder.on_step_end(step, logs)
        recorder.on_octave_end(octave, {"dream": source + step + 1})
    recorder.on_dream_end({"dream": source + steps})
    return recorder


@pytest.fixture
def black():
    return np.zeros((2, 20, 30, 3), "float32")


def test_frames_are_of_the_steps_they_say(black):
    frames = recorded(Recorder(), black, 10).frames
    assert [step for step, _ in frames] == list(range(11))
    assert [int(frame.max()) for _, frame in frames] == list(range(11))
    assert frames[0][1].dtype == "uint8"
    assert frames[0][1].shape == (20, 30, 3)


@pytest.mark.parametrize("every", [1, 3])
@pytest.mark.parametrize("most_frames", [2, 3, 7, 8])
@pytest.mark.parametrize("steps", [1, 6, 7, 8, 15, 16, 50, 200])
def test_memory_is_bounded_and_frames_are_evenly_spaced(black, every, most_frames, steps):
    recorder = recorded(Recorder(every=every, most_frames=most_frames), black, steps)
    numbers = [step for step, _ in recorder.frames]
    assert len(numbers) <= max(2, most_frames)
    assert numbers[0] == 0
    assert numbers[-1] == steps
    assert [int(frame.max()) for _, frame in recorder.frames] == numbers
    gaps = np.diff(numbers)
    assert (gaps > 0).all()
    assert len(set(gaps[:-1])) <= 1  # only the last may be shorter


def test_a_dream_is_made_only_for_a_frame(black):
    made = []
    recorder = Recorder(every=5)
    recorder.set_dream(None)
    recorder.on_dream_begin({"source": black})
    for step in range(20):
        recorder.on_step_end(step, {"make": lambda step=step: made.append(step) or black})
    assert made == [4, 9, 14, 19]


def test_sounds_are_kept_in_decibels_and_made_smaller(chirp):
    recorder = recorded(Recorder(most_pixels=40), chirp, 2)
    assert recorder.sample_rate == 24000
    assert recorder.seconds == pytest.approx(1)
    assert recorder.frames[0][1].shape == (40, 20)
    assert recorder.frames[0][1].max() == pytest.approx(-10.5, abs=1)  # 0.3 of full scale


def test_large_pictures_are_made_smaller():
    recorder = recorded(Recorder(most_pixels=64), np.zeros((1, 100, 200, 3)), 1)
    assert recorder.frames[0][1].shape == (32, 64, 3)
    assert recorder.stages[0].shape == (1, 100, 200, 3)
    assert recorder.sample_rate is None


def test_stages_are_the_dream_after_each_octave(black):
    recorder = recorded(Recorder(), black, 6, octaves=3)
    assert [stage.max() for stage in recorder.stages] == [2, 4, 6]
    assert recorder.stages[0].shape == black.shape


def test_a_second_dream_forgets_the_first(black, chirp):
    recorder = recorded(Recorder(most_frames=4), chirp, 20)
    recorded(recorder, black, 3)
    assert [step for step, _ in recorder.frames] == [0, 1, 2, 3]
    assert len(recorder.stages) == 1
    assert recorder.seconds is None


def test_a_dream_is_recorded(small_model, chirp):
    recorder = Recorder()
    dream = DeepDream(small_model, objectives.layer("conv2"), octaves=2, steps=3)
    result = dream.run(chirp, callbacks=[recorder])
    assert [step for step, _ in recorder.frames] == list(range(7))
    assert len(recorder.stages) == 2
    assert np.allclose(recorder.stages[-1], result.waveform)


@pytest.mark.parametrize(
    "settings", [{"every": 0}, {"every": 1.5}, {"most_frames": 1}, {"most_pixels": 8}]
)
def test_bad_settings_are_said(settings):
    with pytest.raises(InputError, match=f"`{next(iter(settings))}` must be an int of at least"):
        Recorder(**settings)
