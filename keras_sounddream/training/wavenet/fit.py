"""The recipe of a WaveNet: trained on pieces of sounds, and resumed to the bit."""

import contextlib
import functools
import json
import pathlib

import keras

from keras_sounddream.applications.wavenet.config import WAVEFORM
from keras_sounddream.errors import InputError
from keras_sounddream.generation import generate
from keras_sounddream.training.classifier import (
    ProgressBar,
    TrainingState,
    build_under,
    claim_folder,
)
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import rows_each
from keras_sounddream.training.wavenet.baselines import bits, level_pairs, marginal_nats
from keras_sounddream.training.wavenet.local_conditions import example_frames
from keras_sounddream.training.wavenet.logging import StepLog, Summaries
from keras_sounddream.training.wavenet.losses import NextSample, nats
from keras_sounddream.training.wavenet.settings import OPTIMIZERS, Settings, make_optimizer
from keras_sounddream.training.wavenet.whole_sounds import WholeSounds, from_silence

__all__ = [
    "OPTIMIZERS",
    "Settings",
    "averaged",
    "compile_model",
    "make_optimizer",
    "measure",
    "train",
]

# What may be changed when a run is resumed, since the weights do not depend on it.
_FREE = ("checkpoint_steps", "checkpoint_minutes", "keep", "summary_steps", "sound_steps")
_BY_WEIGHT, _EVENLY = "mean_with_sample_weight", "sum_over_batch_size"  # means over a batch


def train(build, pieces, folder, settings, *, strategy=None):
    """Trains a new WaveNet, or goes on with the one whose state is in a folder.

    A run may be killed at any moment: resumed, it ends with the weights that it would have had.
    The folder gets the states, `log.jsonl` (an object a step: `step`, `loss` in nats,
    `bits_per_sample`, `marginal_bits`, `seconds`; one with `restart` whenever it was resumed) and
    TensorBoard's logs.

    Args:
        build: function without arguments that returns a model of `applications.WaveNet`.
        pieces: `Segments` or `WholeSounds`, for that model.
        folder: str or path.
        settings: `Settings`.
        strategy: `tf.distribute.Strategy` to share each batch out by, as of `strategies.find`;
            `None` for one device. The weights are the same but for rounding.

    Returns:
        `keras.Model`, trained.

    Raises:
        InputError: if the model does not give logits, the folder holds another run, or the devices
            cannot share a batch evenly.
    """
    rows_each(strategy, pieces.batch_size)
    with strategies.scope(strategy):
        keras.utils.set_random_seed(settings.seed)
        model = build_under(build, settings.precision)
        _check(model, pieces)
        learner = from_silence(model) if isinstance(pieces, WholeSounds) else model
        compile_model(learner, settings, model.plan, shared=strategy is not None)
    claim_folder(folder, _identity(model, pieces, settings))
    folder = pathlib.Path(folder)
    state = TrainingState(
        folder,
        settings.seed,
        settings.checkpoint_steps,
        settings.steps,
        settings.keep,
        settings.checkpoint_minutes,
        worker=strategies.worker(strategy),
    )
    step = state.restore(learner)
    if step < settings.steps:
        _fit(learner, model, pieces, settings, state, step, strategy)
    else:
        learner.optimizer.finalize_variable_values(learner.trainable_variables)
    _set_penalty(model, 0.0)
    model.compiled = False  # so that its file needs nothing of this package's training
    return model


def compile_model(model, settings, plan=None, *, shared=False):
    """Gives a WaveNet its optimizer, loss and penalty: then `model.fit(pieces.dataset(), …)` does.

    Args:
        model: model of `applications.WaveNet`, or of `from_silence`.
        settings: `Settings`.
        plan: `WaveNetConfig`; `None` for the model's.
        shared: bool, whether several devices share each batch, whose weights then have the mean 1.
    """
    plan = plan or model.plan
    model.compile(
        optimizer=make_optimizer(settings),
        loss=NextSample(plan.levels, plan.output, _EVENLY if shared else _BY_WEIGHT),
        weighted_metrics=[
            keras.metrics.MeanMetricWrapper(
                nats, "nats", levels=plan.levels, output=plan.output, dtype="float32"
            )
        ],
        jit_compile=settings.jit_compile,
    )
    model.optimizer.build(model.trainable_variables)
    _set_penalty(model, settings.l2)


def measure(model, pieces, num_steps=None):
    """Gives the mean nats a sample of a WaveNet.

    Args:
        model: model of `applications.WaveNet`.
        pieces: `Segments`, best with `shuffle=False`.
        num_steps: int, batches; `None` for one epoch.

    Returns:
        float.
    """
    total = count = 0.0
    plan = model.plan
    for step in range(num_steps or pieces.steps_per_epoch):
        inputs, targets, weights = pieces.batch(step)
        scores = model.predict_on_batch(_inputs(inputs))
        found = keras.ops.convert_to_numpy(nats(targets, scores, plan.levels, plan.output))
        total += float((found * weights).sum())
        count += float(weights.sum())
    return total / count


@contextlib.contextmanager
def averaged(model):
    """Gives a compiled model the running mean of its weights for a while.

    Args:
        model: compiled `keras.Model`.

    Yields:
        `None`.
    """
    kept = model.get_weights()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        model.set_weights(kept)


def _fit(learner, model, pieces, settings, state, step, strategy):
    marginal = bits(marginal_nats(level_pairs(pieces.sounds, model.plan.levels)))

    def listen(seconds, seed, **more):
        num_samples, turn = round(seconds * model.plan.sample_rate), seed // settings.sound_steps
        more |= example_frames(pieces.sounds, model.plan, num_samples, turn)
        with averaged(learner):
            return generate(model, seconds, seed=seed, **more)

    common = {
        "epochs": settings.steps,
        "initial_epoch": step,
        "steps_per_epoch": 1,
        "callbacks": [
            StepLog(state.folder / "log.jsonl", step, marginal),
            Summaries(state.folder / "tensorboard", settings, model.plan, marginal, listen),
            ProgressBar(step, settings.steps, "step"),
            state,
        ],
    }
    if strategy:
        batch = functools.partial(_evenly_weighted, pieces)
        strategies.fit(learner, batch, strategy, jit_compile=settings.jit_compile, **common)
    else:
        batches = pieces.dataset(step).map(lambda inputs, *rest: (_inputs(inputs), *rest))
        learner.fit(batches, shuffle=False, verbose=0, **common)


def _evenly_weighted(pieces, step):
    """The batch of a step, with weights whose mean is 1."""
    inputs, targets, weights = pieces.batch(step)
    return _inputs(inputs), targets, weights / weights.mean()


def _inputs(inputs):
    """What a model takes: a dict, or the waveform where there is nothing else."""
    return inputs if len(inputs) > 1 else inputs[WAVEFORM]


def _set_penalty(model, l2):
    for variable in model.trainable_variables:
        if variable.path.endswith("/kernel"):
            variable.regularizer = keras.regularizers.L2(l2) if l2 else None


def _identity(model, pieces, settings):
    """All that tells one run from another."""
    plan = {name: getattr(model.plan, name) for name in model.plan.__dataclass_fields__}
    own = {name: value for name, value in vars(settings).items() if name not in _FREE}
    if not settings.decay:
        own.pop("steps")  # such a run can be made longer
    data = {name: getattr(pieces, name) for name in ("piece_samples", "batch_size", "seed")}
    data |= {name: list(vars(pieces)[name]) for name in ("lengths",) if name in vars(pieces)}
    if getattr(pieces, "starts", 0):
        data["starts"] = pieces.starts
    data["sounds"] = [len(pieces.sounds), int(pieces.sounds.lengths.sum())]
    return json.loads(json.dumps({**plan, **own, "data": data}))


def _check(model, pieces):
    if getattr(model, "plan", None) is None or "scores" not in [x.name for x in model.layers]:
        raise InputError(f"Expected a model of applications.WaveNet, whole. Received: {model!r}")
    if model.get_layer("scores").activation is not keras.activations.linear:
        raise InputError(f"{model.name} gives chances, not logits. Leave out its activation.")
    if model.plan != pieces.plan:
        raise InputError("Expected pieces for this model. Make them with its `plan`.")
