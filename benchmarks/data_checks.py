"""Findings of `sounddream data check` in real data and in changed copies of sounds.

    python benchmarks/data_checks.py DATA_FOLDER [--clips 40]

Writes docs/benchmarks/data/data_checks_measured.md. DATA_FOLDER holds `esc10/`, `media/`,
`music16k/`, `fsdd/` and `urbansound8k/`.
"""

import argparse
import pathlib
import tempfile
import time

import numpy as np
import soundfile

from keras_sounddream.audio.io import load, resample
from keras_sounddream.datasets.inspection.checks import check

PAGE = (
    pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "data" / "data_checks_measured.md"
)
DATA = {  # folder: what it is
    "esc10": "ESC-10",
    "media": "a loop in 16 encodings (WAV of 8 to 32 bits, µ-law at 8 kHz, FLAC, AIFF, MP3, Ogg Vorbis, Opus), and the"
    " 26 recordings it is of",
    "music16k": "17 pieces of music",
    "fsdd": "3000 spoken digits of 6 speakers",
    "urbansound8k": "UrbanSound8K's table, without its sounds",
}
RATE = 44100  # Hz
NAMED = 2  # files of a finding; of more their number


def noisy(decibels):
    """Puts white noise so many dB under a sound."""

    def change(sound, rng):
        noise = rng.normal(0, 1, len(sound))
        return sound + noise * np.sqrt(np.mean(sound**2)) * 10 ** (-decibels / 20)

    return change


def faster(share):
    """Speeds a sound up, pitch and all."""
    return lambda sound, rng: resample(sound[None], round(RATE * (1 + share)), RATE)[0]


def loudest_second(sound, rng):
    """Keeps the second with most power, of those that begin at tenths."""
    starts = range(0, len(sound) - RATE + 1, RATE // 10)
    start = max(starts, key=lambda start: np.square(sound[start : start + RATE]).sum())
    return sound[start : start + RATE]


def later(sound, rng):
    return np.pad(sound, (round(1.7 * RATE), 0))


def as_it_is(sound, rng):
    return sound


# what is done; how; Hz of the file, its suffix and coding
CHANGES = (
    ("20 dB softer", lambda sound, rng: 0.1 * sound, RATE, ".wav", "PCM_16"),
    ("in 8 bits", as_it_is, RATE, ".wav", "PCM_U8"),
    ("µ-law at 8 kHz", as_it_is, 8000, ".wav", "ULAW"),
    ("48 kHz, 24 bits", as_it_is, 48000, ".flac", "PCM_24"),
    ("MP3", as_it_is, RATE, ".mp3", "MPEG_LAYER_III"),
    ("Ogg Vorbis", as_it_is, RATE, ".ogg", "VORBIS"),
    ("after 1.7 s of silence", later, RATE, ".wav", "PCM_16"),
    ("its loudest second", loudest_second, RATE, ".wav", "PCM_16"),
    ("white noise 30 dB below", noisy(30), RATE, ".wav", "PCM_16"),
    ("white noise 20 dB below", noisy(20), RATE, ".wav", "PCM_16"),
    ("white noise 10 dB below", noisy(10), RATE, ".wav", "PCM_16"),
    ("1 % faster", faster(0.01), RATE, ".wav", "PCM_16"),
    ("5 % faster", faster(0.05), RATE, ".wav", "PCM_16"),
    ("backwards", lambda sound, rng: sound[::-1], RATE, ".wav", "PCM_16"),
)


def describe(finding):
    """A finding in a few words."""
    names = ", ".join(f"`{pathlib.Path(name).name}`" for name in finding.files)
    if len(finding.files) > NAMED:
        names = f"{len(finding.files)} files"
    words = "" if finding.reason == f"{names}." else f": {finding.reason}"
    return f"`{finding.kind}`: {names}{words}"


def of_data(folder):
    """Rows of what is found in real data."""
    for name, what in DATA.items():
        start = time.perf_counter()
        report = check(folder / name, progress=False)
        seconds = time.perf_counter() - start
        found = "<br>".join(map(describe, report.findings)) or "nothing"
        print(name, report, f"{seconds:.1f} s", flush=True)
        yield f"| {what} | {report.sounds} | {found} | {seconds:.1f} |"


def choose_clips(folder, count):
    """As many clips of ESC-10, of all classes in turn, as waveforms at 44.1 kHz."""
    classes = sorted(path for path in folder.iterdir() if path.name[:3].isdigit())
    ordered = [sorted(each.glob("*.ogg")) for each in classes]
    paths = [each[i] for i in range(40) for each in ordered][:count]
    return [load(path, RATE)[0] for path in paths]


def of_changes(clips):
    """Rows of what is found of sounds beside changed copies of theirs."""
    for what, change, rate, suffix, coding in CHANGES:
        rng = np.random.default_rng(0)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            for number, clip in enumerate(clips):
                soundfile.write(folder / f"{number}-first.wav", clip, RATE)
                changed = np.clip(resample(change(clip, rng)[None], RATE, rate)[0], -1, 1)
                soundfile.write(folder / f"{number}-second{suffix}", changed, rate, coding)
            report = check(folder, ["same_sound", "shared_sound"], progress=False)
        found, wrong = {"same_sound": 0, "shared_sound": 0}, 0
        for finding in report.findings:
            numbers = {pathlib.Path(name).name.split("-")[0] for name in finding.files}
            found[finding.kind] += len(numbers) == 1
            wrong += len(numbers) > 1
        same, shared = found.values()
        print(what, found, wrong, flush=True)
        yield f"| {what} | {same} | {shared} | {len(clips) - same - shared} | {wrong} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--clips", type=int, default=40, help="of ESC-10, that are changed")
    parser.add_argument("-o", "--output", type=pathlib.Path, default=PAGE)
    arguments = parser.parse_args()
    clips = choose_clips(arguments.data / "esc10", arguments.clips)
    lines = [
        "# Data check findings",
        "",
        "Written by `benchmarks/data_checks.py`. What is looked for: [data checks](../../guides/data_checks.md).",
        "",
        "## In real data",
        "",
        "| data | sounds read | found | s |",
        "|---|---|---|---|",
        *of_data(arguments.data),
        "",
        "## In changed copies",
        "",
        f"{arguments.clips} clips of ESC-10, of all its classes, each beside a copy that was changed. *Other pairs*:"
        " findings that name two different clips, or more.",
        "",
        "| the copy | `same_sound` | `shared_sound` | not found | other pairs |",
        "|---|---|---|---|---|",
        *of_changes(clips),
    ]
    arguments.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
