"""The processor: its description, and the choice of a precision by measurement."""

import json
import math
import re
import warnings

import pytest

from keras_sounddream import processor
from keras_sounddream.errors import InputWarning
from keras_sounddream.processor import (
    bfloat16_ratio,  # the real one; elsewhere tests have a made one
)

EPYC = """processor : 0
model name : AMD EPYC
flags : fpu avx2 avx512f avx512_bf16

processor : 1
model name : AMD EPYC
flags : fpu avx2 avx512f avx512_bf16
"""
ARM = "processor : 0\nFeatures : fp asimd bf16\n"


@pytest.fixture
def measured(monkeypatch, tmp_path):
    """An empty cache folder, and the numbers that measurements give, one after the other."""
    numbers = [0.5, 3.0]
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(processor, "_measure", lambda: numbers.pop(0))
    monkeypatch.setattr(processor, "bfloat16_ratio", bfloat16_ratio)
    return tmp_path / "keras_sounddream" / "measured.json"


@pytest.mark.parametrize(
    ("text", "words"),
    [(EPYC, ("AMD EPYC", "AVX2, AVX-512, AVX512-BF16")), (ARM, ("NEON, BF16",)), ("", ("cores",))],
    ids=["x86", "arm", "none"],
)
def test_description(monkeypatch, tmp_path, text, words):
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.setattr(processor, "_CPU_INFO", tmp_path / "cpuinfo")
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    described = processor.describe()
    assert all(word in described for word in (*words, "TF_ENABLE_ONEDNN_OPTS=0"))


def test_measured_once_for_a_processor(measured, monkeypatch):
    assert processor.settle_precision("auto") == "bfloat16"
    assert processor.settle_precision("auto", quick="mixed_bfloat16") == "mixed_bfloat16"
    monkeypatch.setattr(processor, "describe", lambda: "another one")
    assert processor.settle_precision("auto") == "float32"
    assert sorted(json.loads(measured.read_text()).values()) == [0.5, 3.0]


@pytest.mark.parametrize("content", ["", "[1]", '{"a": "b"}', "{", '{"a": null}'])
def test_a_damaged_file_is_measured_anew(measured, content):
    measured.parent.mkdir()
    measured.write_text(content)
    assert bfloat16_ratio() == 0.5
    assert list(json.loads(measured.read_text()).values()) == [0.5]


def test_a_failure_is_not_kept(measured, monkeypatch):
    ratios = [math.inf, 0.7]
    monkeypatch.setattr(processor, "_measure", lambda: ratios.pop(0))
    assert (bfloat16_ratio(), bfloat16_ratio(), bfloat16_ratio()) == (math.inf, 0.7, 0.7)


def test_without_a_place_to_keep_it(measured, tmp_path):
    (tmp_path / "keras_sounddream").write_text("a file where the folder would be")
    assert bfloat16_ratio() == 0.5


@pytest.mark.parametrize(
    ("ratio", "precision", "settled", "warning"),
    [
        (0.6, "bfloat16", "bfloat16", None),
        (0.99, "auto", "float32", None),  # no difference, no choice
        (1.02, "bfloat16", "bfloat16", None),
        (
            9.8,
            "bfloat16",
            "bfloat16",
            "takes 9.8 times as long .* the quicker one",
        ),
        (9.8, "mixed_bfloat16", "mixed_bfloat16", "precision='mixed_bfloat16' takes 9.8"),
        (math.inf, "bfloat16", "float32", "does not work on this processor: float32 is taken"),
        (math.inf, "auto", "float32", None),
        (math.inf, "float32", "float32", None),
        (0.1, "mixed_float16", "mixed_float16", None),
    ],
)
def test_settled(monkeypatch, ratio, precision, settled, warning):
    monkeypatch.setattr(processor, "bfloat16_ratio", lambda: ratio)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert processor.settle_precision(precision) == settled
    texts = [str(each.message) for each in caught if each.category is InputWarning]
    assert len(texts) == (warning is not None)
    assert all(re.search(warning, text) for text in texts)


def test_kernels_that_fail_are_infinitely_slow(monkeypatch):
    def fail(dtype):
        raise RuntimeError("could not create a primitive descriptor")

    monkeypatch.setattr(processor, "_seconds", fail)
    assert processor._measure() == math.inf


def test_a_real_measurement():
    assert processor._seconds("float32") > 0


def test_a_dream_says_what_it_was_computed_in(small_model, chirp, monkeypatch):
    from keras_sounddream import DeepDream

    for ratio, settled in ((0.5, "bfloat16"), (2.0, "float32")):
        monkeypatch.setattr(processor, "bfloat16_ratio", lambda ratio=ratio: ratio)
        dream = DeepDream(small_model, "conv2", precision="auto", octaves=1, steps=1)
        assert dream.settings.precision == dream.get_config()["precision"] == settled
    assert dream.run(chirp).figures()["precision"] == "float32"
