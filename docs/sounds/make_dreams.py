"""The README's dreams: sounds and spectrograms before and after.

    python docs/sounds/make_dreams.py

Writes docs/sounds/dream_NAME.flac and docs/images/dream_NAME.png for each of `EXAMPLES`.
"""

import pathlib

import matplotlib.pyplot as plt

from keras_sounddream import DeepDream, applications, audio
from keras_sounddream.audio.spectrogram_image import levels_db

ROOT = pathlib.Path(__file__).parents[2]
EXAMPLES = {  # the example: layer, strength
    "speech": ("block3_conv2", 0.5),
    "melody": ("block4_conv2", 0.5),
    "rhythm": ("block2_conv2", 0.5),
}
RANGE_DB = 80


def draw(path, before, after, rate, title, dpi=80):
    """Draws two spectrograms side by side, in one scale."""
    levels = [levels_db(sound[0], rate) for sound in (before, after)]
    top = max(level.max() for level in levels)
    figure, panels = plt.subplots(1, 2, figsize=(10, 3), sharey=True, layout="constrained")
    for axes, level, name in zip(panels, levels, ("before", title), strict=True):
        axes.imshow(
            level.T,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=top - RANGE_DB,
            vmax=top,
            extent=(0, before.shape[1] / rate, 0, rate / 2000),
        )
        axes.set(title=name, xlabel="time (s)")
    panels[0].set(ylabel="frequency (kHz)")
    figure.savefig(path, dpi=dpi)
    plt.close(figure)


def main():
    model = applications.LogMelCNN()
    for name, (layer, strength) in EXAMPLES.items():
        dream = DeepDream(model, layer, strength=strength)
        source = audio.load(ROOT / "examples" / f"{name}.flac", dream.sample_rate)
        result = dream.run(source)
        path = ROOT / "docs" / "sounds" / f"dream_{name}.flac"
        audio.save(path, result.waveform, dream.sample_rate, overwrite=True)
        title = f"{layer}, strength {strength:g}: gain {result.gain[0]:.1f}"
        picture = ROOT / "docs" / "images" / f"dream_{name}.png"
        draw(picture, source, result.waveform, dream.sample_rate, title)
        figures = {
            key: round(float(result.figures()[key]), 3) for key in ("gain", "lost", "similarity")
        }
        print(name, layer, strength, figures)


if __name__ == "__main__":
    main()
