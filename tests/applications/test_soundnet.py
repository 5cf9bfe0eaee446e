"""SoundNet against its definition in NumPy, its published sizes, and files in others' layouts."""

import functools
import re

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, applications, objectives
from keras_sounddream.applications import soundnet
from keras_sounddream.applications.soundnet import network

RATE = 22050
CONSTRUCTORS = {"soundnet8": applications.SoundNet8, "soundnet5": applications.SoundNet5}
CONVOLUTIONS = {  # in, out, kernel, pooling
    "soundnet8": [
        (1, 16, 64, 8),
        (16, 32, 32, 8),
        (32, 64, 16, None),
        (64, 128, 8, None),
        (128, 256, 4, 4),
        (256, 512, 4, None),
        (512, 1024, 4, None),
    ],
    "soundnet5": [(1, 32, 64, 8), (32, 64, 32, 8), (64, 128, 16, 8), (128, 256, 8, None)],
}
HEADS = {"soundnet8": (8, 2, 0), "soundnet5": (16, 12, 4)}  # kernel, stride, zeros
AT_THE_END = {"soundnet8": 1, "soundnet5": 2}  # last frames that depend on zeros behind the sound
both = pytest.mark.parametrize("name", CONSTRUCTORS)


def trained(name, seed=0, **arguments):
    """A network with weights as training leaves them: of order 1, with statistics that count."""
    model = CONSTRUCTORS[name](weights=None, **arguments)
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.path.endswith("kernel"):
            value = rng.normal(0, (2 / np.prod(shape[:-1])) ** 0.5, shape)
        elif weight.path.endswith(("gamma", "moving_variance")):
            value = rng.uniform(0.5, 2, shape)
        else:
            value = rng.normal(0, 0.3, shape)
        weight.assign(value)
    return model


@functools.cache
def bodies():
    """Both networks without heads."""
    return {name: build(include_top=False, weights=None) for name, build in CONSTRUCTORS.items()}


@pytest.fixture(scope="module")
def eight():
    return trained("soundnet8")


def convolved(x, kernel, bias, stride, zeros):
    x = np.pad(x, [(zeros, zeros), (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(x, len(kernel), axis=0)[::stride]
    return np.einsum("tck,kcd->td", windows, kernel, optimize=True) + bias


def in_numpy(name, weights, waveform, scale):
    """The outputs of the original, of one waveform, from the paper's table.

    But no step of the heads that depends on the zeros behind the sound.
    """
    x, found = scale * waveform[:, np.newaxis].astype("float64"), {}
    for i, (_, _, kernel, pooling) in enumerate(CONVOLUTIONS[name], start=1):
        own = {key.split("/")[1]: w for key, w in weights.items() if key.startswith(f"conv{i}")}
        x = convolved(x, own["kernel"], own["bias"], 2, kernel // 2)
        x = (x - own["moving_mean"]) / np.sqrt(own["moving_variance"] + 1e-5)
        x = np.maximum(x * own["gamma"] + own["beta"], 0)
        if pooling:
            x = x[: len(x) // pooling * pooling].reshape(-1, pooling, x.shape[1]).max(axis=1)
        found[f"pool{i}" if pooling else f"conv{i}_relu"] = x
    kernel, stride, zeros = HEADS[name]
    for head in ("objects", "scenes"):
        steps = convolved(x, weights[f"{head}/kernel"], weights[f"{head}/bias"], stride, zeros)
        ends = [step * stride - zeros + kernel for step in range(len(steps))]
        found[head] = steps[: sum(end <= len(x) - AT_THE_END[name] for end in ends)]
    return found


@both
@pytest.mark.parametrize(("scale", "factor"), [("demo", 256), ("esc50_eval", 512)])
def test_every_output_is_the_definitions(name, scale, factor, rng):
    model = trained(name, scale=scale)
    waveforms = rng.normal(0, 0.1, (2, soundnet.MIN_SAMPLES + 12345)).astype("float32")
    outputs = soundnet.features(model)
    found = dict(zip(outputs.output_names, outputs(waveforms), strict=True))
    weights = {w.path: np.asarray(w.value, "float64") for w in model.weights}
    for row, waveform in enumerate(waveforms):
        expected = in_numpy(name, weights, waveform, factor)
        assert list(expected) == list(found)
        for layer, values in expected.items():
            error = np.abs(values - np.asarray(found[layer][row])).max()
            assert error <= 1e-5 * np.abs(values).max(), layer


@both
def test_heads_are_scored_step_by_step(name, rng):
    model = trained(name)
    waveform = rng.normal(0, 0.1, (1, 20 * RATE)).astype("float32")
    raw = soundnet.features(model)(waveform)
    scores = model(waveform)
    for head, logits in zip(("objects", "scenes"), raw[-2:], strict=True):
        np.testing.assert_allclose(scores[head], keras.ops.softmax(logits), atol=1e-6)
    without = CONSTRUCTORS[name](weights=None, classifier_activation=None)
    without.set_weights(model.get_weights())
    np.testing.assert_allclose(without(waveform)["scenes"], raw[-1], atol=1e-4)


def test_sizes_are_the_published_ones(eight):
    assert eight.count_params() == 14_356_777
    assert sum(np.prod(w.shape) for w in eight.non_trainable_weights) == 4064
    kernels = {w.path: tuple(w.shape) for w in eight.weights if w.path.endswith("kernel")}
    expected = {
        f"conv{i}/kernel": (length, channels, filters)
        for i, (channels, filters, length, _) in enumerate(CONVOLUTIONS["soundnet8"], start=1)
    }
    heads = {"objects/kernel": (8, 1024, 1000), "scenes/kernel": (8, 1024, 401)}
    assert kernels == expected | heads


STAGES = {  # of 20 s
    "conv1": 220501,
    "pool1": 27562,
    "conv2": 13782,
    "pool2": 1722,
    "conv3": 862,
    "conv4": 432,
    "conv5": 217,
    "pool5": 54,
    "conv6": 28,
    "conv7": 15,
    "objects": 4,
}


def test_stages_of_twenty_seconds(eight):
    model = applications.SoundNet8(weights=None, input_shape=(20 * RATE,))
    assert {name: model.get_layer(name).output.shape[1] for name in STAGES} == STAGES
    assert {name: soundnet.seconds_to_frames(eight, name, 20) for name in STAGES} == STAGES


@pytest.mark.parametrize(("seconds", "frames"), [(4, 4), (5, 4), (10, 8)])
def test_short_sounds_have_the_published_frames(eight, seconds, frames):
    assert soundnet.seconds_to_frames(eight, "conv7_relu", seconds) == frames


@pytest.mark.parametrize(
    ("seconds", "frames", "steps"),
    [(10, 8, 0), (11, 9, 1), (12.5, 10, 1), (15, 11, 2), (16, 12, 2), (20, 15, 4), (22, 16, 4)],
)
def test_no_step_reads_the_last_frame(eight, seconds, frames, steps):
    assert soundnet.seconds_to_frames(eight, "conv7_relu", seconds) == frames
    assert soundnet.seconds_to_frames(eight, "scenes", seconds) == steps
    kernel, stride, _ = HEADS["soundnet8"]
    assert steps == 0 or (steps - 1) * stride + kernel <= frames - 1


@both
@pytest.mark.parametrize("num_samples", range(20 * RATE, 23 * RATE, 8191))
def test_the_frames_left_out_are_those_that_depend_on_zeros_behind(name, num_samples):
    plan, before = {
        "soundnet8": (network.EIGHT, "conv6_relu"),
        "soundnet5": (network.FIVE, "pool3"),
    }[name]
    length = plan.convolutions[-1][1]
    given = soundnet.seconds_to_frames(bodies()[name], before, num_samples / RATE)
    past = [2 * i - length // 2 + length > given for i in range(given // 2 + 1)]
    assert sum(past) == plan.unread == AT_THE_END[name]


@both
@pytest.mark.parametrize("top", [{}, {"classes": 3}, {"include_top": False}])
@pytest.mark.parametrize("num_samples", [300_000, 441_000, 472_000])
def test_what_the_last_frames_hold_reaches_no_output(name, top, num_samples, rng):
    """Weights that show the fault: as in the trained ones, those frames are huge."""
    model = trained(name, classifier_activation=None, **top)
    last = f"conv{len(CONVOLUTIONS[name])}_relu"
    waveform = rng.normal(0, 0.1, (1, num_samples)).astype("float32")
    frames = keras.Model(model.input, model.get_layer(last).output)(waveform)
    after = keras.Model(model.get_layer("long_enough").input, model.output)
    spoilt = np.array(frames)
    spoilt[:, -AT_THE_END[name] :] = 1e6
    for plain, changed in zip(
        keras.tree.flatten(after(frames)), keras.tree.flatten(after(spoilt)), strict=True
    ):
        np.testing.assert_array_equal(plain, changed)
    spoilt[:, -AT_THE_END[name] - 1] = 1e6  # nothing else is left out
    if top:  # the two heads have strides
        assert not np.array_equal(after(frames), after(spoilt))


@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_pooling_leaves_out_the_last_frame(pooling, rng):
    model = trained("soundnet8", include_top=False, pooling=pooling)
    waveform = rng.normal(0, 0.1, (1, 5 * RATE)).astype("float32")
    frames = np.asarray(soundnet.features(model)(waveform)[-1])[:, :-1]
    expected = frames.mean(axis=1) if pooling == "avg" else frames.max(axis=1)
    np.testing.assert_allclose(model(waveform), expected, rtol=1e-5, atol=1e-5)


PUBLISHED_LINES = {  # frames a second, and frames at 0 s, as fitted by others
    "pool1": (1378.13, 0.0),
    "pool2": (86.13, -0.13),
    "conv3_relu": (43.07, 0.65),
    "conv4_relu": (21.53, 0.92),
    "pool5": (2.69, 0.17),
    "conv6_relu": (1.35, 0.84),
    "conv7_relu": (0.67, 1.21),
    "objects": (0.34, -2.66),
    "scenes": (0.34, -2.66),
}


HEADED = ("objects", "scenes")  # whose step that reads the last frame of conv7 is left out


def test_frames_and_seconds_follow_the_published_lines(eight):
    assert list(PUBLISHED_LINES) == soundnet.features(eight).output_names
    for layer, (slope, intercept) in PUBLISHED_LINES.items():
        for seconds in (11, 20.5, 33):
            frames = soundnet.seconds_to_frames(eight, layer, seconds)
            last = layer in HEADED and soundnet.seconds_to_frames(eight, "conv7", seconds) % 2 == 0
            assert abs(frames + last - (slope * seconds + intercept)) <= 1.2
            least = soundnet.frames_to_seconds(eight, layer, frames)
            assert least <= seconds
            assert soundnet.seconds_to_frames(eight, layer, least) == frames
            assert soundnet.seconds_to_frames(eight, layer, least - 1 / RATE) == frames - 1
        times = soundnet.frame_times(eight, layer, 2)
        assert times[1, 0] - times[0, 0] == pytest.approx(1 / slope, rel=0.02)


def test_least_lengths_are_the_published_ones_and_a_frame(eight):
    published = soundnet.frames_to_seconds(eight, "conv7", 8)
    assert round(published * RATE) == 209_374
    assert soundnet.MIN_SAMPLES == 209_374 + 2**15
    assert soundnet.frames_to_seconds(eight, "objects", 1) == soundnet.MIN_SAMPLES / RATE
    own = applications.SoundNet8(weights=None, classes=5)
    assert soundnet.frames_to_seconds(own, "predictions", 1) == (78_302 + 2**15) / RATE


def test_a_frame_hears_what_its_times_say(eight, rng):
    network = keras.Model(eight.input, eight.get_layer("conv5").output)
    waveform = rng.normal(0, 0.1, (1, 2 * RATE)).astype("float32")
    start, end = np.round(soundnet.frame_times(eight, "conv5", 9)[8] * RATE).astype(int)
    assert 0 < start < end < 2 * RATE
    heard = np.asarray(network(waveform))[0, 8]
    for sample, matters in ((start - 1, False), (start, True), (end - 1, True), (end, False)):
        changed = waveform.copy()
        changed[0, sample] += 3  # enough to pass every pooling
        same = np.array_equal(np.asarray(network(changed))[0, 8], heard)
        assert same != matters, sample


def test_dreams_tiles_know_how_far_it_hears(eight):
    from keras_sounddream.deepdream.network.receptive_field import receptive_fields

    fields = receptive_fields(eight)
    assert None not in fields.values()
    assert fields["objects"] == fields["scenes"] == 320_542
    assert (fields["conv7"], fields["pool5"]) == (91_166, 17_438)
    for layer in ("conv3", "pool5", "objects"):
        start, end = soundnet.frame_times(eight, layer, 1)[0]
        assert round((end - start) * RATE) == fields[layer]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("pool3", "has no layer 'pool3'. Did you mean pool"),
        ("mean_pool", "cannot be told: before it is 'mean_pool', a GlobalAveragePooling1D"),
    ],
)
def test_layers_without_frames_are_named(layer, message):
    model = applications.SoundNet8(weights=None, classes=2)
    with pytest.raises(InputError, match=message):
        soundnet.seconds_to_frames(model, layer, 1)
    with pytest.raises(InputError, match="at least 1 frame. Received: 0"):
        soundnet.frames_to_seconds(model, "conv1", 0)


def test_a_head_of_ones_own_is_that_of_the_finetuning_averaged(rng):
    model = trained("soundnet8", classes=3, classifier_activation=None)
    waveform = rng.normal(0, 0.1, (1, 15 * RATE)).astype("float32")
    frames = np.asarray(soundnet.features(model)(waveform)[-1][0, :-1], "float64")
    head = model.get_layer("predictions")
    steps = convolved(frames, np.asarray(head.kernel.value), np.asarray(head.bias.value), 1, 0)
    assert head.kernel.shape == (4, 1024, 3)
    np.testing.assert_allclose(model(waveform)[0], steps.mean(axis=0), rtol=1e-4, atol=1e-4)


@both
def test_without_a_top_it_ends_in_the_last_convolution_less_the_end(name, rng):
    model, whole = CONSTRUCTORS[name](include_top=False, weights=None), trained(name)
    model.set_weights(whole.get_weights()[: len(model.weights)])
    waveform = rng.normal(0, 0.1, (1, RATE)).astype("float32")
    assert len(soundnet.features(model).outputs) == len(CONVOLUTIONS[name])
    last = f"conv{len(CONVOLUTIONS[name])}_relu"
    frames = keras.Model(whole.input, whole.get_layer(last).output)(waveform)
    np.testing.assert_allclose(model(waveform), frames[:, : -AT_THE_END[name]], atol=1e-5)


def test_random_weights_are_drawn_as_the_originals():
    keras.utils.set_random_seed(0)
    model = applications.SoundNet8(weights=None)
    assert float(keras.ops.std(model.get_layer("conv6").kernel)) == pytest.approx(0.01, rel=0.01)
    gamma = np.asarray(model.get_layer("conv7_norm").gamma.value)
    assert (gamma.mean(), gamma.std()) == (pytest.approx(1, abs=0.003), pytest.approx(0.02, 0.1))
    assert not np.array_equal(model.get_weights()[0], trained("soundnet8").get_weights()[0])


@pytest.mark.parametrize("seconds", [0.5, 4, 9.9, 10, 11, 19.9, 20, 21])
def test_short_sounds_are_repeated_to_the_length_of_training(eight, seconds, rng):
    waveform = rng.normal(0, 0.1, round(seconds * RATE)).astype("float32")
    prepared = soundnet.preprocess_input(waveform, RATE)
    assert prepared.shape == (1, max(20 * RATE, len(waveform)))
    np.testing.assert_array_equal(prepared[0], np.resize(waveform, prepared.shape[1]))
    np.testing.assert_array_equal(eight.preprocess_input(waveform, RATE), prepared)


@pytest.mark.parametrize("top", [{"include_top": False}, {"classes": 3}])
@pytest.mark.parametrize(("seconds", "expected"), [(4, 12), (9.9, 19.8), (10, 10), (11, 11)])
def test_features_are_of_ten_seconds_of_whole_repeats(top, seconds, expected, rng):
    waveform = rng.normal(0, 0.1, round(seconds * RATE)).astype("float32")
    prepared = applications.SoundNet8(weights=None, **top).preprocess_input(waveform, RATE)
    assert prepared.shape == (1, round(expected * RATE))
    np.testing.assert_array_equal(prepared[0], np.resize(waveform, prepared.shape[1]))


def test_strict_repeats_nothing(eight):
    kept = eight.preprocess_input(np.ones(soundnet.MIN_SAMPLES), RATE, strict=True)
    assert kept.shape == (1, soundnet.MIN_SAMPLES)
    with pytest.raises(InputError, match=r"at least 242142 samples \(10.98 s\).* 242141 "):
        eight.preprocess_input(np.ones(soundnet.MIN_SAMPLES - 1), RATE, strict=True)


def test_what_is_too_short_for_the_heads_is_refused(eight):
    least = soundnet.MIN_SAMPLES
    assert eight(np.zeros((1, least), "float32"))["objects"].shape == (1, 1, 1000)
    with pytest.raises(InputError, match=r"at least 10.98 s of sound, 9 frames.* Received: 8"):
        eight(np.zeros((1, least - 1), "float32"))
    with pytest.raises(InputError, match="Received: 3 frames"):
        applications.SoundNet8(weights=None, input_shape=(65536,))
    with pytest.raises(InputError, match=r"at least 0.58 s of sound, 2 frames.* Received: 1"):
        applications.SoundNet8(False, None)(np.zeros((1, RATE // 2), "float32"))
    for length in (least, least + 70000):
        eight.predict(np.zeros((1, length), "float32"), verbose=0)
    with pytest.raises(Exception, match="Expected (size|begin)"):  # TensorFlow's own
        eight.predict(np.zeros((1, least - 1), "float32"), verbose=0)


def test_labels_are_the_originals_in_their_order():
    from places import shared_data

    folder = shared_data("soundnet")
    objects = (folder / "objects.txt").read_text().split("\n")[:1000]
    scenes = (folder / "categories_places2.txt").read_text().split("\n")[:401]
    ours = {head: applications.base.read_labels(f) for head, f in soundnet.LABELS.items()}
    assert [line.split(" ", 1)[1] for line in objects] == list(ours["objects"])
    for line, label in zip(scenes, ours["scenes"], strict=True):
        assert label.replace(" (", "/").rstrip(")").replace(" ", "_") == line[3:]
    assert len(set(ours["scenes"])) == 401


def test_predictions_are_named_step_by_step():
    scores = np.zeros((2, 3, 401), "float32")
    scores[1, 2, [400, 7]] = 0.75, 0.25
    steps = soundnet.decode_predictions(scores, top=2)
    assert [len(each) for each in steps] == [3, 3]
    assert steps[1][2] == [(400, "zen garden", 0.75), (7, "amusement arcade", 0.25)]
    objects = soundnet.decode_predictions(np.eye(1000)[None, :2], top=1)
    assert [label for _, label, _ in objects[0][1]] == ["goldfish, Carassius auratus"]
    assert soundnet.decode_predictions(np.eye(2), 1, labels=["a", "b"]) == [
        [(0, "a", 1)],
        [(1, "b", 1)],
    ]
    with pytest.raises(InputError, match="Choose one: objects, scenes"):
        soundnet.decode_predictions({"objects": scores, "scenes": scores})


@pytest.mark.parametrize(("steps", "middle"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 2)])
def test_the_middle_step_is_the_originals(steps, middle):
    scores = np.arange(steps, dtype="float32")[None, :, None]
    np.testing.assert_array_equal(soundnet.middle_step(scores), [[middle]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": "loud"}, "`scale` must be one of .* Received: 'loud'"),
        ({"labels": ["a", "b"]}, "`labels` go with `classes`. Received: 2"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(InputError, match=message):
        applications.SoundNet8(weights=None, **arguments)


def test_the_plan_is_the_table():
    for name, plan in (
        ("soundnet8", network.EIGHT),
        ("soundnet5", network.FIVE),
    ):
        rows = [(filters, length, pool or 1) for _, filters, length, pool in CONVOLUTIONS[name]]
        assert (plan.convolutions, plan.head) == (tuple(rows), HEADS[name])


def test_tiles_of_a_head_are_exact_at_the_end(rng):
    model = trained("soundnet8", classifier_activation=None)
    waveform = rng.normal(0, 0.1, (1, 40 * RATE)).astype("float32")
    objective = objectives.layer("scenes")
    whole = DeepDream(model, objective, octaves=1).score(waveform)
    tiled = DeepDream(model, objective, octaves=1, tile_seconds=17.0).score(waveform)
    np.testing.assert_allclose(tiled, whole, rtol=1e-4)


def test_a_dream_raises_its_objective_and_tiles_are_exact(eight, chirp):
    waveform = np.tile(chirp, (1, 4))[:, : 3 * RATE]
    settings = {"octaves": 1, "steps": 3}
    dream = DeepDream(eight, objectives.layer("conv5"), **settings)
    assert (dream.sample_rate, dream.analysis.frame_length, dream.analysis.frame_step) == (
        RATE,
        880,
        220,
    )
    result = dream.run(waveform)
    assert result.gain[0] > 1.05
    assert result.retained[0] == pytest.approx(1, abs=0.01)
    tiled = DeepDream(eight, objectives.layer("conv4"), tile_seconds=1.0, **settings).score(
        waveform
    )
    whole = DeepDream(eight, objectives.layer("conv4"), **settings).score(waveform)
    np.testing.assert_allclose(tiled, whole, rtol=1e-4)


def test_a_dream_that_is_too_short_for_a_layer_is_refused(eight, chirp):
    dream = DeepDream(eight, objectives.layer("objects"), octaves=1, steps=1)
    with pytest.raises(InputError, match="1.088 s of sound are too few for layer 'objects'") as few:
        dream.run(chirp)
    least = float(re.search(r"which takes (\S+) s or more", str(few.value))[1])
    samples = round(least * eight.sample_rate)
    with pytest.raises(InputError, match="are too few"):
        dream.run(np.resize(chirp, (1, samples - 30)))
    assert dream.run(np.resize(chirp, (1, samples + 30)), progress=False).gain[0] > 0


def test_classes_of_both_heads_can_be_dreamed_of(tmp_path):
    model = trained("soundnet8")
    applications.base.describe(model, RATE, {"objects": ["dog", "cat"], "scenes": ["attic"]})
    assert objectives.find_class(model, "cat") == (1, "objects")
    assert objectives.find_class(model, "attic") == (0, "scenes")
    assert objectives.find_label(model, "cat") == 1
    with pytest.raises(InputError, match="no label 'doc'. Did you mean dog"):
        objectives.find_class(model, "doc")
    DeepDream(model, objectives.logit(*objectives.find_class(model, "attic")))


def test_what_is_no_soundnet_or_no_output_of_one_is_named():
    with pytest.raises(InputError, match="Expected a model of SoundNet8 or SoundNet5"):
        soundnet.features(applications.LogMelCNN(weights=None))
    with pytest.raises(InputError, match="the scores of one output, an array of numbers"):
        soundnet.middle_step({"objects": np.zeros((1, 2, 3))})
    with pytest.raises(InputError, match=r"Expected scores \(batch, steps, classes\)"):
        soundnet.middle_step(np.zeros((1, 3)))
