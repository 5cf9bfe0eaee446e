"""EfficientAT: the reference's numbers block by block, the front end against NumPy, its files."""

import csv
import math

import keras
import numpy as np
import pytest
from places import ROOT, shared_data

from keras_sounddream import DeepDream, InputError, applications, audio, objectives
from keras_sounddream.applications import efficientat
from keras_sounddream.applications.efficientat import network
from keras_sounddream.applications.efficientat import weights as file_layout
from keras_sounddream.applications.efficientat.front_end import CentredLogMel
from keras_sounddream.audio.spectral.mel import mel_matrix
from keras_sounddream.deepdream.network.receptive_field import reaches

BLOCKS = [f"block{number}" for number in range(17)]
PARAMETERS = {"mn04": 983_599, "mn10": 4_876_831}  # as published


@pytest.fixture(scope="module")
def folder():
    """Folder of a state dict in the release's layout and of the reference's numbers."""
    return shared_data("weights") / "efficientat"


@pytest.fixture(scope="module")
def reference(folder):
    with np.load(folder / "reference.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def model(folder):
    return efficientat.EfficientAT(
        weights=folder / "mn04_random.pt", classifier_activation=None, classes=527
    )


@pytest.fixture(scope="module")
def activations(model, reference):
    """Output of every block for the reference's sound, by its name."""
    layers = [model.get_layer(name).output for name in [*BLOCKS, "embeddings", "predictions"]]
    found = keras.Model(model.input, layers)(reference["waveform"][None])
    return dict(zip([*BLOCKS, "embeddings", "logits"], map(np.asarray, found), strict=True))


@pytest.fixture(scope="module")
def untrained():
    keras.utils.set_random_seed(0)
    labels = applications.base.read_labels("audioset_527.txt")
    return applications.EfficientAT("mn04", weights=None, labels=labels)


@pytest.fixture(scope="module")
def speech():
    """A second of a voice, float32 `(1, samples)`."""
    return audio.load(ROOT / "examples" / "speech.flac", 32000)[:, 16000:48000]


def test_the_front_end_is_the_references(model, reference):
    found = model.get_layer("front_end")(reference["waveform"][None])
    np.testing.assert_allclose(found[0], reference["log_mel"].T, atol=1e-4)
    bands = mel_matrix(efficientat.ANALYSIS)
    np.testing.assert_allclose(bands[:512], reference["mel_matrix"].T, atol=2e-5)
    assert not bands[512].any()


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_is_the_references(activations, reference, name):
    """A kernel whose axes change places moves its block's means by 1e-4 and more."""
    found = activations[name]
    batch, channels, bands, frames = reference[f"mn04_{name}_shape"]
    assert found.shape == (batch, frames, bands, channels)
    np.testing.assert_allclose(
        found.mean(axis=(0, 1, 2)), reference[f"mn04_{name}_mean"], atol=1e-5
    )


def test_embedding_and_logits_are_the_references(model, activations, reference):
    for name in ("embedding", "logits"):
        found = activations[name.replace("embedding", "embeddings")]
        np.testing.assert_allclose(found[0], reference[f"mn04_{name}"], atol=1e-5)
    second = efficientat.outputs(model)(reference["waveform"][None, :32000])
    np.testing.assert_allclose(second["embeddings"][0], reference["mn04_embedding_1s"], atol=1e-5)
    np.testing.assert_allclose(second["scores"][0], reference["mn04_logits_1s"], atol=1e-5)


def test_every_block_of_the_wide_network_has_the_references_shape(reference):
    wide = applications.EfficientAT("mn10", weights=None, input_shape=(96000,))
    for name in BLOCKS:
        _, channels, bands, frames = reference[f"mn10_{name}_shape"]
        assert wide.get_layer(name).output.shape[1:] == (frames, bands, channels)
    assert wide.get_layer("embeddings").output.shape[1:] == reference["mn10_embedding"].shape


def test_all_tensors_of_the_wide_release_file_are_placed(folder, tmp_path):
    rows = (folder / "mn10_tensors.tsv").read_text().split("\n")
    shapes = dict(row.split("\t") for row in rows if row and "\t(" in row)
    rng = np.random.default_rng(0)
    arrays = {
        name: rng.normal(size=[int(n) for n in shape.strip("()").split(",") if n])
        for name, shape in shapes.items()
    }
    assert len(arrays) == len(rows) - 1 == 312
    np.savez(tmp_path / "wide.npz", **arrays)
    wide = applications.EfficientAT(weights=tmp_path / "wide.npz")
    gate = wide.get_layer("block4_squeeze").kernel[0, 0]
    wanted = arrays["features.4.block.2.conc_se_layers.0.fc1.weight"].T
    np.testing.assert_allclose(gate, wanted, rtol=1e-6)
    depthwise = wide.get_layer("block13_depthwise_conv").kernel[..., 0]
    wanted = arrays["features.13.block.1.0.weight"][:, 0].transpose(2, 1, 0)
    np.testing.assert_allclose(depthwise, wanted, rtol=1e-6)


def test_names_527_classes_in_order(folder):
    labels = applications.base.read_labels("audioset_527.txt")
    with open(folder / "class_labels_indices.csv", encoding="utf-8", newline="") as file:
        assert tuple(row["display_name"] for row in csv.DictReader(file)) == labels
    assert len(set(labels)) == 527
    assert set(applications.base.read_labels("audioset.txt")) < set(labels)  # YAMNet leaves out six


@pytest.mark.parametrize("variant", network.VARIANTS)
def test_is_as_large_as_published(variant):
    built = applications.EfficientAT(variant, weights=None)
    assert sum(math.prod(weight.shape) for weight in built.trainable_weights) == PARAMETERS[variant]


@pytest.mark.parametrize(
    ("number", "rounded"), [(1, 8), (6.4, 8), (9.6, 16), (12, 16), (44.8, 48), (100, 104)]
)
def test_channels_are_multiples_of_eight(number, rounded):
    assert network.channels(number) == rounded


def expected_log_mel(waveform):
    """The front end's definition, frame by frame, in float64."""
    raised = waveform[1:].astype("float64") - 0.97 * waveform[:-1]
    padded = np.pad(raised, 512, mode="reflect")
    window = np.pad(np.hanning(800), 112)
    rows = []
    for start in range(0, len(padded) - 1023, 320):
        power = np.abs(np.fft.rfft(window * padded[start : start + 1024])) ** 2
        rows.append((np.log(power @ mel_matrix(efficientat.ANALYSIS) + 1e-5) + 4.5) / 5)
    return np.array(rows)


@pytest.mark.parametrize("transform", ["dft", "fft"])
@pytest.mark.parametrize("num_samples", [514, 961, 962, 10240, 33333])
def test_the_front_end_is_its_definition(rng, num_samples, transform):
    waveform = rng.normal(0, 0.1, (2, num_samples)).astype("float32")
    layer = CentredLogMel(transform=transform)
    found, wanted = layer(waveform), [expected_log_mel(each) for each in waveform]
    assert layer.compute_output_shape(waveform.shape) == found.shape == np.shape(wanted)
    np.testing.assert_allclose(found, wanted, atol=1e-4)
    again = CentredLogMel.from_config(layer.get_config())
    np.testing.assert_array_equal(again(waveform), found)


def test_sounds_end_in_their_own_reflection():
    """Half a frame beyond the last sample there is sound, not silence: a tone keeps its level."""
    tone = np.sin(0.1 * np.arange(3201, dtype="float32"))[None]
    loudest = np.max(CentredLogMel()(tone)[0], axis=1)
    assert len(loudest) == 11
    np.testing.assert_allclose(loudest[[0, -1]], np.median(loudest), atol=0.2)
    silent = np.asarray(CentredLogMel()(np.zeros((1, 402), "float32")))
    np.testing.assert_allclose(silent, (math.log(1e-5) + 4.5) / 5, rtol=1e-5)


def test_too_little_to_reflect_is_refused():
    assert CentredLogMel()(np.zeros((1, 402), "float32")).shape == (1, 2, 128)
    with pytest.raises(InputError, match="at least 402 samples, to reflect .* Received: 401"):
        CentredLogMel()(np.zeros((1, 401), "float32"))
    with pytest.raises(InputError, match="`preprocess_input` repeats short sounds"):
        applications.EfficientAT(weights=None, input_shape=(300,))


def test_short_sounds_are_repeated_to_a_step(untrained):
    sound = np.linspace(-0.5, 0.5, 1000)
    prepared = efficientat.preprocess_input(sound, 32000)
    np.testing.assert_allclose(prepared, np.resize(sound, (1, 10240)), rtol=1e-6)
    np.testing.assert_array_equal(untrained.preprocess_input(sound, 32000), prepared)
    long = np.zeros((1, 10241), "float32")
    assert efficientat.preprocess_input(long, 32000).shape == long.shape


@pytest.mark.parametrize(("length", "kernel"), [(8, 3), (8, 5), (7, 3), (7, 5)])
def test_strides_begin_before_the_first_row_at_any_length(length, kernel):
    """Windows of a strided convolution lie around rows 0, 2, 4 …, whether the length is even."""
    inputs = keras.Input((None, None, 1))
    convolve = keras.Model(inputs, network._convolution(inputs, "conv", kernel, 2))
    weights = np.zeros((kernel, kernel, 1, 1))
    weights[:, kernel // 2, 0, 0] = 10.0 ** np.arange(kernel)
    convolve.set_weights([weights])
    rows = np.arange(1, length + 1, dtype="float32")
    found = convolve(np.tile(rows[:, None, None], (1, 1, 4, 1)))[0, :, 0, 0]
    padded = np.pad(rows, kernel // 2)
    wanted = [padded[i : i + kernel] @ 10.0 ** np.arange(kernel) for i in range(0, length, 2)]
    np.testing.assert_allclose(found, wanted)


def test_a_gate_is_a_share_of_each_channel(untrained, speech):
    layers = [untrained.get_layer(f"block4_{part}") for part in ("depthwise", "excite", "gated")]
    each = keras.Model(untrained.input, [layer.output for layer in layers])(speech)
    before, share, after = map(np.asarray, each)
    assert share.shape == (1, 1, 1, before.shape[-1])
    assert 0 < share.min() < share.max() < 1
    np.testing.assert_allclose(after, before * share, rtol=1e-6)


def test_scores_are_sigmoids_of_the_logits(untrained, speech):
    logits = applications.EfficientAT("mn04", weights=None, classifier_activation=None)
    logits.set_weights(untrained.get_weights())
    np.testing.assert_allclose(untrained(speech), 1 / (1 + np.exp(-logits(speech))), rtol=1e-5)


def test_without_a_top_the_mean_is_the_embedding(untrained, speech):
    base = applications.EfficientAT("mn04", include_top=False, weights=None, pooling="avg")
    base.set_weights(untrained.get_weights()[: len(base.weights)])
    wanted = efficientat.outputs(untrained)(speech)["embeddings"]
    np.testing.assert_allclose(base(speech), wanted, rtol=1e-5)


def test_outputs_along_time(untrained, speech):
    found = efficientat.outputs(untrained)(speech)
    steps = found["step_scores"].shape[1]
    assert steps == 4
    means = np.mean(found["step_embeddings"], axis=1)
    np.testing.assert_allclose(means, found["embeddings"], rtol=1e-5)
    np.testing.assert_array_equal(found["scores"], untrained(speech))
    one = efficientat.outputs(untrained)(speech[:, :10240])  # a step: its scores are the sound's
    np.testing.assert_allclose(one["step_scores"][:, 0], one["scores"], rtol=1e-5)
    best = efficientat.decode_predictions(found["step_scores"], top=2)
    assert [len(best), len(best[0]), len(best[0][0])] == [1, steps, 2]


def test_steps_lie_around_every_thirty_second_frame():
    np.testing.assert_allclose(
        efficientat.step_seconds(3), [[0, 0.16], [0.16, 0.48], [0.48, 0.8]], atol=1e-9
    )


def test_outputs_of_another_model_are_refused():
    base = applications.EfficientAT("mn04", include_top=False, weights=None)
    with pytest.raises(InputError, match="Expected a model of EfficientAT with include_top=True"):
        efficientat.outputs(base)


@pytest.mark.parametrize("variant", ["mn20", 0.4, ("mn04",)])
def test_an_unknown_variant_is_named(variant):
    with pytest.raises(InputError, match="`variant` must be one of mn10, mn04. Received: "):
        applications.EfficientAT(variant, weights=None)


def test_a_file_of_weights_says_its_variant(untrained, tmp_path):
    applications.save_weights(untrained, tmp_path / "mine.npz")
    np.savez(tmp_path / "theirs.npz", **{"features.0.0.weight": np.zeros((8, 1, 3, 3))})
    np.savez(tmp_path / "odd.npz", **{"block0_conv/kernel": np.zeros(())})
    untrained.save_weights(tmp_path / "keras.weights.h5")
    names = {"mine.npz": "mn04", "theirs.npz": "mn04", "odd.npz": None, "keras.weights.h5": None}
    for name, variant in names.items():
        assert file_layout.variant_of(str(tmp_path / name)) == variant
    for nothing in (None, False, tmp_path / "gone.npz"):
        assert file_layout.variant_of(nothing) is None
    built, family = applications.build("efficientat", weights=str(tmp_path / "mine.npz"))
    assert (family, built.count_params()) == (efficientat, untrained.count_params())
    with pytest.raises(InputError, match="expects"):
        applications.EfficientAT("mn10", weights=tmp_path / "mine.npz")


def test_a_file_fits_a_network_without_its_top(untrained, folder):
    base = applications.EfficientAT(
        include_top=False, weights=folder / "mn04_random.pt", pooling="max"
    )
    assert base.output_shape == (None, 384)


def test_a_layers_reach_is_what_a_changed_sample_changes(untrained):
    reach = reaches(untrained)
    assert (reach["front_end"].before, reach["front_end"].after) == (400, 400)
    assert reach["block3"].jump == 4 * 320
    assert reach["block3"].before == 400 + (1 + 2 + 2 + 4) * 320
    assert reach["block4_depthwise"].before < math.inf == reach["block4"].before
    layer = keras.Model(untrained.input, untrained.get_layer("block3").output)
    sound = np.zeros((1, 20000), "float32")
    changed = sound.copy()
    changed[0, 10000] = 1
    steps = np.flatnonzero(np.any(np.asarray(layer(changed) != layer(sound)), axis=(0, 2, 3)))
    lowest, highest = (10000 - reach["block3"].after, 10000 + reach["block3"].before)
    assert lowest <= 1280 * steps.min() < lowest + 1280
    assert highest - 1280 < 1280 * steps.max() <= highest


def test_tiles_are_exact_up_to_the_first_gate(untrained, rng):
    sound = rng.normal(0, 0.1, (1, 50_001)).astype("float32")
    settings = {"octaves": 1, "steps": 1}
    whole, tiled = (
        DeepDream(untrained, "block3", **settings, **more) for more in ({}, {"tile_seconds": 0.4})
    )
    np.testing.assert_allclose(tiled.score(sound), whole.score(sound), rtol=1e-5)
    wanted = whole.run(sound, progress=False).dream
    found = tiled.run(sound, progress=False).dream
    np.testing.assert_allclose(found, wanted, atol=1e-4 * np.abs(wanted).max())
    with pytest.raises(
        InputError, match="cannot be cut into tiles exactly: layer 'block4' depends"
    ):
        DeepDream(untrained, "block4", tile_seconds=0.4)


@pytest.mark.parametrize("name", ["block8", "embeddings"])
def test_a_dream_on_it_rises_and_stays(untrained, speech, name):
    result = DeepDream(untrained, name, octaves=1, steps=5).run(speech, progress=False)
    assert result.gain[0] > 1.5
    assert result.retained[0] > 0.9


def test_a_class_is_dreamed_of_by_its_name(untrained, speech):
    bell = objectives.find_label(untrained, "Church bell")
    dream = DeepDream(untrained, objectives.logit(bell), octaves=1, steps=5)
    after = dream.run(speech, progress=False).waveform
    assert float(untrained(after)[0, bell]) > float(untrained(speech)[0, bell])
