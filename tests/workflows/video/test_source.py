"""What videos hold: times, sizes, tracks, and what damage leaves of them."""

import subprocess
import warnings

import numpy as np
import pytest
from workflows.video.conftest import RATE, pan, tone, write

from keras_sounddream import InputError
from keras_sounddream.errors import InputWarning
from keras_sounddream.workflows.video.source import VideoSource


def sound_of(source):
    return np.concatenate(list(source.sound_blocks()))


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov"])
def test_frames_keep_their_times_whatever_these_are(suffix, tmp_path):
    times = [0, 40, 41, 200, 230, 1000]
    source = VideoSource(write(tmp_path / f"v.{suffix}", pan(6), times))
    found = list(source.frames())
    seconds = [float(time * source.pictures.time_base) for time, _ in found]
    np.testing.assert_allclose(seconds, np.array(times) / 1000, atol=1e-3)
    assert {frame.shape for _, frame in found} == {(48, 64, 3)}
    assert source.sound is None


def test_time_0_is_the_first_of_both_tracks(tmp_path):
    times = 3000 + 40 * np.arange(10)
    path = write(
        tmp_path / "v.mkv", pan(10), times, tone(1), start=3 * RATE + 2400, sound_codec="flac"
    )
    source = VideoSource(path)
    assert next(iter(source.frames()))[0] == 0
    sound = sound_of(source)
    assert np.flatnonzero(np.abs(sound) > 0.01)[0] == pytest.approx(2400, abs=48)


@pytest.mark.parametrize("size", [(47, 63), (1, 1), (13, 200)])
def test_odd_sizes_and_sound_alone_and_none(size, tmp_path):
    frames = pan(3, 200, 200)[:, : size[0], : size[1]]
    source = VideoSource(
        write(tmp_path / "v.avi", frames, [0, 1, 2], unit=1, codec="ffv1", pix_fmt="bgr0")
    )
    assert (source.pictures.height, source.pictures.width) == size
    alone = VideoSource(write(tmp_path / "s.mp4", sound=np.stack([tone(1)] * 6, axis=1)))
    assert alone.pictures is None
    assert (alone.sound.layout, alone.sound.channels) == ("5.1", 6)
    assert sound_of(alone).shape[1] == 6


def test_frames_are_upright(tmp_path):
    ffmpeg = pytest.importorskip("imageio_ffmpeg").get_ffmpeg_exe()
    frames = pan(3)
    frames[:, :24] = 250
    write(tmp_path / "v.mp4", frames)
    options = ["-v", "error", "-display_rotation", "90", "-i", tmp_path / "v.mp4", "-c", "copy"]
    subprocess.run([ffmpeg, *options, tmp_path / "turned.mp4"], check=True)
    source = VideoSource(tmp_path / "turned.mp4")
    assert (source.pictures.height, source.pictures.width) == (64, 48)
    for _, frame in source.frames():
        assert frame[:, :20].mean() > 240
        assert frame[:, 28:].mean() < 200


def test_gaps_in_the_sound_are_silence(tmp_path):
    from fractions import Fraction

    import av

    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("pcm_s16le", RATE, layout="mono")
        for start in (0, 3 * RATE):
            frame = av.AudioFrame.from_ndarray(tone(1)[None], "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = RATE, start, Fraction(1, RATE)
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode(None):
            file.mux(packet)
    sound = sound_of(VideoSource(path))[:, 0]
    loud = np.flatnonzero(np.abs(sound) > 0.2) / RATE
    assert len(sound) / RATE == pytest.approx(4, abs=0.01)
    assert not ((loud > 1.01) & (loud < 2.99)).any()
    assert loud.max() > 3.9


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_of_a_file_that_breaks_off_the_beginning_is_there(suffix, tmp_path):
    whole = write(tmp_path / f"w.{suffix}", pan(60), np.arange(60) * 40, tone(2.4))
    cut = tmp_path / f"c.{suffix}"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InputWarning)
        found = len(list(VideoSource(cut).frames()))
    assert 5 < found < 60


def test_damage_in_the_middle_is_passed_over_and_told(tmp_path):
    path = write(tmp_path / "v.mkv", pan(60), np.arange(60) * 40, codec="mjpeg", pix_fmt="yuvj420p")
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 3000] = bytes(3000)
    path.write_bytes(data)
    with pytest.warns(InputWarning, match="damaged or breaks off"):
        found = list(VideoSource(path).frames())
    assert 20 < len(found) < 60
    times = [time for time, _ in found]
    assert times == sorted(set(times))


def empty(path):
    path.write_bytes(b"")


def text(path):
    path.write_text("no video " * 100)


def headless(path):
    whole = write(path.with_name("whole.mp4"), pan(10))
    path.write_bytes(whole.read_bytes()[:2000])


@pytest.mark.parametrize("make", [empty, text, headless])
def test_what_is_no_video_is_told(make, tmp_path):
    make(tmp_path / "v.mp4")
    with pytest.raises(InputError, match="Cannot read .*v.mp4 as a video"):
        VideoSource(tmp_path / "v.mp4")
    with pytest.raises(InputError, match="there is no file"):
        VideoSource(tmp_path / "none.mp4")
