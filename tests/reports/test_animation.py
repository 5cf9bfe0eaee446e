"""The moving picture of a dream."""

import re
import subprocess

import numpy as np
import pytest
from PIL import Image

from keras_sounddream import InputError
from keras_sounddream.reports.dream import animation
from keras_sounddream.reports.dream.animation import animate, check_animation

SOUND = {"sample_rate": 24000, "seconds": 2.0}


@pytest.fixture
def rising():
    """A loud band that climbs: `(step, levels)`."""
    frames = []
    for step in range(6):
        levels = np.full((40, 60), -90, "float16")
        levels[:, 10 * step : 10 * step + 10] = -10
        frames.append((2 * step, levels))
    return frames


@pytest.fixture
def fading():
    """A picture of one colour that grows brighter."""
    return [(step, np.full((30, 50, 3), 40.0 * step, "float32")) for step in range(6)]


def frames_of(path):
    image = Image.open(path)
    for i in range(image.n_frames):
        image.seek(i)
        yield np.asarray(image.convert("RGB")).astype(int), image.info["duration"]


def test_a_gif_shows_each_frame_and_holds_the_first_and_the_last(rising, tmp_path):
    animate(rising, tmp_path / "a.gif", frames_per_second=10, title="conv2", **SOUND)
    pictures, durations = zip(*frames_of(tmp_path / "a.gif"), strict=True)
    assert durations == (1500, 100, 100, 100, 100, 1500)
    assert Image.open(tmp_path / "a.gif").info["loop"] == 0
    plot = [picture[20:300, 100:530].sum(axis=2) for picture in pictures]
    middles = [np.mean(np.nonzero(one.mean(axis=1) > 380)[0]) for one in plot]
    assert (np.diff(middles) < -20).all()  # the band climbs
    edges = [picture[320:, :] for picture in pictures]
    assert all((edge == edges[0]).all() for edge in edges)  # the axes keep still


def test_a_gif_of_pictures_shows_their_colours(fading, tmp_path):
    animate(fading, tmp_path / "a.gif")
    shown = [picture[200:300, 200:300].mean() for picture, _ in frames_of(tmp_path / "a.gif")]
    assert shown == pytest.approx([0, 40, 80, 120, 160, 200], abs=8)


@pytest.mark.parametrize("count", [1, 2])
def test_few_frames_are_enough(rising, tmp_path, count):
    animate(rising[:count], tmp_path / "a.gif", **SOUND)
    assert Image.open(tmp_path / "a.gif").n_frames == count


def test_an_mp4_is_a_film_that_ffmpeg_reads(fading, rising, tmp_path):
    ffmpeg = animation.find_ffmpeg()
    if ffmpeg is None:
        pytest.skip("needs ffmpeg: `pip install imageio-ffmpeg`")
    for name, frames, settings in (("a.mp4", fading, {}), ("b.mp4", rising, SOUND)):
        animate(frames, tmp_path / name, frames_per_second=8, **settings)
        said = subprocess.run(
            [ffmpeg, "-i", tmp_path / name, "-f", "null", "-"], capture_output=True, text=True
        )
        assert said.returncode == 0
        assert re.search(r"h264.*yuv420p", said.stderr)
        assert "frame=   28" in said.stderr  # 12 + 4 + 12


def test_an_mp4_without_ffmpeg_says_to_name_it_gif(monkeypatch, tmp_path, fading):
    monkeypatch.setattr(animation, "find_ffmpeg", lambda: None)
    with pytest.raises(InputError, match="needs ffmpeg, which is not there. Name it .gif"):
        animate(fading, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


def test_an_ffmpeg_that_fails_leaves_no_file(monkeypatch, tmp_path, fading):
    monkeypatch.setattr(animation, "find_ffmpeg", lambda: "false")
    with pytest.raises(InputError, match="could not write the animation"):
        animate(fading, tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("frames", "settings", "message"),
    [
        ([], SOUND, "Expected frames of one shape"),
        ([(0, np.zeros((4, 4))), (1, np.zeros((5, 4)))], SOUND, "Expected frames of one shape"),
        ([(0, np.zeros((4, 4, 4)))], {}, "Expected frames (frames, bins) or"),
        ([(0, np.zeros((0, 4)))], SOUND, "Expected frames (frames, bins) or"),
        ([(0, np.zeros((4, 4)))], {}, "Expected `sample_rate` in Hz and `seconds`"),
        ([(0, np.zeros((4, 4)))], {**SOUND, "frames_per_second": 0}, "above 0, at most 60"),
    ],
)
def test_bad_frames_are_said(tmp_path, frames, settings, message):
    with pytest.raises(InputError, match=re.escape(message)):
        animate(frames, tmp_path / "a.gif", **settings)
    assert list(tmp_path.iterdir()) == []


def test_bad_paths_are_said(tmp_path):
    (tmp_path / "mine.gif").write_bytes(b"mine")
    cases = (("a.png", "Expected an animation .gif or .mp4"), ("no/a.gif", "not exist"))
    for name, message in (*cases, ("mine.gif", "exists")):
        with pytest.raises(InputError, match=message):
            check_animation(tmp_path / name)
    assert check_animation(tmp_path / "mine.gif", overwrite=True).name == "mine.gif"
