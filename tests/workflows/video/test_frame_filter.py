"""Filters on the frames of a video: each by itself, the sound and the times as they were."""

import numpy as np
import pytest
from workflows.video.conftest import RATE, pan, read_frames, tone, write

from keras_sounddream import InputError
from keras_sounddream.applications import save_weights
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.filters import DreamFilter, PictureFilter
from keras_sounddream.workflows import dream_video, filter_file
from keras_sounddream.workflows.video.flow import find_motion
from keras_sounddream.workflows.video.frame_filter import FrameFilter, identify


@pytest.fixture(scope="module")
def model():
    """A small filter with weights that are not small."""
    rng = np.random.default_rng(2)
    model = PictureFilter(None, width=8, dilations=(1, 2))
    model.set_weights([rng.normal(0, 0.3, weight.shape) for weight in model.weights])
    return model


def test_a_frame_is_filtered_as_a_picture_is(model):
    frame = pan(1)[0]
    frames = FrameFilter(model, 0.9, 360)
    carried = frames.advance(None, frames.small(frame), None)
    expected = np.round(model(frame[np.newaxis].astype("float32")))[0]
    np.testing.assert_allclose(frames.shown(frame, carried, 1.0), expected, atol=1)
    again = frames.advance(carried, frames.small(frame), None)
    np.testing.assert_allclose(again.change, carried.change, atol=1e-2)


def test_what_is_kept_moves_with_the_picture_and_flickers_less(model):
    frames = pan(8, 72, 96, 2)
    changes = {}
    for keep in (0.0, 0.9):
        filtered, carried = FrameFilter(model, keep, 360), None
        changes[keep] = []
        for frame in frames:
            carried = filtered.advance(carried, frame, None)
            changes[keep].append(carried.change)
    motion = find_motion(frames[-2], frames[-1])
    seen = motion.visible[..., np.newaxis] > 0.99
    flickers = {
        keep: np.abs((motion.warp(two[-2]) - two[-1]) * seen).mean()
        for keep, two in changes.items()
    }
    assert flickers[0.9] < 0.3 * flickers[0.0]
    assert np.abs(changes[0.9][-1]).mean() > 0.3 * np.abs(changes[0.0][-1]).mean()


def test_a_cut_begins_anew(model):
    frames = FrameFilter(model, 0.9, 360)
    first, other = pan(1)[0], pan(1, seed=9)[0]
    carried = frames.advance(None, first, None)
    cut, alone = (frames.advance(each, other, None).change for each in (carried, None))
    np.testing.assert_allclose(cut, alone, atol=1e-3)


def test_other_weights_are_another_filter(model):
    other = PictureFilter(None, width=8, dilations=(1, 2))
    assert identify(other) != identify(model)
    other.set_weights(model.get_weights())
    assert identify(other) == identify(model)


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Two seconds and a bit of a picture that moves, and a tone that swells."""
    monkeypatch.chdir(tmp_path)
    sound = tone(2.4) * np.linspace(0, 1, round(2.4 * RATE)) ** 2
    return write(tmp_path / "in.mp4", pan(60, step=1), sound=sound)


def test_a_video_is_filtered_frame_by_frame_and_its_sound_stays(clip, model, tmp_path):
    save_weights(model, tmp_path / "mine.npz")
    dream_video(clip, "out.mp4", PictureFilter("mine.npz"), keep=0.0, progress=False)
    (times, frames), (stays, filtered) = read_frames(clip), read_frames("out.mp4")
    np.testing.assert_allclose(stays, times, atol=1e-3)
    source, found = (np.stack(each[::20]).astype("float32") for each in (frames, filtered))
    bright = [np.mean(x, -1).ravel() for x in (found, model(source), source)]  # colours are coarse
    assert np.corrcoef(bright)[0, 1] > max(0.85, np.corrcoef(bright)[0, 2] + 0.1)
    assert not (tmp_path / "out.mp4.part").exists()
    before, after = (read_sound(path, RATE) for path in (clip, "out.mp4"))
    assert np.corrcoef(before[:48000], after[:48000])[0, 1] > 0.99


def test_filter_file_takes_videos(clip, model, tmp_path):
    save_weights(model, tmp_path / "mine.npz")
    filter_file(clip, "out.mp4", "mine.npz", progress=False)
    dream_video(clip, "other.mp4", PictureFilter("mine.npz"), progress=False)
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "other.mp4").read_bytes()


def test_after_an_interruption_it_goes_on_to_the_same_bytes(clip, model, tmp_path, monkeypatch):
    dream_video(clip, tmp_path / "whole.mp4", model, progress=False)
    advance, seen = FrameFilter.advance, []

    def interrupted(self, carried, frame, weights):
        seen.append(1)
        if len(seen) == 40:
            raise KeyboardInterrupt
        return advance(self, carried, frame, weights)

    with monkeypatch.context() as patch:
        patch.setattr(FrameFilter, "advance", interrupted)
        with pytest.raises(KeyboardInterrupt):
            dream_video(clip, tmp_path / "cut.mp4", model, progress=False)
    dream_video(clip, tmp_path / "cut.mp4", model, progress=False)
    assert (tmp_path / "cut.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_loudness_drives_how_much_of_the_filter_is_seen(clip, model, tmp_path):
    dream_video(clip, tmp_path / "out.mp4", model, couple=["loudness:strength"], progress=False)
    pairs = list(zip(read_frames(clip)[1], read_frames(tmp_path / "out.mp4")[1], strict=True))
    changed = [np.abs(a.astype(float) - b).mean() for a, b in pairs]
    assert changed[3] < 0.5 * changed[-3]


@pytest.mark.parametrize("coupling", ["loudness:layers", "seen:strength"])
def test_what_needs_a_network_is_refused(clip, model, sound_dream, tmp_path, coupling):
    with pytest.raises(InputError, match="needs a network of pictures: a filter has none"):
        dream_video(clip, tmp_path / "out.mp4", model, sound_dream, couple=[coupling])


@pytest.mark.parametrize(
    ("dreams", "message"),
    [
        (("fire8", None), "`picture_dream` must be a DeepDream of pictures, .* Received: 'fire8'"),
        ((DreamFilter(None), None), "`picture_dream` must be .* name=dream_filter"),
        ((None, DreamFilter(None)), "`sound_dream` must be a DeepDream of sounds"),
        ((None, "fire8"), "`sound_dream` must be .* Received: 'fire8'"),
    ],
)
def test_what_is_no_dream_of_a_track_is_refused(clip, tmp_path, dreams, message):
    with pytest.raises(InputError, match=message):
        dream_video(clip, tmp_path / "out.mp4", *dreams)
    assert not list(tmp_path.glob("out*"))


def test_a_video_without_pictures_is_not_filtered(tmp_path):
    path = write(tmp_path / "in.mp4", sound=tone(0.5))
    with pytest.raises(InputError, match="in.mp4 holds sound alone"):
        filter_file(path, tmp_path / "out.mp4")
