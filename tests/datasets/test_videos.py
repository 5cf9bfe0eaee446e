"""Videos: which picture is shown when, and what is heard with it."""

import subprocess
from fractions import Fraction

import av
import numpy as np
import pytest
from datasets.small_videos import write_video

from keras_sounddream import InputError
from keras_sounddream.datasets import videos

GREYS = np.arange(0, 240, 16)  # a picture each, 5 a second: 3 s


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """A video that grows brighter, with a tone from its second 1 on."""
    path = tmp_path_factory.mktemp("videos") / "ramp.mp4"
    time = np.arange(3 * 22050) / 22050
    tone = 0.5 * np.sin(2 * np.pi * 440 * time) * (time > 1)
    pictures = np.repeat(GREYS, 32 * 48 * 3).reshape(-1, 32, 48, 3).astype("uint8")
    pictures[:, :16] = 255 - pictures[:, :16]  # the upper half is the negative
    write_video(path, pictures, tone.astype("float32"))
    return path


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        ([0, 1, 2], [0, 80, 160]),
        ([0.15, 0.2, 0.21], [16, 16, 32]),  # the first that is not before it
        ([2.5, 2.8, 3.0, 4.0], [208, 224]),  # up to the end
        ([7.0], [224]),  # the last of a video that ends before
    ],
)
def test_pictures_are_those_of_their_times(ramp, times, shown):
    found = [picture[20:28, 8:40].mean() for picture in videos.pictures(ramp, times)]
    np.testing.assert_allclose(found, shown, atol=4)


def test_pictures_are_upright(ramp, tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    turned = tmp_path / "turned.mp4"  # players turn it by 90 degrees to the left
    options = ["-v", "error", "-display_rotation", "90", "-i", ramp, "-c", "copy", turned]
    subprocess.run([ffmpeg, *options], check=True)
    picture = next(iter(videos.pictures(turned, [0])))
    assert picture.shape == (48, 32, 3)
    assert picture[:, :14].mean() > 240  # what was up is left
    assert picture[:, 18:].mean() < 15


@pytest.mark.parametrize("rate", [22050, 8000])
def test_sound_comes_at_its_time_and_at_any_rate(ramp, rate):
    found = videos.read_sound(ramp, rate) / 32768
    assert abs(np.argmax(np.abs(found) > 0.1) / rate - 1) < 0.003
    assert found[rate * 3 // 2 : rate * 5 // 2].std() == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert len(videos.read_sound(ramp, rate, 1.5)) == 1.5 * rate


def test_sound_is_the_mean_of_its_channels_from_time_0_on(tmp_path):
    path = tmp_path / "stereo.mkv"
    block = np.stack([np.full(8000, 0.5), np.full(8000, -0.1)]).astype("float32")
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_f32le", 8000, layout="stereo")
        frame = av.AudioFrame.from_ndarray(block.T.reshape(1, -1), "flt", "stereo")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 4000, Fraction(1, 8000)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    found = videos.read_sound(path, 8000) / 32768
    assert len(found) == pytest.approx(12000, abs=16)
    np.testing.assert_allclose(found[:3980], 0, atol=1e-3)
    np.testing.assert_allclose(found[4020:11900], 0.2, atol=1e-3)


def read_all(path):
    return videos.read_sound(path, 8000), list(videos.pictures(path, [0]))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.mp4", None, "there is no file"),
        ("empty.mp4", b"", "as a video"),
        ("text.mp4", b"Not a video at all. " * 50, "as a video"),
    ],
)
def test_no_videos_are_named(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name}.*{message}|{message}.*{name}"):
        read_all(tmp_path / name)


def test_a_video_must_have_pictures_and_sound(tmp_path):
    pictures, samples = np.zeros((5, 32, 32, 3), "uint8"), np.zeros(8000, "float32")
    write_video(tmp_path / "mute.mp4", pictures, None)
    write_video(tmp_path / "blind.mp4", None, samples, rate=8000)
    with pytest.raises(InputError, match=r"with sound.*mute\.mp4 has none"):
        videos.read_sound(tmp_path / "mute.mp4", 8000)
    with pytest.raises(InputError, match=r"with pictures.*blind\.mp4 has none"):
        list(videos.pictures(tmp_path / "blind.mp4", [0]))


def test_videos_are_found_below_a_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "none").mkdir()
    for name in ("b.MP4", "in/a.mkv", "note.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in videos.find_videos(tmp_path)] == ["b.MP4", "a.mkv"]
    with pytest.raises(InputError, match="Found: none"):
        videos.find_videos(tmp_path / "none")
    with pytest.raises(InputError, match="there is no folder"):
        videos.find_videos(tmp_path / "nowhere")


def test_sound_of_eight_channels_is_read(tmp_path):
    path = tmp_path / "cinema.mkv"
    block = np.full((1, 8 * 8000), 8192, "int16")
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", 8000, layout="7.1")
        frame = av.AudioFrame.from_ndarray(block, "s16", "7.1")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    np.testing.assert_allclose(videos.read_sound(path, 8000)[100:7900], 8192, atol=2)
