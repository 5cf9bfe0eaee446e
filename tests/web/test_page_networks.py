"""A network of the demo server: dreams at a file's own rate, as many as are asked for."""

import numpy as np
import pytest
import soundfile

from keras_sounddream.deepdream import objectives
from keras_sounddream.deepdream.model import DeepDream
from keras_sounddream.errors import InputError
from keras_sounddream.web.server.jobs import Order
from keras_sounddream.web.server.networks import Network


@pytest.fixture(scope="module")
def network(page_model):
    return Network(page_model)


@pytest.fixture
def clip(tmp_path, voice):
    """A stereo file at twice the network's rate."""
    path = tmp_path / "sound"
    doubled = np.repeat(voice[0], 2)
    soundfile.write(path, np.stack([doubled, 0.5 * doubled], 1), 48000, "PCM_24", format="WAV")
    return path


def dream(network, clip, watch, **choice):
    out = clip.with_name("out.wav")
    order = Order(clip, out, 20.0)
    network.dream(order, {"on": "conv2", "strength": 0.5, "steps": 5, **choice}, watch)
    return soundfile.read(out, dtype="float32")


def test_a_dream_keeps_rate_and_channels_and_raises_what_it_is_on(network, clip):
    history = []
    made, rate = dream(network, clip, lambda *step: history.append(step) or True)
    assert (made.shape, rate) == ((96000, 2), 48000)
    assert [done for done, _, _ in history] == list(range(1, 21))
    assert history[-1][2] > 1.2 * history[0][2]


def test_the_ascent_is_that_of_a_dream_with_the_same_settings(network, page_model, voice, tmp_path):
    path = tmp_path / "sound"
    soundfile.write(path, voice[0], 24000, "FLOAT", format="WAV")
    for on, term, more in (
        ("conv1", objectives.layer("conv1"), {}),
        ("High", objectives.logit(1), {"smoothing": "gaussian", "smoothing_width": (2.0, 2.0)}),
    ):
        history = []
        dream(network, path, lambda *s, h=history: h.append(s[2]) or True, on=on, strength=0.8)
        wanted = DeepDream(page_model, term, strength=0.8, steps=5, **more).run(voice)
        np.testing.assert_allclose(history, wanted.objective[:, 0], rtol=0.02, atol=0.02)
        np.testing.assert_allclose(history[:2], wanted.objective[:2, 0], rtol=1e-4)


def test_a_dream_that_is_stopped_is_written_as_far_as_it_came(network, clip):
    made, _ = dream(network, clip, lambda done, *_: done < 3)
    assert made.shape == (96000, 2)


def test_choices_trace_no_further_graphs(network, clip):
    from tensorflow.python.eager.context import context

    def functions():
        return len(context().list_function_names())

    dream(network, clip, lambda *_: False)
    before = functions()
    for strength, on in ((0.1, "conv1"), (0.9, "Noise"), (0.33, "Low")):
        dream(network, clip, lambda *_: False, strength=strength, on=on)
    assert functions() == before


@pytest.mark.parametrize(
    ("samples", "sentence"),
    [
        (np.zeros(24000), "silent"),
        (np.full(24000, np.nan), "finite"),
        (np.full(500, 0.1), "at least 0.04 s to dream on"),
        (np.full(21 * 24000, 0.1), "at most 20 s of sound: cut a piece out"),
    ],
)
def test_what_cannot_be_dreamed_is_told(network, tmp_path, samples, sentence):
    path = tmp_path / "sound"
    soundfile.write(path, samples, 24000, "FLOAT", format="WAV")
    with pytest.raises(InputError, match=sentence):
        dream(network, path, lambda *_: True)


def test_classes_come_highest_first(network, clip, page_model):
    found = network.classify(clip, 20.0)
    assert {each["label"] for each in found} == set(page_model.labels)
    scores = [each["score"] for each in found]
    assert scores == sorted(scores, reverse=True)
    assert sum(scores) == pytest.approx(1, abs=1e-5)
