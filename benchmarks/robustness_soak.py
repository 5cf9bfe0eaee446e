"""1,800 calls in one process: does memory grow, do answers stay? A row of robustness.py."""

import pathlib
import resource

import numpy as np
from robustness_threads import generator_file, lite_file, sounds

TITLE = "calls in one process (soak)"
CALLS, SETTLED = 1800, 300  # memory may grow until so many are made
MOST_MB = 5.0  # per 1,000 calls, after that
PARTS = ["all"]
INPUTS = 4


def held_mb():
    """Memory of this process, MB."""
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def calls():
    """Name → function of the number of an input."""
    from fuzz.seeds import small_model

    from keras_sounddream import DeepDream, lite, objectives
    from keras_sounddream.applications.classify import score_waveform

    model, inputs = small_model(), sounds(8000, INPUTS)
    dream = DeepDream(model, objectives.layer("conv"), octaves=1, steps=2)
    longer = sounds(50000, INPUTS)
    classifier = lite.Classifier(lite_file("classify"))
    dreamer = lite.Dreamer(lite_file("dream"))
    generator = lite.Generator(generator_file())
    return {
        "classify": lambda i: score_waveform(model, inputs[i][np.newaxis]),
        "dream": lambda i: dream.run(inputs[i][np.newaxis]).waveform,
        "lite scores": lambda i: classifier.scores(longer[i]),
        "lite dream": lambda i: dreamer.dream(longer[i]),
        "lite generate": lambda i: generator.generate(0.2, seed=i),
        "generate": generated(),
    }


def generated():
    """`generate` of a small network: one length, as many seeds."""
    from keras_sounddream import applications, generate

    small = {"dilations": (1, 2), "residual_channels": 4, "dilation_channels": 4}
    model = applications.WaveNet(**small, skip_channels=4, classes=16, sample_rate=1000)
    return lambda i: generate(model, 0.1, seed=i)


def run(part, scale):
    """Counts of answers that change, and a fault if memory grows."""
    kinds, total = calls(), round(scale * CALLS)
    settled, faults, examples = min(SETTLED, total // 3), {}, []
    first, memory = {}, []
    for number in range(total):
        name = list(kinds)[number % len(kinds)]
        place = number // len(kinds) % INPUTS
        answer = np.array(kinds[name](place))
        wanted = first.setdefault((name, place), answer)
        if not np.array_equal(answer, wanted):
            faults[f"{name} changes"] = faults.get(f"{name} changes", 0) + 1
            if faults[f"{name} changes"] == 1:
                examples.append(f"{name}: off by {np.abs(answer - wanted).max():.3g}")
        if number >= settled and number % 10 == 0:
            memory.append((number, held_mb()))
    slope = 1000 * np.polyfit(*np.transpose(memory), 1)[0]
    examples.append(f"{slope:.2f} MB per 1,000 calls, at the end {memory[-1][1]:.0f} MB")
    if slope > MOST_MB:
        faults["memory grows"] = 1
    return {"tries": total, "faults": faults, "examples": examples}
