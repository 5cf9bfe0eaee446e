"""Students of a distillation: audio networks with an output for each teacher."""

from collections.abc import Mapping

import keras
import numpy as np

from keras_sounddream.applications import base
from keras_sounddream.applications.soundnet import model as soundnet
from keras_sounddream.applications.soundnet import network as soundnet_network
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.errors import InputError
from keras_sounddream.training.distillation.teachers import Teacher

_TOLERANCE = 1e-2  # of the sum of probabilities, in half precision


def soundnet_student(teachers: Mapping[str, Teacher]) -> keras.Model:
    """Builds SoundNet8 with a head for each teacher, and random weights.

    Args:
        teachers: by head.

    Returns:
        `AudioModel` to a dict from head to `(batch, steps, classes)`, with the teachers' labels, or
        numbers where a teacher has none.
    """
    plan = soundnet_network.EIGHT
    widths = {head: teacher.classes for head, teacher in teachers.items()}
    inputs, x = soundnet_network.begin(None, None, "demo", True)
    outputs = soundnet_network.score(soundnet_network.convolve(x, plan), plan, widths, "softmax")
    student = base.AudioModel(inputs, outputs, name="soundnet8")
    labels = {
        head: teacher.labels or tuple(map(str, range(teacher.classes)))
        for head, teacher in teachers.items()
    }
    return base.describe(student, soundnet.SAMPLE_RATE, labels, soundnet.lengths_for(plan, widths))


def with_heads(student: keras.Model, teachers: Mapping[str, Teacher]) -> keras.Model:
    """Names a student's outputs after the teachers: a model of the same weights, to a dict.

    An `InputError` if there is not an output for each teacher with as many classes as it has, or
    the student takes no waveforms, or its sample rate is not known.
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
        names = f": {', '.join(student.output)}" if isinstance(student.output, dict) else ""
        raise InputError(
            "Expected a teacher for each of the student's outputs, by its name. "
            f"Teachers: {', '.join(teachers)}. {len(student.outputs)} outputs{names}"
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


def time_steps(network: keras.Model, num_samples: int) -> int | None:
    """Time steps that a student of `with_heads` outputs for a window; `None` without that axis.

    An `InputError` if its outputs for silence are no probabilities, or of unequal steps, or it
    takes no waveforms of this length.
    """
    outputs = _outputs_of_silence(network, num_samples)
    shapes = {head: scores.shape for head, scores in outputs.items()}
    one_length = len({shape[1:-1] for shape in shapes.values()}) == 1
    if not one_length or any(len(shape) > 3 for shape in shapes.values()):
        raise InputError(
            "Expected outputs (batch, classes), or (batch, steps, classes) of as many steps. "
            f"Received: {shapes}"
        )
    for head, scores in outputs.items():
        sums = scores.sum(axis=-1)
        if not (scores.min() >= 0 and np.abs(sums - 1).max() < _TOLERANCE):
            raise InputError(
                f"Expected probabilities of {head!r} from the student, with the sum 1. Received "
                f"sums from {sums.min():.3g} to {sums.max():.3g}. End it in a softmax."
            )
    shape = next(iter(shapes.values()))
    return shape[1] if len(shape) == 3 else None


def _outputs_of_silence(network, num_samples):
    silence = np.zeros((1, num_samples), "float32")
    try:
        return {head: np.asarray(x, "float32") for head, x in network(silence).items()}
    except (ValueError, RuntimeError) as error:
        if isinstance(error, InputError):
            raise
        reason = str(error).splitlines()[0]
        raise InputError(f"{network.name} takes no {num_samples} samples: {reason}") from None
