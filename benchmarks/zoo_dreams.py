"""Gain and share retained of dreams on each model of the zoo.

    python benchmarks/zoo_dreams.py --data ESC-10 --photos FOLDER --yamnet FILE --squeezenet FILE
        --soundnet FILE [--only SoundNet8,Flickr]

Writes docs/benchmarks/dreams/zoo_dreams.md. Sounds are the first clip of each class in ESC-10's
fold 5, pictures the photos of a folder. Each is dreamed with the default settings on a convolution
two thirds of the way up the model, written to a file (16-bit WAV, 8-bit PNG) and read again. With
`--only` the rows of one network and its weights are measured again, and the others kept.
"""

import argparse
import functools
import os
import pathlib
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from dream_fidelity import first_clips
from tqdm import tqdm

from keras_sounddream import applications
from keras_sounddream.audio.io import load, save
from keras_sounddream.images import io
from keras_sounddream.workflows.dream import dream_file

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "dreams" / "zoo_dreams.md"
SECONDS = 5.0
PHOTO_PIXELS = 384


def models(arguments):
    """Rows of `(name, its weights in words, function that builds it)`; `None` without weights."""
    yield "LogMelCNN", "esc10", applications.LogMelCNN
    yield "UrbanSoundCNN", "esc10", applications.UrbanSoundCNN
    yield "SoundNet8", "random", lambda: applications.SoundNet8(weights=None)
    yield "SoundNet8", "Flickr", built(applications.SoundNet8, arguments.soundnet)
    yield "SoundNet5", "random", lambda: applications.SoundNet5(weights=None)
    yield "YAMNet", "AudioSet", built(applications.YAMNet, arguments.yamnet, patches=False)
    yield "SqueezeNet", "ImageNet", built(applications.SqueezeNet, arguments.squeezenet)


def built(constructor, weights, **settings):
    """A function that builds a network with weights; `None` without them."""
    return weights and functools.partial(constructor, weights=weights, **settings)


def prepared_inputs(folder, model, arguments):
    """Files to dream on, brought to a common length or size."""
    if model.sample_rate is None:
        for path in sorted(arguments.photos.iterdir()):
            if path.suffix in (".jpg", ".png"):
                picture = io.load_picture(path)
                factor = max(max(picture.shape[:2]) // PHOTO_PIXELS, 1)
                small = folder / f"{path.stem}.png"
                io.save_picture(small, picture[::factor, ::factor], True)
                yield small
        return
    for clip in first_clips(arguments.data, 1):
        path = folder / f"{clip.path.stem}.wav"
        waveform = np.clip(load(clip.path, model.sample_rate), -1, 1)
        least = model.input_shape[1] or round(SECONDS * model.sample_rate)
        save(path, np.resize(waveform, (1, least)), model.sample_rate, overwrite=True)
        yield path


def measure(model, arguments):
    """Share retained and gain of each dream, and seconds: arrays."""
    rows, layer = [], None
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for path in tqdm(list(prepared_inputs(folder, model, arguments)), desc=model.name):
            out = folder / f"dream{path.suffix}"
            result = dream_file(path, out, model, overwrite=True, progress=False)
            rows.append((result.retained[0], result.gain[0], result.seconds))
            layer = result.layers[0]
    return layer, np.array(rows).T


def written_rows():
    """Rows of the page as it is: dict from `(name, weights)` to a list of one line."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| model")]
    return {tuple(cell.strip() for cell in row.split("|")[1:3]): [row] for row in rows}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--photos", type=pathlib.Path, help="folder of photos, for SqueezeNet")
    parser.add_argument("--yamnet", help="weights of YAMNet")
    parser.add_argument("--squeezenet", help="weights of SqueezeNet")
    parser.add_argument("--soundnet", help="weights of SoundNet8")
    parser.add_argument("--only", help="NAME,WEIGHTS of the row to measure; the others are kept")
    arguments = parser.parse_args()
    written = written_rows()
    lines = [
        "# Dreams on each model of the zoo",
        "",
        "Written by `benchmarks/zoo_dreams.py`. Default settings, on a convolution two thirds of the",
        "way up; *retained* and *gain* are read off the file (16-bit WAV or 8-bit PNG). Sounds: the",
        "first clip of each class in ESC-10's fold 5; pictures: photos.",
        "",
        "| model | weights | layer | dreams | retained, median | retained, least | gain, median (least … most) | s per dream |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, weights, build in models(arguments):
        if build is None or arguments.only not in (None, f"{name},{weights}"):
            lines += written.get((name, weights), []) if arguments.only else []
            continue
        layer, (kept, gain, seconds) = measure(build(), arguments)
        lines.append(
            f"| {name} | {weights} | `{layer}` | {len(kept)} | {np.median(kept):.2f} | {kept.min():.2f} | "
            f"{np.median(gain):.2f} ({gain.min():.2f} … {gain.max():.2f}) | {np.median(seconds):.1f} |"
        )
        print(lines[-1], flush=True)
    PAGE.write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
