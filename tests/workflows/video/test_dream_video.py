"""Dreams of videos: no flicker, in step, coupled, the same bytes after an interruption."""

import itertools

import numpy as np
import pytest
from workflows.video.conftest import RATE, av, pan, read_frames, tone, write

from keras_sounddream import InputError
from keras_sounddream.datasets.videos import read_sound
from keras_sounddream.deepdream.long_sounds.checkpoint import StreamCheckpoint
from keras_sounddream.errors import InputWarning
from keras_sounddream.workflows.video import dream_video
from keras_sounddream.workflows.video.flow import find_motion
from keras_sounddream.workflows.video.frames import FrameDream

QUIET = {"progress": False}


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """Two seconds and a bit of a picture that moves, and a tone that swells."""
    monkeypatch.chdir(tmp_path)
    sound = tone(2.4) * np.linspace(0, 1, round(2.4 * RATE)) ** 2
    return write(tmp_path / "in.mp4", pan(60, step=1), sound=sound)


def test_a_dream_goes_with_the_picture_and_does_not_flicker(picture_dream):
    frames, dream = pan(12, 72, 96, 2), FrameDream(picture_dream, 0.9, 360)
    carried, together = None, []
    for frame in frames:
        carried = dream.advance(carried, frame, None)
        together.append(carried.change)
    start = frames.astype("float32")
    alone = [FrameDream(picture_dream, 0.0, 360).advance(None, f, None).change for f in frames]
    sizes = [np.sqrt(np.mean(np.square(change))) for change in (together[-1], alone[-1])]
    alone = [change * sizes[0] / sizes[1] for change in alone]  # as strong a dream
    together, alone = (start + np.array(changes) for changes in (together, alone))

    def flicker(dreams):
        motions = [find_motion(*pair) for pair in itertools.pairwise(frames)]
        differences = [
            np.abs(m.warp(a) - b * m.visible[..., None]).mean()
            for m, (a, b) in zip(motions, itertools.pairwise(dreams), strict=True)
        ]
        return np.mean(differences)

    assert flicker(together) / flicker(alone) < 0.5
    scores = [
        float(picture_dream.score(np.clip(x, 0, 255)[None])[0]) for x in (start[-1], together[-1])
    ]
    assert scores[1] > 1.2 * scores[0]


def test_a_cut_begins_anew(picture_dream):
    dream = FrameDream(picture_dream, 0.8, 360)
    other = np.random.default_rng(3).integers(0, 255, (48, 64, 3)).astype("uint8")
    first = dream.advance(None, pan(1)[0], None)
    np.testing.assert_array_equal(
        dream.advance(first, other, None).change, dream.advance(None, other, None).change
    )


def test_one_graph_dreams_frames_of_all_sizes(picture_dream):
    dream = FrameDream(picture_dream, 0.5, 32)
    for size in ((48, 64), (33, 47), (64, 32)):
        frame = pan(1, *size)[0]
        carried = dream.advance(None, dream.small(frame), None)
        assert min(carried.frame.shape[:2]) <= 32
        assert dream.shown(frame, carried, 1.0).shape == frame.shape
        np.testing.assert_array_equal(dream.shown(frame, carried, 0.0), frame)
    assert dream._ascend.experimental_get_tracing_count() == 1


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "webm"])
def test_flashes_and_clicks_stay_in_step(suffix, picture_dream, sound_dream, tmp_path):
    times = np.cumsum([0, *np.random.default_rng(2).integers(20, 60, 99)])  # a variable rate
    flashes = [13, 37, 61, 88]
    frames = np.full((100, 48, 64, 3), 40, "uint8")
    frames[flashes] = 220
    frames[:, ::4] += 10
    sound = (
        np.random.default_rng(0).normal(0, 1e-3, round(times[-1] / 1000 * RATE)).astype("float32")
    )
    for flash in flashes:
        place = round(times[flash] / 1000 * RATE)
        sound[place : place + 240] += tone(0.01, 1000, 0.8)
    path = write(tmp_path / "in.mp4", frames, times, sound)
    dream_video(path, tmp_path / f"out.{suffix}", picture_dream, sound_dream, **QUIET)
    seconds, dreamed = read_frames(tmp_path / f"out.{suffix}")
    np.testing.assert_allclose(seconds, times / 1000, atol=2e-3)
    bright = np.array([pixels.mean() for pixels in dreamed])
    assert sorted(np.argsort(bright)[-4:]) == flashes
    heard = np.abs(read_sound(tmp_path / f"out.{suffix}", 8000) / 32768)
    for flash in flashes:
        place = round(seconds[flash] * 8000)
        near = heard[max(place - 160, 0) : place + 160]  # 20 ms, the shortest frame
        assert near.max() > 0.2
        assert near.max() > 5 * np.median(heard)


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("power failed")])
def test_after_an_interruption_it_goes_on_to_the_same_bytes(
    number, error, clip, picture_dream, sound_dream, tmp_path, monkeypatch
):
    arguments = clip, tmp_path / "out.mp4", picture_dream, sound_dream, ["loudness:strength"]
    dream_video(*arguments[:1], tmp_path / "whole.mp4", *arguments[2:], **QUIET)
    calls, advance = iter(range(1000)), FrameDream.advance

    def failing(self, *frame):
        if next(calls) == 24 * number + 5:
            raise error
        return advance(self, *frame)

    with monkeypatch.context() as patch:
        patch.setattr(FrameDream, "advance", failing)
        with pytest.raises(type(error)):
            dream_video(*arguments, **QUIET)
    assert not (tmp_path / "out.mp4").exists()
    seen = []
    monkeypatch.setattr(FrameDream, "advance", lambda *a: seen.append(0) or advance(*a))
    monkeypatch.setattr(type(sound_dream), "run", None)  # the sound is done
    result = dream_video(*arguments, **QUIET)
    assert len(seen) == 60 - 24 * number
    assert (tmp_path / "out.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()
    assert result.num_frames == 60
    assert result.objective_real > result.objective_before
    assert result.sound["gain"] > 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.mp4", "out.mp4", "whole.mp4"]


def test_an_interrupted_dream_of_other_settings_is_kept(clip, picture_dream, tmp_path, monkeypatch):
    append = StreamCheckpoint.append

    def stop(self, *row):
        append(self, *row)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(StreamCheckpoint, "append", stop)
        with pytest.raises(KeyboardInterrupt):
            dream_video(clip, tmp_path / "out.mp4", picture_dream, **QUIET)
    with pytest.raises(InputError, match=r"of other settings: keep \(there 0.9, here 0.5\)"):
        dream_video(clip, tmp_path / "out.mp4", picture_dream, keep=0.5, **QUIET)
    dream_video(clip, tmp_path / "out.mp4", picture_dream, keep=0.5, overwrite=True, **QUIET)
    assert not (tmp_path / "out.mp4.part").exists()


def difference(path, other):
    pairs = zip(read_frames(path)[1], read_frames(other)[1], strict=True)
    return np.array([np.abs(a.astype(float) - b).mean() for a, b in pairs])


def test_loudness_drives_how_much_of_the_dream_is_seen(clip, picture_dream, tmp_path):
    dream_video(clip, tmp_path / "plain.mp4", picture_dream, **QUIET)
    dream_video(clip, tmp_path / "out.mp4", picture_dream, couple=["loudness:strength"], **QUIET)
    coupled, plain = (difference(clip, tmp_path / f"{name}.mp4") for name in ("out", "plain"))
    assert coupled[:6].max() < 0.7 * plain[:6].min()  # silent
    assert coupled[-1] == pytest.approx(plain[-1], rel=0.15)
    assert coupled[40] > coupled[15]


def test_the_picture_drives_how_much_of_the_dream_is_heard(sound_dream, tmp_path):
    frames = np.zeros((50, 32, 32, 3), "uint8")
    frames[25:] = 255
    path = write(tmp_path / "in.mkv", frames, sound=tone(2) + tone(2, 3000), sound_codec="flac")
    out = tmp_path / "out.mkv"
    dream_video(path, out, sound_dream=sound_dream, couple=["brightness:strength"], **QUIET)
    before, after = (read_sound(p, RATE).astype(float) / 32768 for p in (path, out))
    change = np.abs(after[: len(before)] - before[: len(after)])
    assert change[: round(0.9 * RATE)].mean() < 0.1 * change[round(1.1 * RATE) : 2 * RATE].mean()


def test_loudness_goes_from_layer_to_layer(clip, eye, tmp_path, monkeypatch):
    from keras_sounddream import DeepDream, objectives

    both = objectives.channel("conv2", 0) + objectives.channel("conv2", 1)
    dream = DeepDream(eye, both, octaves=1, steps=1)
    seen, advance = [], FrameDream.advance
    monkeypatch.setattr(FrameDream, "advance", lambda *a: seen.append(a[-1]) or advance(*a))
    dream_video(clip, tmp_path / "out.mp4", dream, couple=["loudness:layers"], **QUIET)
    np.testing.assert_allclose(seen[0], [1, 0], atol=0.02)
    np.testing.assert_allclose(seen[-1], [0, 1], atol=0.1)


def test_what_is_not_dreamed_stays(tmp_path, picture_dream, sound_dream):
    path = write(tmp_path / "in.mkv", pan(10), sound=tone(0.4))
    dream_video(path, tmp_path / "p.mkv", picture_dream, **QUIET)
    np.testing.assert_allclose(read_sound(tmp_path / "p.mkv", RATE), read_sound(path, RATE), atol=2)
    dream_video(path, tmp_path / "s.mkv", sound_dream=sound_dream, **QUIET)
    assert difference(path, tmp_path / "s.mkv").max() < 4


@pytest.mark.parametrize("size", [(47, 63), (12, 12), (7, 30)])
def test_odd_sizes_and_no_sound(size, picture_dream, tmp_path):
    frames = pan(5, 64, 64)[:, : size[0], : size[1]]
    options = {"codec": "ffv1", "pix_fmt": "bgr0"}
    path = write(tmp_path / "in.mkv", frames, **options)
    dream_video(path, tmp_path / "out.mp4", picture_dream, **QUIET)
    _, dreamed = read_frames(tmp_path / "out.mp4")
    assert dreamed[0].shape[:2] == tuple(length + length % 2 for length in size)
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert not file.streams.audio


def test_colours_stay(tmp_path, sound_dream):
    frames = np.zeros((3, 64, 64, 3), "uint8")
    frames[:, :32], frames[:, 32:] = (200, 30, 60), (20, 180, 90)
    path = write(tmp_path / "in.mkv", frames, sound=tone(0.2), codec="ffv1", pix_fmt="bgr0")
    dream_video(path, tmp_path / "out.mp4", sound_dream=sound_dream, **QUIET)
    pixels = read_frames(tmp_path / "out.mp4")[1][0].astype(int)
    assert np.abs(pixels[10, 10] - (200, 30, 60)).max() < 8
    assert np.abs(pixels[50, 50] - (20, 180, 90)).max() < 8


def test_silence_stays_and_is_told(picture_dream, sound_dream, tmp_path):
    path = write(tmp_path / "in.mp4", pan(5), sound=np.zeros(RATE // 5))
    with pytest.warns(InputWarning, match="silent or shorter"):
        result = dream_video(path, tmp_path / "out.mp4", picture_dream, sound_dream, **QUIET)
    assert result.sound is None
    assert not read_sound(tmp_path / "out.mp4", RATE).any()


def test_frames_too_small_for_a_layer_are_told_before_all_work(eye, sound_dream, tmp_path):
    import keras

    from keras_sounddream import DeepDream

    x = keras.layers.Conv2D(4, 9, name="wide")(eye.output)
    dream = DeepDream(keras.Model(eye.inputs, x), "wide", octaves=1)
    path = write(tmp_path / "in.mp4", pan(3, 16, 16), sound=tone(0.3))
    with pytest.raises(InputError, match="16 x 16 pixels are .* too few for layer 'wide'"):
        dream_video(path, tmp_path / "out.mp4", dream, sound_dream, **QUIET)
    assert not (tmp_path / "out.mp4.part").exists()


@pytest.mark.parametrize(
    ("name", "dreams", "options", "message"),
    [
        ("both", "", {}, "Expected a dream of what .* holds: pictures and sound"),
        ("mute", "s", {}, "Expected a dream of what .* holds: pictures"),
        (
            "both",
            "p",
            {"couple": ["motion:strength"]},
            "drives a dream of the sound: there is none",
        ),
        ("mute", "p", {"couple": ["loudness:strength"]}, "needs sound, and .* has none"),
        ("both", "p", {"couple": ["heard:strength"]}, "heard is the score of a class"),
        ("both", "p", {"couple": ["loudness:layers"]}, "name two or more"),
        ("both", "p", {"keep": 1.0}, "`keep` must be at least 0 and at most 0.99"),
        ("both", "p", {"side": 3}, "`side` must be an int from 16 to 4096"),
        ("both", "wrong", {}, "takes sounds"),
    ],
)
def test_what_cannot_be_dreamed_is_told(
    name, dreams, options, message, picture_dream, sound_dream, tmp_path
):
    write(tmp_path / "both.mp4", pan(3), sound=tone(0.2))
    write(tmp_path / "mute.mp4", pan(3))
    frames = {"p": picture_dream, "wrong": sound_dream}.get(dreams)
    made = {"picture_dream": frames, "sound_dream": sound_dream if dreams == "s" else None}
    path = tmp_path / f"{name}.mp4"
    with pytest.raises(InputError, match=message):
        dream_video(path, tmp_path / "out.mp4", **made, **options, **QUIET)
    assert not (tmp_path / "out.mp4").exists()
    assert not (tmp_path / "out.mp4.part").exists()
