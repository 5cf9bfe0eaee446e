"""StyleTransfer: its layers, presets and networks, and what it does to sounds and pictures."""

import keras
import numpy as np
import pytest

from keras_sounddream import DeepDream, InputError, StyleTransfer
from keras_sounddream.deepdream.objectives import spelling, statistics
from keras_sounddream.deepdream.style_transfer import (
    NETWORKS,
    StyleLayer,
    default_layers,
    presets,
    random_convolution,
    sound_texture,
    with_average_pooling,
)
from keras_sounddream.deepdream.style_transfer.networks import modulation_filters
from keras_sounddream.export.portable.ascent import check_portable

RATE = 16000


@pytest.fixture(scope="module")
def eye():
    keras.utils.set_random_seed(3)
    inputs = x = keras.Input((None, None, 3))
    for number in (1, 2, 3):
        x = keras.layers.Conv2D(4, 3, padding="same", activation="relu", name=f"conv{number}")(x)
    return keras.Model(inputs, keras.layers.MaxPooling2D(name="pool")(x), name="eye")


@pytest.fixture(scope="module")
def stripes():
    """Pictures of 40 x 40: upright stripes, and a gradient downwards."""
    upright = np.where(np.arange(40) % 4 < 2, 30.0, 90.0)[None, :, None] * np.ones((40, 1, 3))
    return upright, np.linspace(20, 90, 40)[:, None, None] * np.ones((1, 40, 3))


@pytest.fixture(scope="module")
def ear():
    return random_convolution(RATE, filters=32)


@pytest.fixture(scope="module")
def sounds():
    """A tone in pulses, and noise, each of half a second."""
    time = np.arange(RATE // 2) / RATE
    pulses = 0.3 * np.sin(2 * np.pi * 440 * time) * (np.sin(2 * np.pi * 8 * time) > 0)
    return pulses.astype("float32"), np.random.default_rng(0).normal(0, 0.1, RATE // 2)


def test_layers_of_vgg19_are_those_of_the_paper_and_its_poolings_average():
    vgg = keras.applications.VGG19(weights=None, include_top=False)
    style, content = default_layers(vgg)
    indices = [vgg.layers.index(vgg.get_layer(layer.name)) for layer in style]
    assert indices == [1, 4, 7, 12, 17]  # blockN_conv1
    assert [vgg.layers.index(vgg.get_layer(name)) for name in content] == [12]
    average = with_average_pooling(vgg)
    poolings = [i for i, layer in enumerate(average.layers) if "Pooling" in type(layer).__name__]
    assert poolings == [3, 6, 11, 16, 21]
    assert {type(average.layers[i]) for i in poolings} == {keras.layers.AveragePooling2D}
    np.testing.assert_array_equal(average.get_weights()[6], vgg.get_weights()[6])


def test_average_pooling_averages(eye):
    average = with_average_pooling(eye)
    x = np.random.default_rng(0).uniform(size=(1, 8, 8, 3)).astype("float32")
    before = keras.Model(average.inputs, average.get_layer("conv3").output)(x)
    blocks = np.asarray(before).reshape(1, 4, 2, 4, 2, 4)
    np.testing.assert_allclose(average(x), blocks.mean(axis=(2, 4)), rtol=1e-5)


def test_the_preset_has_the_numbers_of_new_deep_dreams(eye, stripes):
    transfer = StyleTransfer(eye, stripes[:1], preset="new_deep_dreams")
    weights = {t["kind"]: t["weight"] for t in transfer.dream.objective.terms}
    assert weights == {"style": 0.1 / 3, "content": 10.0}  # the mean over the three layers
    assert not any(t["settings"]["relative"] for t in transfer.dream.objective.terms)
    assert (transfer.dream.settings.octaves, transfer.dream.settings.steps) == (1, 50)
    rate = transfer.dream.get_compile_config()["optimizer"]["config"]["learning_rate"]
    assert rate == pytest.approx(0.01 * 255)


@pytest.mark.parametrize("part", ["style", "content"])
def test_presets_reconstruct_style_and_content_from_noise(eye, stripes, part):
    transfer = StyleTransfer(eye, stripes[:1], preset=f"new_deep_dreams_{part}", steps=30)
    result = transfer.run(stripes[1])
    assert {t["kind"] for t in transfer.dream.objective.terms} == {part}
    assert result.objective[-1, 0] > 0.7 * result.objective[0, 0]
    if part == "content":  # the source scores 0, noise does not
        assert result.objective_before[0] == 0
        assert result.objective[0, 0] < 0


def test_a_picture_gets_the_style_and_keeps_its_content(eye, stripes):
    style, content = stripes
    options = {"octaves": 1, "steps": 20, "style_weight": 10.0}
    alone = StyleTransfer(eye, [style], content_weight=0, **options)
    result = alone.run(content)
    assert result.objective_real[0] > 0.3 * result.objective_before[0]
    free = result.picture[0]
    held = StyleTransfer(eye, [style], content_weight=100.0, **options).run(content).picture[0]
    assert np.abs(held - content).mean() < 0.7 * np.abs(free - content).mean()


def test_a_mask_keeps_a_style_to_its_part(eye, stripes):
    style, content = stripes
    mask = np.array([[1.0, 0.0, 0.0, 0.0]])
    options = {"octaves": 1, "steps": 10, "roll_pixels": 0, "content_weight": 0}
    transfer = StyleTransfer(eye, [style], masks=[mask], **options)
    change = np.abs(transfer.run(content).picture[0] - content)
    assert change[:, 30:].max() < 1e-4 < 1 < change[:, :8].mean()


def test_colours_are_kept_on_request(eye, rng):
    content, style = rng.uniform(80, 180, (2, 24, 24, 3))
    options = {"steps": 10, "octaves": 2, "keep_color": True}
    for beginning in ("source", "noise"):
        picture = (
            StyleTransfer(eye, [style], begin_with=beginning, **options).run(content).picture[0]
        )
        change = picture - content
        inside = (picture > 0).all(axis=-1) & (picture < 255).all(axis=-1)
        assert np.abs(change[inside]).mean() > 1
        assert np.ptp(change[inside], axis=-1).max() < 1e-3  # as much red as green and blue


def test_a_sound_gets_the_style_at_its_own_loudness(ear, sounds):
    pulses, noise = sounds
    transfer = StyleTransfer(ear, [noise], content_weight=0.1, steps=20)
    result = transfer.run(pulses)
    assert result.objective_real[0] > 0.5 * result.objective_before[0]
    level = np.sqrt(np.mean(np.square([result.source, result.dream]), axis=2))
    np.testing.assert_allclose(level[0], level[1], rtol=1e-3)
    spectra = np.abs(np.fft.rfft(np.stack([pulses, result.dream[0]])))
    beyond = (np.square(spectra[:, 1000:]).sum(axis=1) / np.square(spectra).sum(axis=1)).tolist()
    assert beyond[1] > 5 * beyond[0]  # above 2 kHz there was little


def test_noise_is_where_a_dream_begins_and_not_its_source(ear, sounds):
    pulses, noise = sounds
    transfer = StyleTransfer(ear, [noise], begin_with="noise", steps=2)
    result = transfer.run(pulses)
    np.testing.assert_array_equal(result.source[0], pulses)
    assert result.objective[0, 0] != pytest.approx(result.objective_before[0])
    again = StyleTransfer(ear, [noise], begin_with="noise", steps=2).run(pulses)
    np.testing.assert_array_equal(result.dream, again.dream)
    np.testing.assert_allclose(transfer.dream(pulses[None]), result.dream, atol=1e-5)
    with pytest.raises(InputError, match="A dream that begins with noise has no portable form"):
        check_portable(transfer.dream)


def test_the_dream_is_saved_and_reloaded(ear, sounds, tmp_path):
    transfer = StyleTransfer(ear, [sounds[1]], steps=1)
    transfer.dream.save(tmp_path / "style.keras")
    loaded = keras.models.load_model(tmp_path / "style.keras")
    assert isinstance(loaded, DeepDream)
    pulses = sounds[0][None]
    np.testing.assert_allclose(loaded(pulses), transfer.dream(pulses), atol=1e-6)


def test_the_random_convolution_is_one_of_the_log_magnitude(ear):
    waveform = np.random.default_rng(0).normal(0, 0.1, 2048 + 10 * 512).astype("float32")
    frames = np.stack([waveform[i * 512 :][:2048] for i in range(11)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2048) / 2048)
    magnitude = np.log1p(np.abs(np.fft.rfft(frames * window)))
    (kernel,) = ear.get_weights()
    expected = np.maximum(np.einsum("tb,tbf->f", magnitude, kernel), 0)
    np.testing.assert_allclose(ear(waveform[None])[0, 5], expected, rtol=1e-3, atol=1e-3)


def test_modulation_filters_pass_their_own_frequency_and_nothing_of_a_constant():
    filters = modulation_filters()[:, 0, 0]
    np.testing.assert_allclose(filters.sum(axis=0), 0, atol=1e-6)
    taps = len(filters) // 2
    time = np.arange(-taps, taps + 1) * 0.0025
    for column, hertz in zip(filters.T, (2, 3.5, 6, 11, 19, 33, 58, 100), strict=True):
        response = {f: abs(np.sum(column * np.exp(-2j * np.pi * f * time))) for f in (1, 2, 4)}
        own = abs(np.sum(column * np.exp(-2j * np.pi * hertz * time)))
        assert own == pytest.approx(1, rel=1e-4)
        assert hertz < 6 or max(response.values()) < 0.2


def test_the_texture_of_a_modulated_sound_is_at_its_own_rate():
    time = np.arange(2 * RATE) / RATE
    waveform = (1 + 0.9 * np.sin(2 * np.pi * 19 * time)) * np.sin(2 * np.pi * 1000 * time) / 4
    model = sound_texture(RATE)
    network = keras.Model(model.inputs, model.get_layer("modulations").output)
    activation = np.asarray(network(waveform[None].astype("float32")))[0, 200:-200]
    loudest = int(np.argmax(np.square(activation).mean(axis=(0, 2))))
    assert np.argmax(np.square(activation[:, loudest]).mean(axis=0)) == 4  # the filter of 19 Hz


def test_the_texture_of_a_batch_is_that_of_each_sound():
    model = sound_texture(RATE)  # whose filters of 1001 taps once ended the process on a batch
    noise = np.random.default_rng(0).normal(0, 0.1, (3, 2 * RATE)).astype("float32")
    found = np.asarray(model(noise))
    assert found.shape == (3, 797, 8, 32)
    np.testing.assert_allclose(found[2:], model(noise[2:]), atol=1e-4)


def test_the_texture_network_has_a_style(sounds):
    transfer = StyleTransfer("sound_texture", [sounds[1]], steps=5)
    assert transfer.dream.title == "0.25 × the style + 0.1 × the content"
    kinds = [t["settings"].get("statistic") for t in transfer.dream.objective.terms]
    assert kinds == ["moments", "correlation", "power", "correlation", None]
    result = transfer.run(sounds[0])
    assert result.objective_real[0] > result.objective_before[0]


def test_names_that_are_known_without_keras_are_those_there():
    assert set(presets.SOUND_NETWORKS) == set(NETWORKS)
    assert set(spelling.STATISTICS) == set(statistics.STATISTICS)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "vgg"}, "`model` must be one of random_convolution, sound_texture"),
        ({"styles": []}, "Expected at least one example. Received none."),
        ({"styles": [np.zeros(RATE)]}, "Example 1 is silent"),
        ({"style_layers": ["conv9"]}, "random_convolution has no layer 'conv9'"),
        ({"style_layers": "convolution"}, "Expected a list of `style_layers`"),
        ({"style_layers": [StyleLayer("convolution", "mean")]}, "`statistic` must be one of"),
        ({"style_layers": [3]}, "Expected a list of `style_layers`, names or StyleLayer"),
        ({"masks": [[1.0]], "tile_seconds": 1.0}, "leave tiles or masks out"),
        ({"content_layers": ["conv9"]}, "random_convolution has no layer 'conv9'"),
        ({"style_weight": -1}, "`style_weight` must be"),
        ({"style_weight": 0, "content_weight": 0}, "a `style_weight` or a `content_weight` above"),
        ({"masks": []}, "Expected 1 `masks`, one per style."),
        ({"masks": [[0.0]]}, "`mask` must be 0 or more, and more somewhere"),
        ({"shares": [1, 2]}, "Expected 1 `shares`, one per style. Received: 2"),
        ({"shares": [1, 2], "masks": [[1.0]]}, "Expected 1 `shares`, one per style. Received: 2"),
        ({"shares": [0]}, "`shares` must be 0 or more, and one above 0"),
        ({"shares": [-1], "masks": [[1.0]]}, "`shares` must be 0 or more"),
        ({"shares": "x"}, "`shares` must be numbers"),
        ({"level_db": 3}, "`level_db` must be"),
        ({"begin_with": "silence"}, "`begin_with` must be one of source, source_and_noise, noise"),
        ({"preset": "vivid"}, "`preset` must be one of new_deep_dreams"),
        ({"keep_color": True}, "`keep_color` is a setting of pictures"),
        ({"step": 1}, "A dream has no setting 'step'"),
    ],
)
def test_bad_arguments(ear, sounds, changed, message):
    with pytest.raises(InputError, match=message):
        StyleTransfer(**{"model": ear, "styles": [sounds[1]], **changed})
