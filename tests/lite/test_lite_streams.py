"""Sounds without an end: the scores are the file's, whatever the blocks' sizes."""

import io
import os
import stat
import sys

import numpy as np
import pytest
from lite import made_files
from lite.made_files import RATE, SAMPLES

from keras_sounddream import InputError
from keras_sounddream.lite import Classifier, ModelFile, decode_pcm, read_blocks, record
from keras_sounddream.lite.windows import RingBuffer, sliding


def blocks_of(sound, size):
    return (sound[start : start + size] for start in range(0, len(sound), size))


@pytest.mark.parametrize("size", [1, 2, 7, 331, 1000, 1600, 1601, 4999, 5000, 100_000])
@pytest.mark.parametrize("hop", [1 / 16, 0.1, 0.2, 0.35])
def test_scores_are_the_files_for_any_block_size(model, sound, size, hop):
    file, hop_samples = ModelFile(model), round(hop * RATE)
    wanted = [
        (start, file.run("classify", sound[start : start + SAMPLES])["scores"])
        for start in range(0, 5000 - SAMPLES + 1, hop_samples)
    ]
    found = list(Classifier(model).stream(blocks_of(sound, size), hop))
    assert [round(seconds * RATE) - SAMPLES for seconds, _ in found] == [s for s, _ in wanted]
    for (_, scores), (_, exact) in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(scores, exact)


def test_unequal_and_empty_blocks_change_nothing(model, sound, rng):
    cuts = np.sort(rng.integers(0, 5000, 40))
    wanted = list(Classifier(model).stream([sound]))
    found = list(Classifier(model).stream(np.split(sound, [*cuts, *cuts[:1]][:40])))
    for one, other in zip(found, wanted, strict=True):
        assert one[0] == other[0]
        np.testing.assert_array_equal(one[1], other[1])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 16, 17, 64])
def test_a_ring_buffer_holds_the_newest(size):
    ring, sound = RingBuffer(16), np.arange(200, dtype="float32")
    for block in blocks_of(sound, size):
        ring.write(block)
        newest = np.concatenate([np.zeros(16), sound[: ring.written]])[-16:]
        np.testing.assert_array_equal(ring.read(), newest)
    assert ring.written == 200


def test_a_sound_that_ends_early_is_repeated_as_files_are(model, sound):
    ((seconds, scores),) = Classifier(model).stream(blocks_of(sound[:700], 64))
    assert seconds == 700 / RATE
    np.testing.assert_array_equal(scores, Classifier(model).scores(sound[:700]))
    assert not list(Classifier(model).stream([]))


def test_hops_of_less_than_a_sample_and_blocks_of_no_sound_are_errors(model):
    classifier = Classifier(model)
    with pytest.raises(InputError, match="hop of one sample"):
        next(classifier.stream([], hop_seconds=0))
    with pytest.raises(InputError, match="Received: int16"):
        next(classifier.stream([np.zeros(9, "int16")]))
    assert [end for end, _ in sliding([np.zeros(10, "f")], 2, 4)] == [2, 6, 10]


def test_streams_use_the_shortest_of_several_files(variants, sound):
    classifier = Classifier(variants)
    classifier.warm_up()
    (first, *_) = classifier.stream([sound])
    assert first[0] == 1600 / RATE
    assert classifier.latency["calls"] == 1


@pytest.mark.parametrize("size", [1, 2, 3, 5, 4096])
@pytest.mark.parametrize("channels", [1, 2])
def test_raw_samples_may_be_cut_anywhere(size, channels, rng):
    values = rng.integers(-32768, 32767, (300, channels)).astype("<i2")
    pipe = io.BytesIO(values.tobytes() + b"\x01")
    found = np.concatenate(list(decode_pcm(read_blocks(pipe, size), channels)))
    np.testing.assert_allclose(found, values.mean(axis=1) / 32768, atol=1e-7)


def recorder(folder, script):
    """Puts a program named `arecord` into a folder."""
    path = folder / "arecord"
    path.write_text(f"#!{sys.executable}\nimport sys\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def test_a_microphone_is_arecord_and_ends_with_the_generator(tmp_path, monkeypatch, model):
    args = tmp_path / "arguments"
    recorder(
        tmp_path,
        f"open({str(args)!r}, 'w').write(' '.join(sys.argv[1:]))\n"
        "while True: sys.stdout.buffer.write(bytes([0, 64]) * 500)",
    )
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    microphone = record(RATE, "plughw:1,0")
    seconds, scores = next(Classifier(model).stream(microphone))
    microphone.close()
    assert seconds == SAMPLES / RATE
    np.testing.assert_allclose(scores, made_files.scores(np.full(SAMPLES, 0.5)), rtol=1e-5)
    assert args.read_text() == "-q -t raw -f S16_LE -c 1 -r 8000 -D plughw:1,0"


def test_a_microphone_that_fails_says_why(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="apt install alsa-utils"):
        next(record(RATE))
    recorder(tmp_path, "print('main: no such device', file=sys.stderr)")
    with pytest.raises(InputError, match="`arecord` ended: main: no such device"):
        next(record(RATE))
