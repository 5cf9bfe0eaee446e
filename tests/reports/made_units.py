"""Made-up sensitivities of three units, for the pages that show units."""

import numpy as np
import soundfile

from keras_sounddream.training.transfer import units

RATE = 24000
LABELS = ("rain & <wind>", "dog")


def make_units(folder, third):
    """Three units on four clips of 3 s: tones of 500, 1000, 1500 and 2000 Hz.

    `third` are the four responses of the last unit.
    """
    time, paths = np.arange(3 * RATE) / RATE, []
    for i in range(4):
        paths.append(folder / f"clip{i}.wav")
        soundfile.write(paths[i], 0.3 * np.sin(2 * np.pi * 500 * (i + 1) * time), RATE)
    truth = np.array([0, 0, 1, 1])
    answers = np.array([[1, 2, 3, 4], [4, 3, 2, 1], third], "float32").T
    return units.UnitSensitivity(
        model="net",
        layer="conv<1>",
        labels=LABELS,
        clips=tuple(paths),
        truth=truth,
        answers=answers,
        auc=units.area_under_curve(answers, truth),
        d_prime=units.discriminability(answers, truth),
        top=np.array([[3, 2], [0, 3], [0, 1]]),
        seconds=np.array([[1.6, 0.1], [2.9, 1.4], [0.0, 1.5]]),  # 1.4 and 1.6 share a piece
        shuffled=0.75,
    )
