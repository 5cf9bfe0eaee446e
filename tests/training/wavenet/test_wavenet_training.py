"""The recipe of a WaveNet: its loss against sums, three tones learned, and runs that are killed."""

import json

import keras
import numpy as np
import pytest

from keras_sounddream import InputError, applications, generate
from keras_sounddream.audio.mu_law import levels_to_waveform
from keras_sounddream.datasets.corpus import hold_sounds
from keras_sounddream.errors import InputWarning
from keras_sounddream.training import wavenet
from keras_sounddream.training.wavenet import fit
from keras_sounddream.training.wavenet.baselines import level_pairs, marginal_nats, markov_nats
from keras_sounddream.training.wavenet.losses import NextSample, level_edges, nats
from keras_sounddream.training.wavenet.segments import Segments

RATE = 8000
TONES = {"low": 622.24, "middle": 784.0, "high": 932.32}  # Hz, at the rate 8000 as ibab's at 2000


def small(**settings):
    return applications.WaveNet(
        **{
            "sample_rate": 8000,
            "dilations": (1, 2, 4),
            "residual_channels": 8,
            "dilation_channels": 8,
            "skip_channels": 12,
            "conditions": {"tone": ["high", "low"]},
            **settings,
        }
    )


def small_pieces():
    rng = np.random.default_rng(0)
    sounds = [0.5 * np.sin(np.arange(150) / speed) + rng.normal(0, 0.01, 150) for speed in (2, 9)]
    sounds = hold_sounds(sounds * 3, 8000, {"tone": ["high", "low"] * 3})
    return Segments(sounds, small().plan, 64, 4, seed=1)


def settings(**given):
    return wavenet.Settings(
        **{"steps": 40, "checkpoint_steps": 5, "seed": 2, "jit_compile": False} | given
    )


def test_the_softmax_loses_what_its_chance_says(rng):
    scores = rng.normal(size=(2, 3, 16)).astype("float32")
    levels = rng.integers(0, 16, (2, 3))
    waveform = levels_to_waveform(levels, 16)
    chances = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
    wanted = -np.log(np.take_along_axis(chances, levels[..., None], -1)[..., 0])
    np.testing.assert_allclose(nats(waveform, scores, 16), wanted, rtol=1e-5)
    loss = NextSample(16)(waveform, scores, sample_weight=np.array([[1, 1, 0], [1, 0, 0.0]]))
    np.testing.assert_allclose(loss, wanted[[0, 0, 1], [0, 1, 0]].mean(), rtol=1e-5)


def test_a_mixtures_chances_of_all_levels_make_one(rng):
    scores = rng.normal(size=(1, 1, 9)) * np.repeat([1, 0.7, 1.5], 3)
    waveform = levels_to_waveform(np.arange(16), 16)[None]
    found = nats(waveform, np.repeat(scores, 16, 1), 16, "mixture_of_logistics")[0]
    weights, means, logs = np.split(scores[0, 0], 3)
    weights = np.exp(weights) / np.exp(weights).sum()
    edges = np.clip(level_edges(16), -99, 99)
    below = [(weights / (1 + np.exp((means - x) / np.exp(logs)))).sum() for x in edges]
    np.testing.assert_allclose(np.exp(-np.asarray(found)), np.diff(below), rtol=1e-4)
    assert np.exp(-np.asarray(found)).sum() == pytest.approx(1, abs=1e-5)


def test_a_level_lies_between_its_edges():
    edges = level_edges(256)
    for amplitude, level in ((0.0, 128), (0.6, 243), (-0.25, 32), (-1.0, 0), (1.0, 255)):
        assert edges[level] <= amplitude < edges[level + 1]


def test_chances_far_away_stay_finite():
    scores = np.array([[[0, 0, -0.9, 0.9, -9.0, 3.0]]], "float32")
    for sample in (-1.0, 0.0, 1.0):
        found = nats(np.array([[sample]]), scores, 256, "mixture_of_logistics")
        assert np.isfinite(found).all()


def test_what_is_known_without_a_network():
    sounds = hold_sounds([np.array([0.0, 1, 0, 1]), np.array([1.0, 1, 1, 1])], 8000)
    pairs = level_pairs(sounds)
    assert pairs[[128, 255, 128], [128, 128, 255]].tolist() == [1, 1, 3]
    assert (pairs.sum(), pairs[255, 255]) == (8, 3)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert marginal_nats(pairs) == pytest.approx(entropy)
    many = hold_sounds([np.tile([0.0, 1.0], 5000)], 8000)
    assert markov_nats(level_pairs(many), level_pairs(many)) < 0.05
    assert marginal_nats(level_pairs(many)) == pytest.approx(np.log(2))


def test_a_run_goes_on_to_the_bit_and_writes_what_it_does(tmp_path):
    whole = wavenet.train(small, small_pieces(), tmp_path / "whole", settings())
    broken = tmp_path / "broken"
    stop = pytest.MonkeyPatch()
    save = fit.TrainingState.on_epoch_end

    def interrupt(self, epoch, logs=None):
        save(self, epoch, logs)
        if epoch == 17:
            raise KeyboardInterrupt

    stop.setattr(fit.TrainingState, "on_epoch_end", interrupt)
    with pytest.raises(KeyboardInterrupt):
        wavenet.train(small, small_pieces(), broken, settings())
    stop.undo()
    with open(broken / "log.jsonl", "a") as file:
        file.write('{"step": 19, "lo')  # as a killed process leaves it
    resumed = wavenet.train(small, small_pieces(), broken, settings(sound_steps=20))
    for first, second in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_array_equal(first, second)
    curve, lines = log(tmp_path / "whole"), log(broken)
    assert [line for line in lines if "restart" in line] == [{"restart": True, "step": 15}]
    assert len(lines) == 18 + 1 + 25
    losses = {line["step"]: line["loss"] for line in curve}
    assert all(line["loss"] == losses[line["step"]] for line in lines if "loss" in line)
    assert losses[40] < losses[1] < 6
    assert {*curve[0]} == {"step", "loss", "bits_per_sample", "marginal_bits", "seconds"}
    assert {"sound high", "sound low", "bits_per_sample"} <= tags(broken / "tensorboard")
    assert len(list(broken.glob("state-*"))) == 3
    finished = wavenet.train(small, small_pieces(), broken, settings())
    np.testing.assert_array_equal(finished.get_weights()[0], whole.get_weights()[0])
    with pytest.raises(InputError, match="holds a run with {'l2': 0.0}"):
        wavenet.train(small, small_pieces(), broken, settings(l2=0.1))


def test_a_finished_run_is_prolonged(tmp_path):
    def run(steps):
        return wavenet.train(small, small_pieces(), tmp_path, settings(steps=steps)).get_weights()

    before = run(1)
    with pytest.warns(InputWarning, match=r"The run of 1 steps in .* is prolonged to 3"):
        after = run(3)
    assert any(np.any(one != other) for one, other in zip(before, after, strict=True))
    assert [line["step"] for line in log(tmp_path) if "loss" in line] == [1, 2, 3]


def test_a_run_goes_on_from_the_weights_that_it_began_with_alone(tmp_path):
    def run(steps, seed):
        def begun():
            model = small()
            rng = np.random.default_rng(seed)
            model.set_weights([rng.normal(0, 0.1, weight.shape) for weight in model.weights])
            return model

        chosen = settings(steps=steps)
        return wavenet.train(begun, small_pieces(), tmp_path, chosen, goes_on=True).get_weights()

    run(1, seed=5)
    again = run(1, seed=5)
    with pytest.raises(InputError, match=r"{'beginning_weights': '\w+'}, not {'beginning_weights'"):
        run(1, seed=6)
    with pytest.raises(InputError, match=r"not {'beginning_weights': None}"):
        wavenet.train(small, small_pieces(), tmp_path, settings(steps=1))
    with pytest.warns(InputWarning, match=r"The run of 1 steps in .* is prolonged to 2"):
        longer = run(2, seed=5)
    assert any(np.any(one != other) for one, other in zip(again, longer, strict=True))


@pytest.mark.parametrize(
    ("held", "asked", "state", "prolonged"),
    [
        ({"steps": 4}, {"steps": 6}, 4, True),
        ({"steps": 4}, {"steps": 6}, 3, False),
        ({"steps": 4}, {"steps": 6}, None, False),
        ({"steps": 4}, {"steps": 4}, 4, False),
        ({"steps": 6}, {"steps": 4}, 6, False),
        ({"steps": 4, "l2": 0}, {"steps": 6, "l2": 1}, 4, False),
        ({"steps": 4}, {}, 4, False),
        ({"steps": "4"}, {"steps": 6}, 4, False),
        ([], {"steps": 6}, 4, False),
    ],
)
@pytest.mark.filterwarnings("ignore:The run of 4 steps")
def test_runs_that_are_finished_and_else_the_same_are_prolonged(
    held, asked, state, prolonged, tmp_path
):
    if state is not None:
        (tmp_path / f"state-{state:06d}.weights.h5").write_text("")
    assert fit._is_prolonged(tmp_path, asked, held) is prolonged


def log(folder):
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def tags(folder):
    from tensorflow.core.util import event_pb2
    from tensorflow.data import TFRecordDataset

    paths = [str(path) for path in folder.glob("events*")]
    events = [event_pb2.Event.FromString(each.numpy()) for each in TFRecordDataset(paths)]
    return {value.tag for event in events for value in event.summary.value}


def train_on_tones(tones, folder, takes, noise, steps):
    """A network that has learned eighths of a second, ibab's half second at 2000 Hz.

    A little noise in what is learned (at ibab's none) tells the network where to go after an
    unlikely draw; the loss falls as low.
    """
    rng = np.random.default_rng(0)
    waves, labels = [], []
    for each in tones:
        for take in range(takes):
            seconds = (np.arange(1000) + 37 * take) / RATE
            wave = sum(np.sin(2 * np.pi * TONES[tone] * seconds) for tone in each) / 3
            waves.append(wave + rng.normal(0, noise, 1000))
            labels.append("-".join(each))
    sounds = hold_sounds(waves, RATE, {"tone": labels} if len(tones) > 1 else {})

    def build():
        return applications.WaveNet(
            sample_rate=RATE,
            dilations=(1, 2, 4, 8, 16, 32, 64) * 2,
            skip_channels=32,
            conditions=sounds.conditions,
        )

    pieces = Segments(sounds, build().plan, 1000, len(waves))
    given = settings(steps=steps, learning_rate=5e-3, checkpoint_steps=steps, jit_compile=True)
    return wavenet.train(build, pieces, folder, given), pieces


def shares(waveforms):
    """Of the sounds' power, how much lies within 40 Hz of each tone (10 Hz at ibab's rate)."""
    power = np.abs(np.fft.rfft(waveforms * np.hanning(waveforms.shape[1]))) ** 2
    power = (power / power.sum(1, keepdims=True)).mean(0)
    hz = np.fft.rfftfreq(waveforms.shape[1], 1 / RATE)
    return {tone: power[np.abs(hz - at) < 40].sum() for tone, at in TONES.items()}


def test_three_tones_are_learned_and_made(tmp_path):
    model, pieces = train_on_tones([list(TONES)], tmp_path, takes=4, noise=0.04, steps=400)
    assert wavenet.measure(model, pieces) < 0.1
    assert sum(shares(generate(model, 0.125, batch_size=8)).values()) > 0.7


def test_a_condition_says_which_tone(tmp_path):
    each = [[tone] for tone in TONES]
    model, pieces = train_on_tones(each, tmp_path, takes=1, noise=0.02, steps=400)
    assert wavenet.measure(model, pieces) < 0.1
    for tone in TONES:
        found = shares(generate(model, 0.125, conditions={"tone": [tone] * 8}))
        assert found.pop(tone) > max(0.7, 10 * max(found.values()))


def test_frames_say_when_there_is_a_tone(tmp_path, rng):
    frames = rng.integers(0, 2, (6, 40, 1))
    tone = 0.7 * np.sin(2 * np.pi * np.arange(640) / 10)
    sounds = [tone * np.repeat(each[:, 0], 16) + rng.normal(0, 0.01, 640) for each in frames]
    framed = hold_sounds(sounds, RATE).with_frames(frames)

    def build():
        return small(conditions=None, local_channels=1, local_hop=16, classes=32)

    given = settings(steps=120, learning_rate=1e-2, sound_steps=120)
    model = wavenet.train(build, Segments(framed, build().plan, 128, 6), tmp_path, given)
    asked = np.repeat([0.0, 1, 0, 1, 1, 0], 4)
    made = generate(model, 24 * 16 / RATE, local_condition=asked[None, :, None])
    power = (made.reshape(6, 64)[:, 32:] ** 2).mean(1)  # of the second half of each four frames
    assert power[asked[::4] == 1].min() > 2 * power[asked[::4] == 0].max() > 0


@pytest.mark.parametrize("optimizer", wavenet.OPTIMIZERS)
def test_the_penalty_shrinks_kernels_and_nothing_else(optimizer):
    model = small()
    given = settings(optimizer=optimizer, l2=0.5, average=0.9, clip_norm=None, warm_up=3)
    wavenet.compile_model(model, given)
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    kernels = sum(w.value.shape.num_elements() for w in model.weights if w.path.endswith("kernel"))
    assert sum(float(loss) for loss in model.losses) == pytest.approx(0.5 * kernels)


@pytest.mark.parametrize(
    ("given", "at_steps"),
    [
        ({}, {0: 1e-3, 20: 5e-4, 40: 0}),
        ({"decay": False}, {0: 1e-3, 40: 1e-3}),
        ({"warm_up": 20}, {0: 0, 10: 5e-4, 20: 1e-3, 30: 5e-4, 40: 0}),
        ({"warm_up": 20, "decay": False}, {0: 0, 10: 5e-4, 20: 1e-3, 40: 1e-3}),
    ],
)
def test_the_learning_rate_rises_and_falls(given, at_steps):
    optimizer = fit.make_optimizer(settings(**given))
    for step, rate in at_steps.items():
        optimizer.iterations.assign(step)
        assert float(optimizer.learning_rate) == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"optimizer": "adamant"}, "`optimizer` must be one of .* Received: 'adamant'"),
        ({"steps": 0}, "`steps` must be an int of at least 1. Received: 0"),
        ({"keep": 1.5}, "`keep` must be an int of at least 1. Received: 1.5"),
        ({"keep": True}, "`keep` must be an int of at least 1. Received: True"),
        ({"sound_steps": 0}, "`sound_steps` must be an int of at least 1, or None. Received: 0"),
        ({"learning_rate": -1}, "`learning_rate` must be finite and above 0. Received: -1"),
        ({"clip_norm": 0}, "`clip_norm` must be finite and above 0, or None. Received: 0"),
        ({"average": 1}, "`average` must be above 0 and below 1, or None. Received: 1"),
        ({"average": 0.0}, "`average` must be above 0 and below 1, or None. Received: 0.0"),
        ({"checkpoint_minutes": float("inf")}, "`checkpoint_minutes` must be finite"),
        ({"warm_up": -1}, "`warm_up` must be below the 40 steps. Received: -1"),
        ({"warm_up": 40}, "`warm_up` must be below the 40 steps. Received: 40"),
    ],
)
def test_settings_out_of_range_are_named(given, message):
    with pytest.raises(InputError, match=message):
        settings(**given)


def test_models_that_cannot_be_trained_are_named(tmp_path):
    cases = {
        "gives chances, not logits": lambda: small(classifier_activation="softmax"),
        "Expected pieces for this model": lambda: small(skip_channels=9),
        "Expected a model of applications.WaveNet": lambda: small(include_top=False),
    }
    for message, build in cases.items():
        with pytest.raises(InputError, match=message):
            wavenet.train(build, small_pieces(), tmp_path, settings())


def test_the_command_trains_on_folders_of_sounds(tmp_path, rng, capsys):
    import soundfile

    from keras_sounddream.cli.main import main

    for label in ("high", "low"):
        (tmp_path / "data" / label).mkdir(parents=True)
        soundfile.write(tmp_path / "data" / label / "a.wav", rng.normal(0, 0.1, 900), 8000)
    network = tmp_path / "network.json"
    network.write_text('{"dilations": [1, 2, 4], "skip_channels": 8}')
    where = ["--data", tmp_path / "data", "--folder", tmp_path / "run", "--network", network]
    run = ["train", "wavenet", *map(str, where), "--condition", "tone", "--sample-rate", "8000"]
    run += ["--steps", "3", "--batch-size", "2", "--l2", "0.1"]
    assert main([*run, "--no-decay", "-o", str(tmp_path / "tones.keras")]) == 0
    assert "3 steps" in capsys.readouterr().out
    assert main([*run, "-o", str(tmp_path / "w.npz")]) == 2  # the rate falls, unless told not to
    assert "holds a run with {'decay': False, " in capsys.readouterr().err
    model = keras.models.load_model(tmp_path / "tones.keras")
    assert model.conditions == {"tone": ("high", "low")}
    for options, message in (
        (["--optimizer", "lion"], "`optimizer` must be one of"),
        (["--network", str(tmp_path)], "as JSON"),
        (["--average", "2"], "`average` must be above 0 and below 1"),
    ):
        assert main([*run, *options, "-o", str(tmp_path / "w.npz")]) == 2
        assert message in capsys.readouterr().err
    network.write_text('{"dilation": [1]}')
    assert main([*run, "-o", str(tmp_path / "w.npz")]) == 2
    assert "got an unexpected keyword argument 'dilation'" in capsys.readouterr().err
