"""Time and memory of the sonification of SqueezeNet's banks.

    python benchmarks/sonification.py PHOTO --weights WEIGHTS [--sizes 256 1024 4096]

Writes docs/benchmarks/dreams/sonification_speed.md. Each row is a process of its own.
"""

import argparse
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).parents[1]
COMBINES = ("sum", "concat")


def measure(photo, weights, size, combine):
    """Makes a folder of sounds of the four banks: a dict of figures."""
    import soundfile

    from keras_sounddream.applications import SqueezeNet, squeezenet
    from keras_sounddream.workflows.sonify.workflow import sonify_file

    model = SqueezeNet(weights=weights)
    banks = {layer: bank for bank, layer in squeezenet.BANKS["1.0"].items()}
    with tempfile.TemporaryDirectory() as folder:
        start, began = time.perf_counter(), time.process_time()
        settings = {"image_size": size, "combines": (combine,), "progress": False}
        made = sonify_file(
            photo, f"{folder}/made", model, list(banks), save_activations=False, **settings
        )
        seconds, busy = time.perf_counter() - start, time.process_time() - began
        infos = [soundfile.info(f"{folder}/made/{sound.files[0]}") for sound in made]
    return {
        "samples": sum(info.frames for info in infos),
        "seconds": seconds,
        "busy": busy,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
    }


def in_a_process(arguments, size, combine):
    """The figures of `measure`, made by a process of its own."""
    command = [sys.executable, __file__, str(arguments.photo), "--weights", arguments.weights]
    command += ["--one", str(size), combine]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        sys.exit(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", type=pathlib.Path)
    parser.add_argument("--weights", required=True, help="of SqueezeNet 1.0")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024, 4096])
    parser.add_argument("--remark", help="a sentence about this run, for the page")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        size, combine = arguments.one
        print(json.dumps(measure(arguments.photo, arguments.weights, int(size), combine)))
        return
    from PIL import Image

    width, height = Image.open(arguments.photo).size
    rows = []
    for size in arguments.sizes:
        long_edge = int(size * max(width, height) / min(width, height))
        for combine in COMBINES:
            found = in_a_process(arguments, size, combine)
            speed, per_core = (found["samples"] / found[name] for name in ("seconds", "busy"))
            rows.append(
                f"| {size} x {long_edge} | {combine} | {found['samples']:,} | {found['seconds']:.1f} | "
                f"{speed:,.0f} | {found['busy']:.1f} | {per_core:,.0f} | {found['gigabytes']:.2f} |"
            )
            print(rows[-1], flush=True)
    lines = [
        "# Sonification speed",
        "",
        f"Written by `benchmarks/sonification.py`: {arguments.photo.name} through SqueezeNet 1.0 with `sonify_file`, all",
        f"four banks and their mix, on {len(os.sched_getaffinity(0))} cores, each row in a process of its own. The seconds hold everything from",
        "reading the photo to the finished folder: the network, the Fourier transforms, WAV files of 24 bits, pictures of",
        "every filter, plots and the page. The memory is the most that the process had, TensorFlow (0.6 GB) in it.",
        *([arguments.remark] if arguments.remark else []),
        "",
        "| pixels | combine | samples | s | samples/s | core seconds | samples/core second | peak memory, GB |",
        "|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        "Large photos go through the network in strips along the long edge, with margins as wide as the layers see, and",
        "the results are those of the whole. A layer of more than 134 MB waits in a temporary file: at 4096 pixels the four",
        "banks need 4 to 5 GB of disk, and concatenated sounds as much again. (Mixes of more than 33 million samples are",
        "left out.)",
        "",
    ]
    (ROOT / "docs" / "benchmarks" / "dreams" / "sonification_speed.md").write_text("\n".join(lines))


if __name__ == "__main__":
    main()
