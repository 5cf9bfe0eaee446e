"""Training of a WaveNet on pieces of sounds, resumed bit for bit."""

import functools
import json
import pathlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from keras_sounddream.applications.wavenet.config import WAVEFORM, WaveNetConfig
from keras_sounddream.backend import require_tensorflow
from keras_sounddream.digests import weights_digest
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.generation import generate
from keras_sounddream.training.classifier import ProgressBar, averaged, build_under
from keras_sounddream.training.distributed import strategies
from keras_sounddream.training.distributed.train_step import rows_each
from keras_sounddream.training.states import (
    TrainingState,
    claim_folder,
    newest_epoch,
)
from keras_sounddream.training.wavenet.baselines import bits, level_pairs, marginal_nats
from keras_sounddream.training.wavenet.local_conditions import example_frames
from keras_sounddream.training.wavenet.logging import StepLog, Summaries
from keras_sounddream.training.wavenet.losses import NextSample, nats
from keras_sounddream.training.wavenet.segments import Segments
from keras_sounddream.training.wavenet.settings import OPTIMIZERS, Settings, make_optimizer
from keras_sounddream.training.wavenet.whole_sounds import WholeSounds, from_silence
from keras_sounddream.types import PathLike

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = [
    "OPTIMIZERS",
    "Settings",
    "averaged",
    "compile_model",
    "make_optimizer",
    "measure",
    "train",
]

# Settings that may be changed when a run is resumed, since the weights do not depend on them.
_FREE = ("checkpoint_steps", "checkpoint_minutes", "keep", "summary_steps", "sound_steps")
_BY_WEIGHT, _EVENLY = "mean_with_sample_weight", "sum_over_batch_size"  # means over a batch


def train(
    build: Callable[[], keras.Model],
    pieces: Segments | WholeSounds,
    folder: PathLike,
    settings: Settings,
    *,
    strategy: "tf.distribute.Strategy | None" = None,
    goes_on: bool = False,
) -> keras.Model:
    """Trains a new WaveNet, or goes on with the one whose state is in a folder.

    A run may be killed at any moment: resumed, it ends with the weights that it would have had. A
    finished run is prolonged by more `steps`: it goes on from its last weights; where the learning
    rate decays, it rises to its place on the curve of all steps, and falls to 0 once more.
    The folder gets the states, `log.jsonl` (an object per step: `step`, `loss` in nats,
    `bits_per_sample`, `marginal_bits`, `seconds`; one with `restart` whenever it was resumed) and
    TensorBoard's logs.

    Args:
        build: makes a model of `applications.WaveNet`.
        pieces: batches for that model.
        folder: for the state; an interrupted run goes on from there.
        settings: of the run.
        strategy: to share each batch out by, see `strategies.find`; `None` for one device. The
            weights are the same but for rounding.
        goes_on: whether `build` gives trained weights to go on from: the folder then keeps their
            digest, and a run from others is another run.

    Returns:
        The trained model.

    Raises:
        InputError: if all sounds are digital silence, the model does not give logits, the folder
            holds another run or another process trains in it, none of its states can be read, or
            the devices cannot share a batch evenly.
    """
    require_tensorflow("Training")
    pieces.sounds.check_audible()
    rows_each(strategy, pieces.batch_size)
    with strategies.scope(strategy):
        keras.utils.set_random_seed(settings.seed)
        model = build_under(build, settings.precision)
        _check(model, pieces)
        learner = from_silence(model) if isinstance(pieces, WholeSounds) else model
        compile_model(learner, settings, model.plan, shared=strategy is not None)
    identity = _identity(model, pieces, settings)
    if goes_on:
        identity["beginning_weights"] = weights_digest(model)
    claim_folder(folder, identity, functools.partial(_is_prolonged, folder, identity))
    state = TrainingState(
        pathlib.Path(folder),
        settings.seed,
        settings.checkpoint_steps,
        settings.steps,
        settings.keep,
        settings.checkpoint_minutes,
        worker=strategies.worker(strategy),
    )
    with state.held():
        step = state.restore(learner)
        if step < settings.steps:
            _fit(learner, model, pieces, settings, state, step, strategy)
        else:
            learner.optimizer.finalize_variable_values(learner.trainable_variables)
    _set_penalty(model, 0.0)
    model.compiled = False  # so that its file needs nothing of this package's training
    return model


def compile_model(
    model: keras.Model,
    settings: Settings,
    plan: WaveNetConfig | None = None,
    *,
    shared: bool = False,
) -> None:
    """Compiles a WaveNet with its optimizer, loss and penalty: for `model.fit(pieces.dataset())`.

    Args:
        model: model of `applications.WaveNet`, or of `from_silence`.
        settings: of the run.
        plan: `None` for the model's.
        shared: whether several devices share each batch, whose weights then have the mean 1.
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


def measure(
    model: keras.Model, pieces: Segments | WholeSounds, num_steps: int | None = None
) -> float:
    """Computes the mean nats per sample of a WaveNet.

    Args:
        model: model of `applications.WaveNet`.
        pieces: best with `shuffle=False`.
        num_steps: batches; `None` for one epoch.
    """
    total = count = 0.0
    plan = model.plan
    for step in range(num_steps or pieces.steps_per_epoch):
        inputs, targets, weights = pieces.batch(step)
        scores = model.predict_on_batch(_inputs(inputs))
        losses = keras.ops.convert_to_numpy(nats(targets, scores, plan.levels, plan.output))
        total += float((losses * weights).sum())
        count += float(weights.sum())
    return total / count


def _fit(learner, model, pieces, settings, state, step, strategy):
    marginal = bits(marginal_nats(level_pairs(pieces.sounds, model.plan.levels)))

    def generate_sound(seconds, seed, **more):
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
            Summaries(state.folder / "tensorboard", settings, model.plan, marginal, generate_sound),
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
    """A model's inputs: a dict, or the waveform where there is nothing else."""
    return inputs if len(inputs) > 1 else inputs[WAVEFORM]


def _set_penalty(model, l2):
    for variable in model.trainable_variables:
        if variable.path.endswith("/kernel"):
            variable.regularizer = keras.regularizers.L2(l2) if l2 else None


def _identity(model, pieces, settings):
    """All that tells one run from another."""
    plan = {name: getattr(model.plan, name) for name in model.plan.__dataclass_fields__}
    fixed = {name: value for name, value in vars(settings).items() if name not in _FREE}
    if not settings.decay:
        fixed.pop("steps")  # such a run can be made longer
    data = {name: getattr(pieces, name) for name in ("piece_samples", "batch_size", "seed")}
    data |= {name: list(vars(pieces)[name]) for name in ("lengths",) if name in vars(pieces)}
    if getattr(pieces, "starts", 0):
        data["starts"] = pieces.starts
    data["sounds"] = [len(pieces.sounds), int(pieces.sounds.lengths.sum())]
    return json.loads(json.dumps({**plan, **fixed, "data": data}))


def _is_prolonged(folder, identity, held):
    """Whether a run whose learning rate decays goes on from a finished one of fewer steps."""
    steps, before = identity.get("steps"), held.get("steps") if isinstance(held, dict) else None
    if not (isinstance(steps, int) and isinstance(before, int)) or held != identity | {
        "steps": before
    }:
        return False
    if not before < steps or newest_epoch(folder) < before:
        return False
    warnings.warn(
        f"The run of {before} steps in {folder} is prolonged to {steps}: its learning rate rises "
        f"again, to its place on the curve of {steps} steps.",
        InputWarning,
        stacklevel=2,
    )
    return True


def _check(model, pieces):
    if getattr(model, "plan", None) is None or "scores" not in [x.name for x in model.layers]:
        raise InputError(f"Expected a model of applications.WaveNet, whole. Received: {model!r}")
    if model.get_layer("scores").activation is not keras.activations.linear:
        raise InputError(f"{model.name} gives chances, not logits. Leave out its activation.")
    if model.plan != pieces.plan:
        raise InputError("Expected pieces for this model. Make them with its `plan`.")
