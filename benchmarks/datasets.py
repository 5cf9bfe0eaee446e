"""What `tfds build` makes of real data: examples, bytes a clip, seconds.

    python benchmarks/datasets.py DATA_FOLDER [--dreams 2]

Writes docs/datasets_built.md. DATA_FOLDER holds `esc10/`, `music16k/`, `media/audio/` and `fsdd/`.
"""

import argparse
import os
import pathlib
import platform
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401, registers the builders
from tfds_builders.music_genres.music_genres_dataset_builder import MusicConfig
from tfds_builders.natural_dreams.natural_dreams_dataset_builder import DreamConfig

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs" / "datasets_built.md"
# name, config or None, folder
BUILDS = (
    ("esc50/esc10", None, "esc10"),
    ("music_genres/table", None, "music16k"),
    ("music_genres", MusicConfig(name="by_tags", tagged=True, num_folds=3), "media/audio"),
    ("spoken_digit_folder/official", None, "fsdd"),
    ("spoken_digit_folder/speakers", None, "fsdd"),
)


def build(name, config, manual, folder):
    """Builds a data set; gives a row of the table."""
    builder = tfds.builder(name, data_dir=folder, **({"config": config} if config else {}))
    start = time.perf_counter()
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual))
    seconds = time.perf_counter() - start
    sizes = [2 * len(e["audio"]) for e in tfds.as_numpy(builder.as_dataset(split="all"))]
    stored, count = builder.info.dataset_size, len(sizes)
    parts = ", ".join(f"{key} {split.num_examples}" for key, split in builder.info.splits.items())
    report = builder.info.metadata or {}
    left_out = len(report.get("broken_files", [])) + len(report.get("left_out", []))
    print(name, count, f"{seconds:.1f} s", flush=True)
    return (
        f"| `{builder.name}/{builder.builder_config.name}` | {count} ({parts}) | {left_out} | {np.mean(sizes):.0f} |"
        f" {stored / count:.0f} | {stored / sum(sizes):.2f} | {seconds:.1f} | {1e3 * seconds / count:.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--dreams", type=int, default=2, help="sounds of ESC-10's fold 5 a class")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            build(name, config, arguments.data / where, folder) for name, config, where in BUILDS
        ]
        if arguments.dreams:
            rows.append(build("natural_dreams", dreams(arguments.dreams), None, folder))
    lines = [
        "# Data sets as they are built",
        "",
        f"Written by `benchmarks/datasets.py` with {os.cpu_count()} cores ({platform.machine()}), TFDS"
        f" {tfds.__version__}. How to build them: [data sets](datasets.md). Bytes are those of a clip: as 16-bit"
        " samples, and as stored with its labels, compressed. Seconds on a machine that did other work beside it.",
        "",
        "| data set | examples | left out | 16-bit bytes | stored bytes | stored ÷ 16-bit | s | ms an example |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def dreams(per_class):
    """Dreams of ESC-10's fold 5 with LogMelCNN, as many as are asked for."""
    return DreamConfig(
        name="esc10_few",
        source="esc50/esc10",
        of_pictures=False,
        split="fold5",
        model="log_mel_cnn",
        weights=None,
        preset=None,
        most_examples=10 * per_class,
    )


if __name__ == "__main__":
    main()
