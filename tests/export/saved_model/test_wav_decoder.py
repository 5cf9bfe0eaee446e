"""WAV files read in a graph are what libsndfile reads; what is none is one clear fault."""

import io
import itertools
import re
import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_sounddream.export.saved_model.wav_decoder import decode_wav, encode_wav

decode = tf.function(decode_wav, input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
at_most_a_second = tf.function(lambda contents: decode_wav(contents, 1.0), autograph=False)


def wav(samples, rate=22050, subtype="PCM_16", kind="WAV"):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, subtype, format=kind)
    return file.getvalue()


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def riff(*chunks):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def form(code=1, channels=1, rate=8000, bits=16):
    width = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", code, channels, rate, 0, width % 2**16, bits))


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_reads_what_libsndfile_reads(rng, subtype, kind, channels):
    contents = wav(rng.uniform(-0.9, 0.9, (501, channels)), 44100, subtype, kind)
    waveform, rate, fault = decode(contents)
    wanted, _ = soundfile.read(io.BytesIO(contents), dtype="float32", always_2d=True)
    assert (rate, fault) == (44100, b"")
    np.testing.assert_allclose(waveform, wanted.mean(axis=1)[None], atol=1e-6)


SAMPLES = np.array([0, 1000, -32768, 32767], "<i2")
DATA = chunk(b"data", SAMPLES.tobytes())


@pytest.mark.parametrize(
    "contents",
    [
        riff(chunk(b"JUNK", b"odd"), form(), chunk(b"LIST", b"name"), DATA),
        riff(form(), DATA, chunk(b"id3 ", b"1234"))[
            :-2
        ],  # what is behind the samples may break off
        riff(form(), b"data" + struct.pack("<I", 0xFFFFFFFF) + SAMPLES.tobytes()),  # from a pipe
        riff(form(), chunk(b"data", SAMPLES.tobytes() + b"\1")),  # half a sample too much
    ],
)
def test_reads_files_as_programs_write_them(contents):
    waveform, rate, _ = decode(contents)
    np.testing.assert_array_equal(waveform, SAMPLES[None] / np.float32(32768))
    assert rate == 8000


GOOD = wav(np.zeros((100, 2)))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "this is none, of bytes. Received: 0"),
        (b"hello", "this is none, of bytes. Received: 5"),
        (b"fLaC" + GOOD, "this is none"),
        (b"RIFX" + GOOD[4:], "this is none"),
        (GOOD[:30], "breaks off"),
        (
            GOOD[:-3],
            "breaks off in a part: bytes that it should have, and has. Received: 400",
        ),
        (riff(form()), "it lacks one of them"),
        (riff(DATA), "it lacks one of them"),
        (riff(chunk(b"fmt ", b"short"), DATA), "it lacks one of them"),
        (riff(form(), chunk(b"data", b"")), "Expected samples in the WAV file"),
        (riff(form(), chunk(b"data", b"\0")), "Expected samples in the WAV file"),
        (riff(form(channels=0), DATA), "Expected 1 to 64 channels. Received: 0"),
        (riff(form(rate=1), DATA), "1 to 192 kHz, in Hz. Received: 1"),
        (riff(form(rate=192001), DATA), "1 to 192 kHz, in Hz. Received: 192001"),
        (riff(form(rate=2**31), DATA), "1 to 192 kHz, in Hz. Received: 2147483648"),
        (riff(form(channels=65), DATA), "1 to 64 channels. Received: 65"),
        (riff(form(channels=65535, bits=65528), DATA), "convert it. Its format and bits"),
        (riff(form(code=2, bits=4), DATA), "convert it. Its format and bits. Received: 2 and 4"),
        (wav(np.zeros(10), subtype="ULAW"), "Its format and bits. Received: 7 and 8"),
        (wav(np.full(10, np.nan), subtype="FLOAT"), "Expected finite samples"),
        (wav(np.full(10, 1e30), subtype="FLOAT"), "in \\[-1, 1\\]: divide .*: 1e\\+30"),
        (wav(np.array([[1e30, -1e30]]), subtype="FLOAT"), "16-bit samples. Peak. Received: 1e"),
        (
            wav(np.array([[0.5, -0.5]] * 9)),
            "do not cancel in mono: .* Power left. Received: 0",
        ),
        (riff(form(), *[chunk(b"JUNK", b"")] * 100000, DATA), "at most 256 parts of a file"),
    ],
    ids=itertools.count(),  # bytes hold the time at which they were written
)
def test_what_is_no_whole_wav_file_is_one_fault(contents, message):
    *_, fault = decode(contents)
    assert re.search(message, fault.numpy().decode())
    assert decode(GOOD)[2] == b""


def test_longer_sounds_than_are_allowed_are_not_decoded():
    waveform, _, fault = at_most_a_second(wav(np.zeros(22051)))
    assert b"Expected at most 1 s of sound. Received: 1.00" in fault.numpy()
    assert waveform.shape[1] == 1
    assert at_most_a_second(wav(np.zeros(22050)))[2] == b""


def test_blocks_make_the_same_as_one(rng):
    sound = rng.uniform(-0.9, 0.9, (2 * 65536 + 7, 2))
    contents = wav(sound, 44100, "PCM_24")
    wanted, _ = soundfile.read(io.BytesIO(contents), dtype="float32")
    np.testing.assert_allclose(decode(contents)[0], wanted.mean(axis=1)[None], atol=1e-6)


def test_random_bytes_never_end_the_process(rng):
    for _ in range(200):
        contents = bytearray(GOOD)
        for place in rng.integers(0, 60, 4):
            contents[place] = rng.integers(256)
        waveform, _, fault = decode(bytes(contents))
        assert fault != b"" or np.isfinite(waveform).all()


def test_writes_16_bits_as_libsndfile_reads_them(rng):
    waveform = rng.uniform(-1, 1, (1, 300)).astype("float32")
    contents = encode_wav(waveform, 24000).numpy()
    found, rate = soundfile.read(io.BytesIO(contents), dtype="int16")
    assert rate == 24000
    assert soundfile.info(io.BytesIO(contents)).subtype == "PCM_16"
    np.testing.assert_array_equal(found, np.clip(np.round(waveform[0] * 32768), -32768, 32767))
