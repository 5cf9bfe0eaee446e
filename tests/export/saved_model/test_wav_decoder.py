"""WAV files read in a graph are what libsndfile reads; what is none is one clear error."""

import io
import struct

import numpy as np
import pytest
import soundfile
import tensorflow as tf

from keras_sounddream.export.saved_model.wav_decoder import decode_wav, encode_wav

decode = tf.function(decode_wav, input_signature=[tf.TensorSpec((), tf.string)], autograph=False)


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
    return chunk(b"fmt ", struct.pack("<HHIIHH", code, channels, rate, rate * width, width, bits))


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("kind", ["WAV", "WAVEX"])
@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
def test_reads_what_libsndfile_reads(rng, subtype, kind, channels):
    contents = wav(rng.uniform(-0.9, 0.9, (501, channels)), 44100, subtype, kind)
    waveform, rate = decode(contents)
    wanted, _ = soundfile.read(io.BytesIO(contents), dtype="float32", always_2d=True)
    assert rate == 44100
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
    waveform, rate = decode(contents)
    np.testing.assert_array_equal(waveform, SAMPLES[None] / np.float32(32768))
    assert rate == 8000


GOOD = wav(np.zeros((100, 2)))


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "this is none. Bytes:\\] \\[0\\]"),
        (b"hello", "this is none. Bytes:\\] \\[5\\]"),
        (b"fLaC" + GOOD, "this is none"),
        (b"RIFX" + GOOD[4:], "this is none"),
        (GOOD[:30], "breaks off"),
        (GOOD[:-3], "breaks off. Bytes of a part, and of it there:\\] \\[400 397\\]"),
        (riff(form()), "lacks its header or its samples"),
        (riff(DATA), "lacks its header or its samples"),
        (riff(form(), chunk(b"data", b"")), "holds no samples"),
        (riff(form(), chunk(b"data", b"\0")), "holds no samples"),
        (
            riff(form(channels=0), DATA),
            "Expected 1 to 64 channels.*Channels and Hz:\\] \\[0 8000\\]",
        ),
        (riff(form(rate=1), DATA), "1 to 1000 kHz.*\\[1 1\\]"),
        (riff(form(channels=65), DATA), "1 to 64 channels"),
        (riff(form(code=2, bits=4), DATA), "convert it. Its format and bits:\\] \\[2 4\\]"),
        (wav(np.zeros(10), subtype="ULAW"), "convert it. Its format and bits:\\] \\[7 8\\]"),
        (wav(np.full(10, np.nan), subtype="FLOAT"), "no finite sound"),
    ],
)
def test_what_is_no_whole_wav_file_is_one_error(contents, message):
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        decode(contents)
    assert decode(GOOD)[0].shape == (1, 100)


def test_random_bytes_never_end_the_process(rng):
    for _ in range(200):
        contents = bytearray(GOOD)
        for place in rng.integers(0, 60, 4):
            contents[place] = rng.integers(256)
        try:
            waveform, _ = decode(bytes(contents))
            assert np.isfinite(waveform).all()
        except tf.errors.InvalidArgumentError:
            pass


def test_writes_16_bits_as_libsndfile_reads_them(rng):
    waveform = rng.uniform(-1, 1, (1, 300)).astype("float32")
    contents = encode_wav(waveform, 24000).numpy()
    found, rate = soundfile.read(io.BytesIO(contents), dtype="int16")
    assert rate == 24000
    assert soundfile.info(io.BytesIO(contents)).subtype == "PCM_16"
    np.testing.assert_array_equal(found, np.clip(np.round(waveform[0] * 32768), -32768, 32767))
