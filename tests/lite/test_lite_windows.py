"""Windows, ring buffers and length variants, against brute force."""

import types

import numpy as np
import pytest

from keras_sounddream import InputError
from keras_sounddream.lite import length_variants
from keras_sounddream.lite.length_variants import LengthVariants, check_waveform
from keras_sounddream.lite.windows import RingBuffer, sliding, tiled, windows


@pytest.mark.parametrize(
    ("length", "samples", "wanted"),
    [(1, 3, [0, 0, 0]), (2, 5, [0, 1, 0, 1, 0]), (3, 3, [0, 1, 2]), (3, 7, [0, 1, 2, 0, 1, 2, 0])],
)
def test_a_short_sound_is_repeated(length, samples, wanted):
    assert tiled(np.arange(length), samples).tolist() == wanted


@pytest.mark.parametrize(
    ("length", "wanted"),
    [
        (2, [([0, 1, 0, 1], 1)]),
        (4, [([0, 1, 2, 3], 1)]),
        (5, [([0, 1, 2, 3], 4 / 5), ([1, 2, 3, 4], 1 / 5)]),
        (8, [([0, 1, 2, 3], 1 / 2), ([4, 5, 6, 7], 1 / 2)]),
        (9, [([0, 1, 2, 3], 4 / 9), ([4, 5, 6, 7], 4 / 9), ([5, 6, 7, 8], 1 / 9)]),
    ],
)
def test_windows_adjoin_and_the_last_ends_with_the_sound(length, wanted):
    found = [(window.tolist(), share) for window, share in windows(np.arange(length), 4)]
    assert [window for window, _ in found] == [window for window, _ in wanted]
    assert [share for _, share in found] == pytest.approx([share for _, share in wanted])


@pytest.mark.parametrize("samples", [1, 2, 5, 16])
@pytest.mark.parametrize("hop", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("size", [1, 3, 16, 100])
def test_a_stream_has_the_windows_of_the_whole_sound(samples, hop, size):
    sound = np.arange(1.0, 61.0, dtype="float32")
    blocks = [sound[start : start + size] for start in range(0, 60, size)]
    found = list(sliding(blocks, samples, hop))
    wanted = np.lib.stride_tricks.sliding_window_view(sound, samples)[::hop]
    assert [end for end, _ in found] == list(range(samples, 61, hop))
    np.testing.assert_array_equal([window for _, window in found], wanted)


@pytest.mark.parametrize("length", [0, 1, 3, 4])
def test_a_stream_that_ends_early_is_repeated(length):
    sound = np.arange(1.0, 1.0 + length, dtype="float32")
    found = list(sliding([sound], 5, 1))
    assert len(found) == (length > 0)
    for end, window in found:
        assert end == length
        np.testing.assert_array_equal(window, tiled(sound, 5))


@pytest.mark.parametrize("hop", [0, -1])
def test_a_hop_is_a_sample_at_least(hop):
    with pytest.raises(InputError, match=f"Expected a hop of one sample or more. Received: {hop}"):
        next(sliding([np.zeros(9)], 2, hop))


@pytest.mark.parametrize("sizes", [[1] * 20, [4, 4, 4], [3, 9, 2, 0, 7], [30], [5, 30, 1]])
def test_a_ring_holds_the_end_of_what_was_written(sizes):
    ring, written = RingBuffer(4), np.zeros(4, "float32")
    for number, size in enumerate(sizes, 1):
        block = np.arange(size, dtype="float32") + 100 * number
        ring.write(block)
        written = np.concatenate([written, block])
        np.testing.assert_array_equal(ring.read(), written[-4:])
    assert ring.written == sum(sizes)


@pytest.mark.parametrize("kind", ["float16", "float32", "float64", ">f4"])
@pytest.mark.parametrize("shape", [(3,), (1, 3)])
def test_waveforms_of_any_float_become_one_row(kind, shape):
    waveform = check_waveform(np.array([0.5, -1, 1], kind).reshape(shape))
    assert waveform.dtype == np.float32
    assert waveform.tolist() == [0.5, -1, 1]


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        ([], r"Expected one waveform, float .samples,. in \[-1, 1\]. Received: float64 \(0,\)"),
        ([[]], r"Received: float64 \(0,\)"),
        ([[0.1], [0.2]], r"Received: float64 \(2, 1\)"),
        (0.5, r"Received: float64 \(\)"),
        ([1, 2], r"Received: int64 \(2,\)"),
        ([True], r"Received: bool \(1,\)"),
        (["0.5"], r"Received: <U3 \(1,\)"),
        ([1j], r"Received: complex128 \(1,\)"),
        (None, r"Received: object \(\)"),
        ([100.5], "The peak is 100.5"),
        ([0.0, -np.inf], "The peak is inf"),
        ([0.0, np.nan], "The peak is nan"),
    ],
)
def test_what_is_no_waveform_is_named(waveform, message):
    with pytest.raises(InputError, match=message):
        check_waveform(waveform)


@pytest.fixture
def known_files(monkeypatch):
    """Stands in for `ModelFile`: a file's name says its length, task, model, rate and labels."""

    def model_file(path, **options):
        samples, task, model, rate, labels = path.stem.split("-")
        metadata = types.SimpleNamespace(model=model, sample_rate=int(rate), labels=labels)
        tasks = (task,)
        return types.SimpleNamespace(
            path=path, samples=int(samples), tasks=tasks, metadata=metadata, options=options
        )

    monkeypatch.setattr(length_variants, "ModelFile", model_file)


NAMES = [f"{samples}-classify-known-8000-abc.tflite" for samples in (400, 100, 900)]


@pytest.mark.parametrize(
    ("length", "wanted"),
    [(1, 100), (100, 100), (101, 400), (400, 400), (401, 900), (900, 900), (5000, 900)],
)
def test_the_shortest_that_fits_is_taken(known_files, length, wanted):
    variants = LengthVariants(*NAMES, tasks=("classify",), threads=3)
    assert [file.samples for file in variants.files] == [100, 400, 900]
    assert variants.fitting(length).samples == wanted
    assert all(file.options == {"threads": 3} for file in variants.files)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("500-classify-other-8000-abc.tflite", "is of known, .*500-.* of other, or their rates"),
        ("500-classify-known-9000-abc.tflite", "Expected files of one model"),
        ("500-classify-known-8000-abd.tflite", "Expected files of one model"),
        ("500-dream-other-9000-xyz.tflite", None),
    ],
)
def test_files_that_do_the_task_are_of_one_model(known_files, other, message):
    if message is None:
        assert len(LengthVariants(*NAMES, other, tasks=("classify",)).files) == 3
        return
    with pytest.raises(InputError, match=message):
        LengthVariants(*NAMES, other, tasks=("classify",))


def test_no_file_for_the_task_and_no_file_at_all_are_errors(known_files, tmp_path):
    with pytest.raises(InputError, match="does classify. Expected a file that can embed or dream"):
        LengthVariants(*NAMES, tasks=("embed", "dream"))
    with pytest.raises(InputError, match="Expected a .tflite file, or a folder of them"):
        LengthVariants(tasks=("classify",))
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match="holds no .tflite file"):
        LengthVariants(*NAMES, tmp_path, tasks=("classify",))


def test_a_folder_stands_for_its_files(known_files, tmp_path):
    for name in NAMES:
        (tmp_path / name).touch()
    variants = LengthVariants(str(tmp_path), tasks=("classify",))
    assert [file.path.name for file in variants.files] == [NAMES[1], NAMES[0], NAMES[2]]
