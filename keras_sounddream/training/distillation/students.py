"""Networks that listen to what teachers look at."""

import keras
import numpy as np

import keras_sounddream.applications.base as _common
from keras_sounddream.applications.soundnet import SoundNet8
from keras_sounddream.applications.soundnet import network as _soundnet_network
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError

_TOLERANCE = 1e-2  # of the sum of probabilities, in half precision


def soundnet_student(teachers):
    """Builds SoundNet8 with a head for each teacher, and random weights.

    Args:
        teachers: dict from head to `Teacher`.

    Returns:
        `AudioModel` to a dict from head to `(batch, steps, classes)`, with the teachers' labels, or
        numbers where a teacher has none.
    """
    body = SoundNet8(include_top=False, weights=None)
    widths = {head: teacher.classes for head, teacher in teachers.items()}
    outputs = _soundnet_network.score(body.output, _soundnet_network.EIGHT, widths, "softmax")
    model = _common.AudioModel(body.inputs[0], outputs, name="soundnet8")
    labels = {
        head: teacher.labels or tuple(map(str, range(teacher.classes)))
        for head, teacher in teachers.items()
    }
    return _common.describe(model, body.sample_rate, labels)


def with_heads(student, teachers):
    """Gives a student's outputs the names of the teachers.

    Args:
        student: `keras.Model` from waveforms, functional.
        teachers: dict from head to `Teacher`.

    Returns:
        `keras.Model` of the same weights, to a dict with an output a teacher.

    Raises:
        InputError: if there is not an output for each teacher with as many classes as it has, or
            it takes no waveforms, or its sample rate is not known.
    """
    if len(student.inputs) != 1 or len(student.inputs[0].shape) != 2:
        given = ", ".join(str(x.shape) for x in student.inputs)
        raise InputError(f"Expected a student of waveforms (batch, samples). It takes {given}.")
    if find_sample_rate(student) is None:
        raise InputError(f"The sample rate of {student.name} is not known: set its `sample_rate`.")
    outputs = student.output
    if not isinstance(outputs, dict):
        outputs = dict(zip(teachers, student.outputs, strict=False))
    if set(outputs) != set(teachers) or len(student.outputs) != len(teachers):
        own = student.output if isinstance(student.output, dict) else student.outputs
        raise InputError(
            "Expected a teacher for each of the student's outputs, by its name. "
            f"Teachers: {', '.join(teachers)}. {len(own)} outputs"
            + (f": {', '.join(own)}" if isinstance(own, dict) else "")
        )
    for head, teacher in teachers.items():
        if outputs[head].shape[-1] != teacher.classes:
            raise InputError(
                f"The teacher of {head!r} has {teacher.classes} classes, the student's output "
                f"{outputs[head].shape[-1]}. Give them the same."
            )
    if student.output is outputs:
        return student
    return keras.Model(student.inputs[0], outputs, name=student.name)


def time_steps(network, num_samples):
    """Counts the time steps that a student makes of a window, and checks what it says of silence.

    Args:
        network: `keras.Model`, as `with_heads` gives it.
        num_samples: int, of a window.

    Returns:
        int, or `None` if its outputs have no axis of time.

    Raises:
        InputError: if it gives no probabilities, outputs of unequal steps, or takes no waveforms of
            this length.
    """
    silence = np.zeros((1, num_samples), "float32")
    try:
        said = {head: np.asarray(x, "float32") for head, x in network(silence).items()}
    except (ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).splitlines()[0]
        raise InputError(f"{network.name} takes no {num_samples} samples: {reason}") from None
    shapes = {head: x.shape for head, x in said.items()}
    if len({shape[1:-1] for shape in shapes.values()}) > 1 or any(
        len(s) > 3 for s in shapes.values()
    ):
        raise InputError(
            "Expected outputs (batch, classes), or (batch, steps, classes) of as many steps. "
            f"Received: {shapes}"
        )
    for head, scores in said.items():
        sums = scores.sum(axis=-1)
        if not (scores.min() >= 0 and np.abs(sums - 1).max() < _TOLERANCE):
            raise InputError(
                f"Expected probabilities of {head!r} from the student, with the sum 1. Received "
                f"sums from {sums.min():.3g} to {sums.max():.3g}. End it in a softmax."
            )
    shape = next(iter(shapes.values()))
    return shape[1] if len(shape) == 3 else None
