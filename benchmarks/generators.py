"""Generators of spectrogram patches: distance to real ones, their sounds, dreams on their latents.

    python benchmarks/generators.py --data SOUNDS --gan GAN.keras --autoencoder AUTO.keras

SOUNDS is the folder that both were trained on, or a .npy file of what `read_folder` makes of it. Writes docs/benchmarks/models/generators.md, and the
pictures and sounds of docs/models/generators.md.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from sound_figures import crest_db, flatness

from keras_sounddream import DeepDream, audio
from keras_sounddream.applications import LogMelCNN, generators
from keras_sounddream.applications.generators.pictures import (
    as_colours,
    draw_samples,
    sample_grid,
    to_pixels,
    to_unit,
)
from keras_sounddream.images.grid import grid
from keras_sounddream.images.io import save_picture
from keras_sounddream.training.generators import frechet_distance, read_folder, sound_features
from keras_sounddream.workflows.sample import join_sounds

DOCS = pathlib.Path(__file__).parents[1] / "docs"
PAGE = DOCS / "benchmarks" / "models" / "generators.md"
ROUNDS, COLUMNS, DREAMS = 20, 7, 7
TEXT = """# Generators of spectrogram patches

Written by `benchmarks/generators.py`. Keras {keras}, {cores} cores, {count} patches of each kind. The
distance is the Frechet distance of LogMelCNN's pooled features (192 channels) of the *sounds*, that is,
behind the phases: it grows by whatever the way from patch to sound loses, and of so few sounds it is
above 0 even between patches of two halves of the clips, which is the least that could be reached.

| patches | distance to real ones | flatness | crest, dB |
|---|---|---|---|
{rows}

*Flatness* is the geometric over the arithmetic mean of the power spectrum, *crest* its loudest bin over
its mean: medians of the sounds.

Both networks are DCGANs of a quarter of the width ({gan_count:,} and {auto_count:,} parameters), trained
as the [page of the generators](../../models/generators.md) says.

"""
DREAM_TEXT = """## Dreams on latents

{dreams} dreams of the layer `block3_conv2` of LogMelCNN, {steps} steps, on the latents of the GAN, and on the
sounds that the same latents make, by a mask, as sounds are dreamed otherwise. *Gain* is the objective of the
16-bit sounds over that before.

| dream | gain, mean | lowest |
|---|---|---|
{dream_rows}
"""


def parse():
    parser = argparse.ArgumentParser()
    for name in ("data", "gan", "autoencoder"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--count", type=int, default=48)
    parser.add_argument("--no-dreams", action="store_true", help="the first table alone")
    return parser.parse_args()


def is_stored(data):
    """Whether `--data` is what `read_folder` gave, stored by NumPy."""
    return data.endswith(".npy")


def pick(pixels, count):
    """So many patches of all, by chance."""
    return pixels[np.random.default_rng(0).permutation(len(pixels))[:count]]


def measured(name, waveforms, features, real):
    """A row of the first table."""
    distance = frechet_distance(features(waveforms), real)
    figures = [np.median([f(w[None]) for w in waveforms]) for f in (flatness, crest_db)]
    return f"| {name} | {distance:.2f} | {figures[0]:.3f} | {figures[1]:.1f} |"


def untrained(model):
    """A generator like another one, with its first weights."""
    keras.utils.set_random_seed(0)
    settings = {k: v for k, v in model.weight_settings.items() if k != "family"}
    return generators.DCGANGenerator(**settings)


def dream_row(name, made, start):
    """A row of the second table, and the result."""
    result = made.run(start)
    return f"| {name} | {result.gain.mean():.2f} | {result.gain.min():.2f} |", result


def main():
    options = parse()
    patches = audio.SpectrogramPatches()
    pixels = np.load(options.data) if is_stored(options.data) else read_folder(options.data, 64)[0]
    halves = [pick(half, options.count) for half in np.array_split(pixels, 2)]
    gan, auto = (
        generators.load_generator(options.gan),
        generators.load_generator(options.autoencoder),
    )
    coder = keras.models.load_model(options.autoencoder)
    features = sound_features(patches.sample_rate)

    def sounds_of(made):
        return patches.to_waveforms(made, ROUNDS)

    first, second = (sounds_of(to_unit(half)) for half in halves)
    real = features(first)
    latents = gan.draw(options.count)
    coded = keras.ops.convert_to_numpy(coder(to_unit(halves[1]), training=False))
    sets = {
        "real ones of other clips": second,
        "real ones through the autoencoder": sounds_of(coded),
        "the GAN's": sounds_of(gan.generate(latents, raw=True)),
        "the GAN's before its training": sounds_of(untrained(gan).generate(latents, raw=True)),
        "the autoencoder's decoder's, of random latents": sounds_of(
            auto.generate(latents, raw=True)
        ),
    }
    rows = [measured(name, waveforms, features, real) for name, waveforms in sets.items()]
    text = TEXT.format(
        keras=keras.__version__,
        cores=os.cpu_count(),
        count=options.count,
        rows="\n".join(rows),
        gan_count=gan.count_params(),
        auto_count=coder.count_params(),
    )
    PAGE.write_text(text)
    draw(gan, halves[1], coded)
    if not options.no_dreams:
        PAGE.write_text(text + dream(gan))
    print(PAGE.read_text())


def dream(gan):
    """The second table; writes the dreams' picture and sounds."""
    network, settings, latents = LogMelCNN(), {"octaves": 3, "steps": 8}, gan.draw(DREAMS, 7)
    made = DeepDream(network, "block3_conv2", generator=gan, **settings)
    first, result = dream_row("in the GAN's latents", made, latents)
    draw_dreams(gan, result)
    made = DeepDream(network, "block3_conv2", **settings)
    second, _ = dream_row("by a mask on the same sounds", made, result.source)
    steps = settings["octaves"] * settings["steps"]
    return DREAM_TEXT.format(dream_rows=f"{first}\n{second}", dreams=DREAMS, steps=steps)


def draw(gan, pixels, coded):
    """The pictures and the sound of the guide."""
    images = DOCS / "images"
    save_picture(images / "generator_real.png", grid(as_colours(pixels[:21]), COLUMNS), True)
    save_picture(images / "generator_gan.png", sample_grid(gan, gan.draw(21)), True)
    coded = as_colours(to_pixels(coded[:21]))
    save_picture(images / "generator_coded.png", grid(coded, COLUMNS), True)
    path = generators.interpolate(gan.draw(3, 1), 3)
    save_picture(images / "generator_path.png", sample_grid(gan, path), True)
    save_sounds("gan", gan.generate(gan.draw(8)), gan.sample_rate)


def draw_dreams(gan, result):
    """Samples and the dreams on them, as a picture and sounds."""
    pairs = np.concatenate(
        [draw_samples(gan, gan.draw(DREAMS, 7)), draw_samples(gan, result.latent)]
    )
    save_picture(DOCS / "images" / "generator_dream.png", grid(pairs, COLUMNS), True)
    save_sounds("source", result.source, gan.sample_rate)
    save_sounds("dream", result.waveform, gan.sample_rate)


def save_sounds(name, waveforms, rate):
    """Writes sounds, one after another, as a file of the guide."""
    path = DOCS / "sounds" / f"generator_{name}.flac"
    audio.save(path, join_sounds(waveforms, rate)[np.newaxis], rate, overwrite=True)


if __name__ == "__main__":
    main()
