"""The figure of docs/getting_started/concepts.md: one gradient-ascent step, there and back.

    python docs/images/draw_concepts.py

Writes docs/images/concepts.png.
"""

import pathlib

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyArrowPatch, Rectangle

from keras_sounddream import applications, audio
from keras_sounddream.audio.spectrogram_image import levels_db

HERE = pathlib.Path(__file__).parent
FORWARD, BACK, QUIET = "#1f4e79", "#a5306f", "#5f5b66"
WIDTH, GAP, BOTTOM, HEIGHT = 1.5, 0.95, 1.3, 1.6
STAGES = (  # title, what it is, arrow to the next: what makes it
    ("input", "waveform\n(batch, samples)", "STFT"),
    ("variable", "mask on the STFT\n(frames, bins)", "ISTFT"),
    ("sound", "waveform,\nlevelled", "front end"),
    ("spectrogram", "log-mel\n(frames, bands)", "network"),
    ("layer", "activations\n(frames, bands, channels)", "objective"),
    ("objective", "one number\nper example", None),
)


def left(stage):
    """Left edge of a stage, in inches."""
    return 0.3 + stage * (WIDTH + GAP)


def arrow(axes, start, end, colour, text, above=True, curve=0.0):
    """Draws an arrow with a text beside its middle."""
    style = f"arc3,rad={curve}"
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=14,
            lw=1.8,
            color=colour,
            connectionstyle=style,
        )
    )
    middle = (start[0] + end[0]) / 2
    offset = 0.12 if above else -0.12
    axes.text(
        middle,
        start[1] + offset,
        text,
        ha="center",
        va="bottom" if above else "top",
        color=colour,
        fontsize=12,
    )


def panel(figure, stage, width, height):
    """Axes of one stage's thumbnail."""
    box = [left(stage) / width, BOTTOM / height, WIDTH / width, HEIGHT / height]
    axes = figure.add_axes(box, xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_color(QUIET)
    return axes


def thumbnails(figure, width, height):
    """Draws what each stage holds for an example sound."""
    model = applications.LogMelCNN(weights="esc10")
    waveform = audio.load(HERE.parents[1] / "examples" / "speech.flac", model.sample_rate)
    for stage in (0, 2):
        axes = panel(figure, stage, width, height)
        axes.plot(waveform[0, ::8], lw=0.4, color=FORWARD)
        axes.set(ylim=(-0.6, 0.6), xlim=(0, len(waveform[0, ::8])))
    levels = levels_db(waveform[0], model.sample_rate, 300, 120)
    mel = np.asarray(model.get_layer("front_end")(waveform))[0]
    for stage, values in ((1, levels), (3, mel.reshape(len(mel), -1))):
        axes = panel(figure, stage, width, height)
        low = values.max() - 70 if stage == 1 else values.min()
        axes.imshow(values.T, aspect="auto", origin="lower", cmap="magma", vmin=low)
    axes = panel(figure, 4, width, height)
    for i in range(6):
        corner = (0.12 + 0.09 * i, 0.62 - 0.1 * i)
        axes.add_patch(Rectangle(corner, 0.4, 0.3, fc="#cfe0f0", ec=FORWARD, lw=1))
    axes = panel(figure, 5, width, height)
    axes.text(0.5, 0.5, "mean of\nsquares", ha="center", va="center", fontsize=15, color=FORWARD)


def main():
    """Draws the figure."""
    width, height = left(len(STAGES)) - GAP + 0.3, 4.1
    figure = plt.figure(figsize=(width, height))
    axes = figure.add_axes([0, 0, 1, 1], xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    thumbnails(figure, width, height)
    for stage, (title, text, operation) in enumerate(STAGES):
        centre = left(stage) + WIDTH / 2
        axes.text(centre, 3.72, title, ha="center", fontsize=15, weight="bold")
        axes.text(centre, 3.05, text, ha="center", fontsize=12, color=QUIET)
        if operation:
            start, end = left(stage) + WIDTH + 0.05, left(stage + 1) - 0.05
            arrow(axes, (start, 2.4), (end, 2.4), FORWARD, operation)
            if stage:
                arrow(axes, (end, 1.8), (start, 1.8), BACK, "gradient", above=False)
    first, last = left(1) + WIDTH / 2, left(5) + WIDTH / 2
    axes.plot([last, last, first], [1.22, 0.7, 0.7], color=BACK, lw=1.4, ls=":")
    axes.add_patch(
        FancyArrowPatch(
            (first, 0.7), (first, 1.24), arrowstyle="-|>", mutation_scale=14, lw=1.8, color=BACK
        )
    )
    text = (
        "one step: the variable moves along the gradient, by at most step_size dB per frame and bin"
    )
    axes.text((first + last) / 2, 0.3, text, ha="center", fontsize=13, color=BACK)
    figure.savefig(HERE / "concepts.png", dpi=110, facecolor="white")


if __name__ == "__main__":
    main()
