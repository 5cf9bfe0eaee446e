"""Data sets built by `tfds build` from real data: examples, bytes per clip, seconds.

    python benchmarks/datasets.py DATA_FOLDER --data-dir DIR

Writes docs/benchmarks/data/datasets_built.md. DATA_FOLDER holds `esc10/`, `music16k/`,
`media/audio/` and `fsdd/`. What is built, and its row of the table, stay in DIR: a run that was
interrupted goes on, and only what is removed from DIR is built and measured anew.
"""

import argparse
import json
import os
import pathlib
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import tensorflow_datasets as tfds

import tfds_builders  # noqa: F401, registers the builders
from keras_sounddream.processor import describe
from tfds_builders.music_genres.music_genres_dataset_builder import MusicConfig

ROOT = pathlib.Path(__file__).parents[1]
PAGE = ROOT / "docs" / "benchmarks" / "data" / "datasets_built.md"
# name, config or None, folder
BUILDS = (
    ("esc50/esc10", None, "esc10"),
    ("music_genres/table", None, "music16k"),
    ("music_genres", MusicConfig(name="by_tags", tagged=True, num_folds=3), "media/audio"),
    ("spoken_digit_folder/official", None, "fsdd"),
    ("spoken_digit_folder/speakers", None, "fsdd"),
    ("natural_dreams/esc10_all", None, "esc10"),  # of the esc50/esc10 above
)


def measure(builder, manual):
    """Builds a data set, unless it is there; gives its row of the table, which is kept beside it."""
    kept = pathlib.Path(builder.data_path, "measured.json")
    if kept.exists():
        return json.loads(kept.read_text())
    start = time.perf_counter()
    builder.download_and_prepare(download_config=tfds.download.DownloadConfig(manual_dir=manual))
    seconds = time.perf_counter() - start
    sizes = [2 * len(e["audio"]) for e in tfds.as_numpy(builder.as_dataset(split="all"))]
    stored, count = builder.info.dataset_size, len(sizes)
    parts = ", ".join(f"{key} {split.num_examples}" for key, split in builder.info.splits.items())
    report = builder.info.metadata or {}
    left_out = len(report.get("broken_files", [])) + len(report.get("left_out", []))
    print(builder.name, count, f"{seconds:.1f} s", flush=True)
    row = (
        f"| `{builder.name}/{builder.builder_config.name}` | {count} ({parts}) | {left_out} | {np.mean(sizes):.0f} |"
        f" {stored / count:.0f} | {stored / sum(sizes):.2f} | {seconds:.1f} | {1e3 * seconds / count:.0f} |"
    )
    kept.write_text(json.dumps(row))
    return row


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--data-dir", required=True, help="to keep it all in")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()
    rows = []
    for name, config, where in BUILDS:
        chosen = {"config": config} if config else {}
        builder = tfds.builder(name, data_dir=arguments.data_dir, **chosen)
        rows.append(measure(builder, arguments.data / where))
    lines = [
        "# Data sets as they are built",
        "",
        f"Written by `benchmarks/datasets.py` on {describe()}, TFDS"
        f" {tfds.__version__}. How to build them: [data sets](../../guides/datasets.md). Bytes are those of a clip: as 16-bit"
        " samples, and as stored with its labels, compressed. Seconds on a machine that did other work beside it.",
        "",
        "| data set | examples | left out | 16-bit bytes | stored bytes | stored ÷ 16-bit | s | ms an example |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
