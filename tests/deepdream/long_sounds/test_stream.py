"""Long sounds: in pieces as whole, no seam, the same bytes after an interruption."""

import json

import numpy as np
import pytest
import soundfile

from keras_sounddream import DeepDream, InputError, audio, objectives
from keras_sounddream.deepdream.full_rate.rendering import Rendering
from keras_sounddream.deepdream.long_sounds.stream import dream_stream
from keras_sounddream.locks import locked

OBJECTIVE = objectives.layer("conv2")
QUICK = {"segment_seconds": 1.0, "overlap_seconds": 0.2, "progress": False}


@pytest.fixture
def dream(small_model):
    return DeepDream(small_model, OBJECTIVE, octaves=1, steps=2)


@pytest.fixture
def folder(tmp_path, monkeypatch, rng):
    """Five seconds with a silent stretch, whose level rises and falls."""
    monkeypatch.chdir(tmp_path)
    time = np.arange(5 * 24000) / 24000
    sound = (0.2 + 0.1 * np.sin(2 * time)) * np.sin(2 * np.pi * (400 + 60 * time) * time)
    sound += 0.02 * rng.normal(size=len(time))
    sound[round(1.5 * 24000) : round(3.2 * 24000)] = 0
    soundfile.write("in.wav", sound, 24000)
    return tmp_path


def fail_at(dream, monkeypatch, number, error):
    """Makes `run` raise at its call of that number."""
    run, calls = dream.run, iter(range(1000))

    def failing(waveform, **settings):
        if next(calls) == number:
            raise error
        return run(waveform, **settings)

    monkeypatch.setattr(dream, "run", failing)


def test_a_long_sound_is_dreamed_at_its_level_and_its_silence_kept(dream, folder):
    result = dream_stream(dream, "in.wav", "out.wav", **QUICK)
    before, after = (audio.load(name, 24000)[0] for name in ("in.wav", "out.wav"))
    assert after.shape == before.shape
    assert soundfile.info("out.wav").subtype == "PCM_16"
    starts = [row["start_seconds"] for row in result.segments if row["silent"]]
    middle = round(24000 * (starts[0] + 0.3))
    assert not after[middle : middle + 9600].any()
    assert np.abs(after).max() <= 1
    powers = [np.mean(np.square(sound)) for sound in (before, after)]
    assert 10 * np.log10(powers[1] / powers[0]) == pytest.approx(0, abs=0.5)
    assert result.gain[0] > 1.1
    assert result.retained[0] == pytest.approx(1, abs=0.1)
    assert sorted(path.name for path in folder.iterdir()) == ["in.wav", "out.wav"]


def test_figures_are_means_over_the_segments_that_sound(dream, folder):
    figures = dream_stream(dream, "in.wav", "out.wav", **QUICK).figures()
    assert json.loads(json.dumps(figures, allow_nan=False)) == figures
    heard = [row for row in figures["segments"] if not row["silent"]]
    assert figures["silent_segments"] == len(figures["segments"]) - len(heard) == 1
    for name in ("objective_before", "objective_believed", "objective_real"):
        assert figures[name] == pytest.approx(np.mean([row[name] for row in heard]), rel=1e-5)
    sound = audio.load("out.wav", 24000)
    start = round(24000 * heard[1]["start_seconds"])
    length = round(24000 * (figures["segments"][1]["start_seconds"] + 0.2))
    heard_there = float(dream.score(sound[:, start : start + length])[0])
    assert heard[1]["objective_real"] == pytest.approx(heard_there, rel=1e-4)
    assert figures["sound_seconds"] == 5.0
    assert figures["real_time_factor"] == pytest.approx(5 / figures["seconds"])
    assert (figures["steps"], figures["layers"]) == (2, ["conv2"])


def test_a_short_sound_is_dreamed_whole(dream, folder, chirp):
    audio.save("short.wav", chirp, 24000)
    result = dream_stream(dream, "short.wav", "out.wav", segment_seconds=2.0, progress=False)
    expected = dream.run(audio.load("short.wav", 24000))
    audio.save("whole.wav", expected.waveform, 24000)
    assert (folder / "out.wav").read_bytes() == (folder / "whole.wav").read_bytes()
    np.testing.assert_allclose(result.objective_real, expected.objective_real, rtol=1e-5)
    np.testing.assert_allclose(result.objective, expected.objective)


@pytest.mark.parametrize("number", [0, 1, 3])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("power failed")])
def test_after_an_interruption_it_goes_on_to_the_same_bytes(
    number, error, dream, folder, monkeypatch
):
    dream_stream(dream, "in.wav", "whole.wav", **QUICK)
    with monkeypatch.context() as patch:
        fail_at(dream, patch, number, error)
        with pytest.raises(type(error)):
            dream_stream(dream, "in.wav", "out.wav", **QUICK)
    assert not (folder / "out.wav").exists()
    assert (folder / "out.wav.part").exists() == (number > 0)
    with monkeypatch.context() as patch:
        fail_at(dream, patch, 5 - number, AssertionError("dreamed a finished segment again"))
        result = dream_stream(dream, "in.wav", "out.wav", **QUICK)
    assert (folder / "out.wav").read_bytes() == (folder / "whole.wav").read_bytes()
    assert len(result.segments) == 6
    assert not (folder / "out.wav.part").exists()


def test_an_interruption_while_the_state_is_written_costs_one_segment(dream, folder, monkeypatch):
    from keras_sounddream.deepdream.long_sounds import checkpoint

    dream_stream(dream, "in.wav", "whole.wav", **QUICK)
    for name in ("tail-3.npy", "state.json"):
        write = checkpoint.written_beside

        def failing(path, overwrite=False, name=name, write=write):
            if path.name == name and (folder / "out.wav.part" / "tail-2.npy").exists():
                raise KeyboardInterrupt
            return write(path, overwrite)

        with monkeypatch.context() as patch:
            patch.setattr(checkpoint, "written_beside", failing)
            with pytest.raises(KeyboardInterrupt):
                dream_stream(dream, "in.wav", "out.wav", **QUICK)
    dream_stream(dream, "in.wav", "out.wav", **QUICK)
    assert (folder / "out.wav").read_bytes() == (folder / "whole.wav").read_bytes()


def test_a_second_dream_to_one_output_is_refused(dream, folder):
    with (
        locked("out.wav", "dream"),
        pytest.raises(InputError, match=r"Another process writes .*out.wav \(since .*: dream\)"),
    ):
        dream_stream(dream, "in.wav", "out.wav", **QUICK)
    assert sorted(path.name for path in folder.iterdir()) == ["in.wav"]


def test_a_damaged_state_is_one_line_and_is_overwritten_by_force(dream, folder, monkeypatch):
    with monkeypatch.context() as patch:
        fail_at(dream, patch, 1, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            dream_stream(dream, "in.wav", "out.wav", **QUICK)
    state = folder / "out.wav.part" / "state.json"
    state.write_bytes(state.read_bytes()[:-20])
    with pytest.raises(InputError, match="out.wav.part holds an interrupted dream that is damaged"):
        dream_stream(dream, "in.wav", "out.wav", **QUICK)
    dream_stream(dream, "in.wav", "out.wav", **QUICK, overwrite=True)
    assert sorted(path.name for path in folder.iterdir()) == ["in.wav", "out.wav"]


def test_what_differs_from_an_interrupted_dream_is_said(dream, folder, small_model, monkeypatch):
    with monkeypatch.context() as patch:
        fail_at(dream, patch, 1, RuntimeError())
        with pytest.raises(RuntimeError):
            dream_stream(dream, "in.wav", "out.wav", **QUICK)
    other = DeepDream(small_model, OBJECTIVE, octaves=1, steps=3)
    with pytest.raises(InputError, match=r"steps \(there 2, here 3\).*overwrite=True"):
        dream_stream(other, "in.wav", "out.wav", **QUICK)
    with pytest.raises(InputError, match=r"overlap_seconds \(there 0.2, here 0.3\)"):
        dream_stream(dream, "in.wav", "out.wav", **{**QUICK, "overlap_seconds": 0.3})
    kept = small_model.get_weights()
    small_model.set_weights([2 * weight for weight in kept])
    with pytest.raises(InputError, match="of other settings: model "):
        dream_stream(dream, "in.wav", "out.wav", **QUICK)
    small_model.set_weights(kept)
    soundfile.write("in.wav", 0.5 * soundfile.read("in.wav")[0], 24000)
    with pytest.raises(InputError, match="of other settings: input "):
        dream_stream(dream, "in.wav", "out.wav", **QUICK)
    assert (folder / "out.wav.part").exists()
    dream_stream(other, "in.wav", "out.wav", overwrite=True, **QUICK)
    dream_stream(other, "in.wav", "anew.wav", **QUICK)
    assert (folder / "out.wav").read_bytes() == (folder / "anew.wav").read_bytes()


def bad_inputs():
    """What to write, the settings, and what is said."""
    noise = np.random.default_rng(0).normal(0, 0.1, 50_000)
    broken = np.where(np.arange(50_000) == 49_000, np.nan, noise)
    return [
        (None, {}, "there is no bad.wav"),
        (0 * noise, {}, "is silent"),
        (1e-7 * noise, {}, "is silent"),
        (noise[:0], {}, "holds no samples"),
        (noise[:500], {}, "Expected at least 0.04 s"),
        (broken, {}, "not finite numbers"),
        (5 * noise, {}, r"The peak is .*: scale it down"),
        (80 * noise, {}, r"The peak of bad.wav is .*: divide by the largest value"),
        (noise, {"segment_seconds": 0.1}, "`segment_seconds` must be at least 0.5"),
        (noise, {"overlap_seconds": 0.6}, "`overlap_seconds` must be at least 0 and at most 0.5"),
        (noise, {"output_path": "taken.wav"}, "taken.wav exists"),
        (noise, {"output_path": "out.xyz"}, "No sound format is called .xyz"),
        (noise, {"output_path": "no/out.wav"}, "The folder no for out.wav does not exist"),
    ]


@pytest.mark.parametrize(("sound", "settings", "message"), bad_inputs())
def test_bad_input_is_named_and_leaves_nothing(sound, settings, message, dream, folder):
    (folder / "taken.wav").write_bytes(b"mine")
    if sound is not None:
        soundfile.write("bad.wav", sound, 24000, "FLOAT")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    settings = {"output_path": "out.wav", **QUICK, **settings}
    with pytest.raises(InputError, match=message):
        dream_stream(dream, "bad.wav", **settings)
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_pictures_are_not_streamed():
    import keras

    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(2, 3, name="conv2")(inputs), name="eye")
    with pytest.raises(InputError, match="Only sounds are streamed, and eye takes pictures"):
        dream_stream(DeepDream(model, OBJECTIVE), "photo.png", "out.png")


def test_a_rate_that_the_format_lacks_is_said_before_the_work(dream, folder):
    soundfile.write("in.flac", soundfile.read("in.wav")[0], 22050)
    message = r"Cannot write out.opus at 22050 Hz .* give --rate 24000 \(rate=24000\)"
    with pytest.raises(InputError, match=message):
        dream_stream(dream, "in.flac", "out.opus", **QUICK)


@pytest.fixture
def stereo(folder):
    """A second channel, half as loud and in antiphase, of 24 bits at 22.05 kHz."""
    sound, _ = soundfile.read("in.wav")
    soundfile.write("in.flac", np.stack([sound, -0.5 * sound], 1), 22050, "PCM_24")


@pytest.mark.parametrize("suffix", ["flac", "ogg", "mp3"])
def test_rate_channels_and_bits_are_streamed_too(suffix, dream, stereo):
    result = dream_stream(dream, "in.flac", f"out.{suffix}", **QUICK)
    before, after = (soundfile.info(name) for name in ("in.flac", f"out.{suffix}"))
    assert (after.samplerate, after.channels) == (22050, 2)
    assert abs(after.frames - before.frames) < 0.1 * 22050
    assert suffix != "flac" or after.subtype == "PCM_24"
    assert result.figures()["written"]["sample_rate"] == 22050
    assert result.sound_seconds == pytest.approx(5 * 24000 / 22050, abs=1e-3)
    assert suffix != "flac" or result.gain[0] > 1.05
    assert suffix != "flac" or result.retained[0] == pytest.approx(1, abs=0.1)


def test_another_rate_and_one_channel_can_be_asked_for(dream, stereo):
    dream_stream(dream, "in.flac", "out.wav", **QUICK, rendering=Rendering(rate=24000, mono=True))
    info = soundfile.info("out.wav")
    assert (info.samplerate, info.channels, info.subtype) == (24000, 1, "PCM_24")


def test_outside_of_a_region_a_long_sound_is_the_input(dream, stereo, monkeypatch):
    rendering = Rendering(start=0.4, end=1.2)
    dream_stream(dream, "in.flac", "out.flac", **QUICK, rendering=rendering)
    before, after = (soundfile.read(f"{name}.flac")[0] for name in ("in", "out"))
    changed = np.flatnonzero((before != after).any(axis=1)) / 22050
    assert before.shape == after.shape
    assert 0.4 <= changed[0] < 0.45
    assert 1.15 < changed[-1] < 1.2


def test_after_an_interruption_stereo_goes_on_to_the_same_bytes(dream, stereo, folder, monkeypatch):
    rendering = Rendering(mix=0.7, band=(200, 5000))
    dream_stream(dream, "in.flac", "whole.flac", **QUICK, rendering=rendering)
    with monkeypatch.context() as patch:
        fail_at(dream, patch, 3, KeyboardInterrupt())
        with pytest.raises(KeyboardInterrupt):
            dream_stream(dream, "in.flac", "out.flac", **QUICK, rendering=rendering)
    for other, message in (
        (Rendering(mix=0.6, band=(200, 5000)), r"rendering \(there .* here "),
        (Rendering(mix=0.7, band=(200, 5000), mono=True), "of other settings: input .* output "),
    ):
        with pytest.raises(InputError, match=message):
            dream_stream(dream, "in.flac", "out.flac", **QUICK, rendering=other)
    dream_stream(dream, "in.flac", "out.flac", **QUICK, rendering=rendering)
    assert (folder / "out.flac").read_bytes() == (folder / "whole.flac").read_bytes()


def test_progress_shows_the_real_time_factor(dream, folder, capsys):
    dream_stream(dream, "in.wav", "out.wav", **{**QUICK, "progress": True})
    said = capsys.readouterr().err
    assert "× real time" in said
    assert "5/5" in said
