"""Makes the exported files of LogMelCNN, and the manifest of all that ships.

    python saved_models/exports/make.py [--data ESC-10] [--keep]

The ranges of the int8 file are read off the sounds of examples/ and made voices; or, with --data,
off clips of ESC-10's folds 1 to 4. With the same versions the same files come out, byte for byte,
but for those of which the manifest says `"same_bytes": false`: the ranges of the int8 file depend
on the last bits of the processor's sums, and TensorFlow numbers a SavedModel's objects by chance
(its graph is the same). With --keep only the manifest is made, of the files that are there: after
a model card has changed.
"""

import argparse
import hashlib
import importlib.metadata
import json
import os
import pathlib
import shutil

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from tqdm import tqdm

from keras_sounddream import DeepDream, applications, audio, export_model, objectives
from keras_sounddream.export.reference_sounds import speech_like

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
MOST_BYTES = 20_000_000  # of all files together
PACKAGES = ("tensorflow", "keras", "ai-edge-litert", "tf2onnx")
NAME, LAYER = "log_mel_cnn_esc10", "block3_conv2"  # of the weights; dreamed on
SERVED = pathlib.Path("serving/log_mel_cnn/1")  # as TensorFlow Serving wants folders
OWN_BYTES = ("int8.tflite", "/fingerprint.pb", "/variables.index", "/variables.data-00000-of-00001")
EXPORTS = (  # task, variant, seconds
    ("classify", "float16", 5),
    ("classify", "int8", 5),
    ("dream", "float16", 2),
)
SERVES = ("classify", "embed", "dream")
VOICES, CLIPS_A_CLASS = 8, 4


def calibration_sounds(sample_rate, seconds, data=None):
    """Sounds that the ranges of an int8 file are read off: list of float32 `(1, samples)`."""
    if data is None:
        paths = sorted((ROOT / "examples").glob("*.flac"))
        samples = round(seconds * sample_rate)
        made = [speech_like(samples, sample_rate, seed) for seed in range(VOICES)]
        return [audio.load(path, sample_rate) for path in paths] + made
    from keras_sounddream.training.recipes import esc10

    heard = [clip for clip in esc10.read_clips(data) if clip.fold != 5]
    chosen = [
        [clip for clip in heard if clip.label == label][:CLIPS_A_CLASS]
        for label in sorted({clip.label for clip in heard})
    ]
    return [audio.load(clip.path, sample_rate) for clips in chosen for clip in clips]


def about(folder, task, variant, seconds):
    """Path of an export, and its row of the manifest without what the file itself says."""
    path = folder / f"{NAME}_{task}_{seconds}s_{variant}.tflite"
    said = {"model": NAME, "task": task, "format": "litert", "variant": variant}
    return path, {**said, "seconds": seconds}


def export(path, task, variant, seconds, data=None):
    """Exports one file."""
    model = applications.LogMelCNN()
    more = {}
    if variant == "int8":
        more["representative"] = calibration_sounds(model.sample_rate, seconds, data)
    if task == "dream":
        model = DeepDream(model, objectives.layer(LAYER))
    export_model(
        model, path, "litert", [task], seconds=seconds, quantization=variant, overwrite=True, **more
    )
    pathlib.Path(f"{path}.json").unlink()  # seconds a call: of one machine, on one day


def serve(folder):
    """Exports the model and its dream as a folder of TensorFlow Serving, without warming up."""
    model = applications.LogMelCNN()
    dream = DeepDream(model, objectives.layer(LAYER))
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    shortest = applications.log_mel_cnn.MIN_SECONDS
    export_model(
        dream, folder, "saved_model", SERVES, min_seconds=shortest, serving_name=model.name
    )
    shutil.rmtree(folder / "assets.extra")  # requests to warm up with, seconds of one machine


def row(path, folder):
    """What the manifest says of any file."""
    content = path.read_bytes()
    name = path.relative_to(folder).as_posix()
    said = {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    return {**said, "same_bytes": False} if name.endswith(OWN_BYTES) else said


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", help="folder of ESC-10, to read the ranges of int8 files off")
    parser.add_argument("--keep", action="store_true", help="make the manifest alone")
    parser.add_argument("--output", default=HERE.parent, type=pathlib.Path)
    options = parser.parse_args()
    folder = options.output / HERE.name
    folder.mkdir(parents=True, exist_ok=True)
    weights = sorted([*HERE.parent.glob("*.npz"), *HERE.parent.glob("*.md")])
    rows = [row(path, HERE.parent) for path in weights]
    for each in tqdm(EXPORTS):
        path, said = about(folder, *each)
        if not options.keep:
            export(path, *each, options.data)
        rows.append({**row(path, options.output), **said})
    if not options.keep:
        serve(options.output / SERVED)
    for path in sorted((options.output / SERVED).rglob("*")):
        if path.is_file():
            said = {"model": NAME, "task": "serve", "format": "saved_model"}
            rows.append({**row(path, options.output), **said})
    total = sum(each["bytes"] for each in rows)
    if total > MOST_BYTES:
        raise SystemExit(f"Expected at most {MOST_BYTES} bytes in all. Received: {total}")
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    manifest = {"versions": versions, "bytes": total, "files": rows}
    (options.output / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    main()
