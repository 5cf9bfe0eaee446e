"""The page's modules in Node, against soundfile, soxr and NumPy."""

import io

import javascript
import numpy as np
import pytest
import soundfile
import soxr
from javascript import call

RATE = 24000


def wav(samples, rate=RATE, subtype="PCM_16", kind="WAV"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype, format=kind)
    return file.getvalue()


@pytest.fixture
def stereo(rng):
    return rng.uniform(-0.9, 0.9, (500, 2)).astype("float32")


@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_wav_files_are_read_as_soundfile_reads_them(stereo, subtype, kind):
    file = wav(stereo, 44100, subtype, kind)
    read = call("sound/wav.mjs", "readWav", file)
    wanted, _ = soundfile.read(io.BytesIO(file), dtype="float32")
    assert read["rate"] == 44100
    np.testing.assert_array_equal(np.stack(read["channels"], 1), wanted)


def test_a_piece_of_a_wav_file_is_that_piece(stereo):
    file = wav(stereo, 1000, "FLOAT")
    read = call("sound/wav.mjs", "readWav", file, 0.1, 0.25)
    np.testing.assert_array_equal(read["channels"][1], stereo[100:350, 1])
    assert read["seconds"] == 0.5


def test_what_is_written_is_read_by_soundfile(stereo):
    sound = np.append(stereo[:, 0], [1.5, -1.5]).astype("float32")
    file = call("sound/wav.mjs", "writeWav", sound, RATE)
    read, rate = soundfile.read(io.BytesIO(file), dtype="float32")
    assert rate == RATE
    np.testing.assert_allclose(read[:-2], sound[:-2], atol=0.5 / 32768 + 1e-7)
    assert read[-2] == 32767 / 32768
    assert read[-1] == -1.0


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt ", "damaged or cut off"),
        (b"RIFF\x24\0\0\0WAVE" + b"\0" * 40, "damaged or cut off"),
        (wav(np.zeros(9), subtype="MS_ADPCM"), "does not read"),
        (wav(np.zeros(9))[:22] + b"\0\0" + wav(np.zeros(9))[24:], "0 channels"),
        (b"", "empty"),
        (wav(np.zeros(9, "float32")), "lasts 0.00 s: choose one of 0.25 s or more"),
        (wav(np.zeros(RATE)), "silent"),
        (wav(np.full(RATE, np.nan), subtype="FLOAT"), "no numbers"),
    ],
)
def test_what_cannot_be_dreamed_is_told_in_a_sentence(file, sentence):
    script = f"""
    const {{ checked, decode }} = await import("{javascript.PAGE.as_uri()}/js/sound/decode.mjs");
    const text = await new Response(process.stdin).text();
    await decode(Uint8Array.from(Buffer.from(text, "hex")).buffer, {RATE}, 10)
      .then(({{ sound }}) => checked(sound, {RATE}, 0.25))
      .catch((error) => console.log(error.message));
    """
    out = javascript.run_node(script, given=file.hex())
    assert sentence in out
    assert out.count("\n") == 1


def test_loud_sounds_are_turned_down_and_channels_averaged():
    loud = call("sound/decode.mjs", "checked", np.full(RATE, -2.0, "float32"), RATE, 0.25)
    np.testing.assert_array_equal(loud, -1.0)
    pair = [np.array([1.0, 0.0], "float32"), np.array([0.5, -1.0], "float32")]
    np.testing.assert_array_equal(call("sound/decode.mjs", "mono", pair), [0.75, -0.5])


@pytest.mark.parametrize("rate", [8000, 11025, 22050, 44100, 48000, 96000, 192000])
def test_resampling_keeps_what_both_rates_hold(rate):
    time = np.arange(rate // 2) / rate
    tones = [400, 0.42 * min(rate, RATE)]
    sound = sum(0.3 * np.sin(2 * np.pi * hz * time) for hz in tones).astype("float32")
    made = call("sound/resample.mjs", "resample", sound, rate, RATE)
    wanted = soxr.resample(sound, rate, RATE, "VHQ")
    assert len(made) == len(wanted)
    middle = slice(RATE // 8, -RATE // 8)
    np.testing.assert_allclose(made[middle], wanted[middle], atol=1e-4)


def test_resampling_lets_nothing_above_half_the_rate_through():
    time = np.arange(48000) / 48000
    made = call("sound/resample.mjs", "resample", np.sin(2 * np.pi * 13000 * time), 48000, RATE)
    assert np.abs(made[2000:-2000]).max() < 1e-3


def test_the_transform_is_numpys(rng):
    real, imaginary = rng.normal(size=(2, 64)).astype("float32")
    script = f"""
    const {{ transform }} = await import("{javascript.PAGE.as_uri()}/js/sound/spectrum.mjs");
    const [r, i] = {[real.tolist(), imaginary.tolist()]}.map((a) => Float64Array.from(a));
    transform(r, i);
    console.log(JSON.stringify([[...r], [...i]]));
    """
    made = np.array(eval(javascript.run_node(script)))
    np.testing.assert_allclose(made[0] + 1j * made[1], np.fft.fft(real + 1j * imaginary), atol=1e-5)


def test_a_full_scale_sine_is_0_db_in_its_bin():
    sine = np.sin(2 * np.pi * 64 / 1024 * np.arange(8192)).astype("float32")
    shown = call("sound/spectrum.mjs", "spectrogram", sine)
    db = shown["db"].reshape(shown["frames"], shown["bins"])[shown["frames"] // 2]
    assert db.argmax() == 64
    assert abs(db[64]) < 0.01
    assert db.min() == -80


def test_strengths_are_interpolated_as_python_does():
    from keras_sounddream.deepdream.settings import choose
    from keras_sounddream.web.choices import BOUNDS, strength_table

    for strength in (0.0, 0.1, 0.25, 0.5, 0.6, 0.75, 0.95, 1.0):
        made = call("dream/loop.mjs", "boundsAt", strength, strength_table())
        settings = choose("sound", strength=strength)
        wanted = [getattr(settings, name) for name in BOUNDS]
        np.testing.assert_allclose(made, wanted, atol=1e-9)


def test_links_hold_settings_and_nothing_else_is_taken_from_them():
    script = f"""
    const {{ linkTo, readLink }} = await import("{javascript.PAGE.as_uri()}/js/view/link.mjs");
    const on = {{ value: "a", options: [{{ value: "a" }}, {{ value: "b:1" }}] }};
    const strength = {{ value: "0.5", min: "0", max: "1" }};
    const fields = {{ on, strength }};
    const show = () => console.log(on.value, strength.value);
    readLink("#on=b%3A1&strength=0.25&other=3", fields); show();
    readLink("#on=c&strength=2", fields); show();
    readLink("#on=%3Cb%3E&strength=", fields); show();
    readLink("#strength=1e-1", fields); show();
    console.log(linkTo({{ origin: "https://a.b", pathname: "/c/" }}, fields));
    """
    lines = javascript.run_node(script).splitlines()
    assert lines == ["b:1 0.25"] * 3 + ["b:1 1e-1", "https://a.b/c/#on=b%3A1&strength=1e-1"]
