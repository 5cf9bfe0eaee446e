"""DeepDream: it raises what it says, keeps the level, repeats, saves, and runs everywhere."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_sounddream import DeepDream, InputError, audio, objectives

OBJECTIVE = objectives.layer("conv2")


@pytest.fixture
def dream(small_model):
    return DeepDream(small_model, OBJECTIVE, octaves=2, steps=3)


def level_db(waveform):
    return 10 * np.log10(np.mean(np.square(waveform), axis=1))


def with_policy(policy):
    return lambda layer: type(layer).from_config(layer.get_config() | {"dtype": policy})


def test_what_it_believes_is_what_the_file_holds(dream, chirp, tmp_path):
    result = dream.run(chirp)
    assert result.gain[0] > 1.5
    assert result.retained[0] == pytest.approx(1, abs=0.02)
    audio.save(tmp_path / "dream.wav", result.waveform, dream.sample_rate)
    heard = audio.load(tmp_path / "dream.wav", dream.sample_rate)
    np.testing.assert_allclose(dream.score(heard), result.objective_real, rtol=1e-5)
    np.testing.assert_allclose(dream.score(chirp), result.objective_before, rtol=1e-5)


def test_objective_is_read_at_every_step_and_rises(dream, chirp):
    result = dream.run(chirp)
    assert result.objective.shape == (6, 1)
    assert result.objective[-1, 0] > result.objective[0, 0]
    figures = result.figures()
    assert figures["steps"] == 6
    assert figures["layers"] == ["conv2"]


def test_loudness_is_held_and_peaks_are_guarded(dream, chirp):
    output = dream.run(chirp).waveform
    assert np.abs(output).max() <= 1
    np.testing.assert_allclose(level_db(output), level_db(chirp), atol=0.5)


def test_where_peaks_leave_no_room_the_dream_is_softer(dream, chirp):
    loud = np.clip(3 * chirp, -1, 1)
    output = dream.run(loud).waveform
    assert np.abs(output).max() == pytest.approx(1, abs=0.01)
    assert -6 < level_db(output) - level_db(loud) < 0


def test_predict_call_graph_and_run_are_one_dream(dream, chirp):
    expected = dream.run(chirp).waveform
    graph = tf.function(dream, input_signature=[tf.TensorSpec((None, None))])
    for made in (dream(chirp), graph(chirp), dream.predict(chirp, verbose=0)):
        np.testing.assert_allclose(made, expected, atol=1e-4)


def test_predict_takes_a_dataset_of_many_lengths(dream, chirp):
    for num_samples in (6000, 9000):
        clips = np.concatenate([chirp, chirp[:, ::-1], 0.5 * chirp])[:, :num_samples]
        batches = tf.data.Dataset.from_tensor_slices(clips).batch(2)
        assert dream.predict(batches, verbose=0).shape == (3, num_samples)


def test_a_clip_dreams_alike_alone_and_in_a_batch(small_model, chirp):
    dream = DeepDream(small_model, OBJECTIVE, octaves=1, steps=2)
    batch = np.concatenate([chirp, 0.05 * chirp[:, ::-1]])
    np.testing.assert_allclose(dream(batch)[:1], dream(chirp), atol=1e-3)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(small_model, chirp):
    make = [DeepDream(small_model, OBJECTIVE, octaves=1, steps=3, seed=s) for s in (1, 1, 2)]
    first, again, other = (dream.run(chirp).waveform for dream in make)
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_what_was_dreamed_before_does_not_matter(small_model, chirp):
    sounds = [chirp, chirp[:, :-999], chirp[:, 500:], np.concatenate([chirp, chirp])]
    settings = {"octaves": 2, "steps": 2}
    alone = [DeepDream(small_model, OBJECTIVE, **settings).run(s).dream for s in sounds]
    one = DeepDream(small_model, OBJECTIVE, **settings)
    for number in (3, 0, 2, 1, 0):
        np.testing.assert_array_equal(one.run(sounds[number]).dream, alone[number])


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_a_network_of_16_bits_is_dreamed_of_in_32(policy, small_model, dream, chirp):
    expected = dream.run(chirp).dream
    keras.config.set_dtype_policy(policy)
    try:
        half = keras.models.clone_model(small_model, clone_function=with_policy(policy))
        half.set_weights(small_model.get_weights())
        found = DeepDream(half, OBJECTIVE, octaves=2, steps=3).run(chirp).dream
    finally:
        keras.config.set_dtype_policy("float32")
    assert half.get_layer("conv2").compute_dtype == policy.removeprefix("mixed_")
    np.testing.assert_array_equal(found, expected)


def test_saves_and_reloads_whole(dream, chirp, tmp_path):
    dream.save(tmp_path / "dream.keras")
    again = keras.models.load_model(tmp_path / "dream.keras")
    before, after = dream.get_config(), again.get_config()
    assert before.pop("model")["class_name"] == after.pop("model")["class_name"]
    assert after == before
    np.testing.assert_allclose(again(chirp), dream(chirp), atol=1e-4)


def test_dreams_on_a_users_own_model_with_its_own_front_end(chirp):
    keras.utils.set_random_seed(1)
    for shape in ((None,), (None, 1)):
        inputs = keras.Input(shape)
        x = inputs if len(shape) == 2 else keras.layers.Reshape((-1, 1))(inputs)
        x = keras.layers.Conv1D(4, 64, strides=16, activation="relu", name="conv")(x)
        model = keras.Model(inputs, x)
        analysis = audio.Analysis(sample_rate=16000)
        dream = DeepDream(model, objectives.layer("conv"), analysis=analysis, octaves=1, steps=3)
        assert dream.sample_rate == 16000
        assert dream.run(chirp).gain[0] > 1
        with pytest.raises(InputError, match="Give `analysis=Analysis"):
            DeepDream(model, objectives.layer("conv"))


def test_frames_of_a_front_end_that_do_not_overlap_are_made_to(chirp):
    inputs = keras.Input((None,))
    analysis = audio.Analysis(step_seconds=0.04)
    outputs = audio.LogMelSpectrogram(analysis, name="front_end")(inputs)
    dream = DeepDream(keras.Model(inputs, outputs), objectives.layer("front_end"), octaves=1)
    assert dream.analysis.step_seconds == 0.02
    assert np.isfinite(dream.run(chirp).waveform).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"octaves": 0}, "`octaves` must be an int from 1 to 10000. Received: 0"),
        ({"steps": 1.5}, "`steps` must be an int"),
        ({"step_size": 0.0}, "`step_size` must be above 0 and at most 40. Received: 0.0"),
        ({"time_factor": 0.5}, "`time_factor` must be at least 1"),
        ({"frequency_factor": 0.9}, "`frequency_factor` must be at least 1"),
        ({"roll_seconds": -1.0}, "`roll_seconds` must be at least 0"),
        ({"step_size": float("inf")}, "`step_size` .* Received: inf"),
        ({"step_size": "4"}, "`step_size` .* Received: '4'"),
        ({"octaves": True}, "`octaves` .* Received: True"),
        ({"seed": 2**40}, "`seed` must be an int below"),
        ({"objective": 3}, "Expected an objective.* Received: 3"),
        ({"objective": "conv9"}, "no layer 'conv9'. Did you mean conv"),
        ({"objective": objectives.layer("waveform")}, "'waveform' cannot be dreamed on"),
    ],
)
def test_bad_settings_are_named(settings, message, small_model):
    with pytest.raises(InputError, match=message):
        DeepDream(small_model, **{"objective": OBJECTIVE, **settings})


@pytest.mark.parametrize(
    ("waveform", "message"),
    [
        (np.zeros((1, 24000)), "it is silent"),
        (np.full((1, 24000), np.nan), "finite numbers"),
        (np.ones((1, 0)), r"\(batch, samples\)"),
        (np.ones((1, 3, 2)), r"shape: \(1, 3, 2\)"),
        (np.full((1, 24000), 9), "The peak is 9: divide by the largest value"),
        (np.ones((1, 500)), "at least 0.04 s .* Received: 0.021 s"),
    ],
)
def test_bad_waveforms_are_named(waveform, message, dream):
    with pytest.raises(InputError, match=message):
        dream.run(waveform)


def test_what_a_real_sound_dreams_is_still_there(esc10):
    from keras_sounddream import applications

    dream = DeepDream(applications.LogMelCNN(), objectives.layer("block3_conv2"))
    clip = sorted((esc10 / "009 - Rooster").glob("5-*.ogg"))[0]
    result = dream.run(audio.load(clip, dream.sample_rate)[:, :48000])
    assert result.retained[0] >= 0.95
    assert result.gain[0] >= 2


def test_models_that_do_not_take_the_sound_are_named(chirp):
    fixed = keras.Sequential([keras.Input((1000,)), keras.layers.Dense(3, name="dense")])
    dream = DeepDream(fixed, objectives.layer("dense"), analysis=audio.Analysis())
    with pytest.raises(InputError, match="takes 1000 samples, no more .* Received: 24000"):
        dream.run(chirp)
    stereo = keras.Sequential([keras.Input((None, 2)), keras.layers.Dense(3, name="dense")])
    with pytest.raises(InputError, match=r"with one input.* takes: \(None, None, 2\)"):
        DeepDream(stereo, objectives.layer("dense"), analysis=audio.Analysis())
