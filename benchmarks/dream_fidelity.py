"""Gain of dreams, what is left of the sound, and the share retained when the file is played back.

    python benchmarks/dream_fidelity.py --data ESC-10 --pieces FOLDER … [--listener YAMNET.tflite]
        [--clips 4] [--layer block3_conv2] [--work FOLDER]
    python benchmarks/dream_fidelity.py --data ESC-10 --runtime litert

Dreams on clips of ESC-10's fold 5, which the shipped network was not trained on, and on the
beginnings of pieces of music and speech, at several strengths; and on some of the clips by four
other methods at the same number of gradient steps. Each result is written to a 16-bit WAV file at
the input's loudness, read again and measured. Writes docs/benchmarks/dreams/dream_fidelity.md. An
interrupted run goes on from the rows in FOLDER. With --runtime, of dreams that an exported file
makes, beside ours: docs/benchmarks/export/dream_fidelity_litert.md, or …_onnx.md.
"""

import argparse
import json
import os
import pathlib
import tempfile
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import methods
import numpy as np
from listening import Listener
from sound_figures import crest_db, flatness, level_db
from tqdm import tqdm

from keras_sounddream import applications, audio
from keras_sounddream.audio.preservation import lost, similarity
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
LAYERS = ("block1_conv2", "block3_conv2", "block4_conv2")
BESIDE = 2  # clips of each class that the other methods dream on
SECONDS = 4.0  # of each sound
RATE = applications.log_mel_cnn.ANALYSIS.sample_rate


def first_clips(data, clips_a_class):
    """The first clips of each class in fold 5, in file-name order."""
    chosen = {}
    for clip in esc10.read_clips(data):
        if clip.fold == 5:
            chosen.setdefault(clip.label, []).append(clip)
    return [clip for clips in chosen.values() for clip in clips[:clips_a_class]]


def beginning(path):
    """The beginning of a sound file: float32 `(1, samples)`."""
    return np.clip(audio.load(path, RATE), -1, 1)[:, : round(SECONDS * RATE)]


def through_file(waveform):
    """What is left of a waveform in a 16-bit file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "dream.wav"
        audio.save(path, waveform, RATE)
        return audio.load(path, RATE)


def measure(method, waveform, listener, label):
    """Dreams one sound and returns its figures."""
    start = time.perf_counter()
    dream, believed_before, believed_after = method(waveform)
    seconds = time.perf_counter() - start
    heard = through_file(dream)
    before, real = method.read(waveform), method.read(heard)
    return {
        "gain": real / before,
        "kept": (real - before) / (believed_after - believed_before),
        "lost": float(lost(waveform, heard, RATE)[0]),
        "similarity": float(similarity(waveform, heard, RATE)[0]),
        "peak": float(np.abs(heard).max()),
        "loudness_change": level_db(heard) - level_db(waveform),
        "flatness_change": flatness(heard - waveform) - flatness(waveform),
        "crest_change": crest_db(heard) - crest_db(waveform),
        "seconds": seconds,
        **listener.named(waveform, heard, label),
    }


class Rows:
    """Figures by `(method, file, layer)`, kept in a file line by line."""

    def __init__(self, path):
        lines = path.read_text().splitlines() if path.exists() else []
        self.rows = {tuple(key): row for key, row in map(json.loads, lines)}
        self._path = path

    def fill(self, kinds, sounds, layer, listener):
        """Makes what is missing: `sounds` are pairs of a path and a class, or `None`."""
        model, missing = applications.LogMelCNN(), []
        for kind in kinds:
            keys = [(kind.name, path.name, layer) for path, _ in sounds]
            missing += [(kind, *each) for each in zip(keys, sounds, strict=True)]
        missing = [each for each in missing if each[1] not in self.rows]
        tried = {kind: kind(model, layer) for kind, *_ in missing}
        for kind, key, (path, label) in tqdm(missing):
            self.rows[key] = measure(tried[kind], beginning(path), listener, label)
            with open(self._path, "a") as file:
                file.write(json.dumps([key, self.rows[key]]) + "\n")

    def has(self, kind, sounds, layer):
        """Whether a method is measured on all of some sounds."""
        return all((kind.name, path.name, layer) in self.rows for path, _ in sounds)

    def column(self, kind, sounds, layer, figure):
        """A figure of a method for every sound."""
        return np.array([self.rows[kind.name, path.name, layer][figure] for path, _ in sounds])


def spread(values, form="{:.2f}"):
    """Median, and the tenth and ninetieth percentile in brackets."""
    low, middle, high = (form.format(np.quantile(values, q)) for q in (0.1, 0.5, 0.9))
    return f"{middle} ({low} … {high})"


def table(kinds, sounds, layer, rows):
    """The methods side by side, in Markdown."""
    lines = [
        "| method | gain, median (tenth … ninth) | lost, median | lost, worst tenth | similarity | "
        "retained, median | retained ≥ 0.95 | s per sound |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in kinds:
        if not rows.has(kind, sounds, layer):
            lines.append(f"| {kind.title} | not measured yet | | | | | | |")
            continue

        def column(figure, kind=kind):
            return rows.column(kind, sounds, layer, figure)

        lines.append(
            f"| {kind.title} | {spread(column('gain'))} | {np.median(column('lost')):.1%} | "
            f"{np.quantile(column('lost'), 0.9):.1%} | {np.median(column('similarity')):.2f} | "
            f"{np.median(column('kept')):.2f} | {np.mean(column('kept') >= 0.95):.0%} | "
            f"{np.median(column('seconds')):.1f} |"
        )
    return lines


def named(clips, layer, rows):
    """In how many dreams a network that was trained apart still names the clip's class."""
    lines = ["| method | clips named before | of these named in the dream |", "|---|---|---|"]
    for kind in (each for each in methods.OURS if rows.has(each, clips, layer)):
        before, after = (rows.column(kind, clips, layer, n) for n in ("named", "named_after"))
        lines.append(
            f"| {kind.title} | {before.sum()} of {len(clips)} | {after[before].mean():.0%} |"
        )
    return lines


def guards(sounds, layer, rows):
    """What must not happen to the sound, in Markdown."""
    peak, loudness, crest, flat = (
        rows.column(methods.Ours, sounds, layer, name)
        for name in ("peak", "loudness_change", "crest_change", "flatness_change")
    )
    return [
        f"- Highest peak: {peak.max():.3f}.",
        f"- Loudness against the input: {np.abs(loudness).max():.2f} dB at most, "
        f"{np.median(np.abs(loudness)):.3f} dB in the median.",
        f"- Spectral crest against the input (the screech guard): {np.median(crest):+.1f} dB in the "
        f"median, {crest.max():+.1f} dB at most.",
        f"- Spectral flatness of what is added against the input's: {np.median(flat):+.3f} in the "
        f"median; within 0.1 on {np.mean(np.abs(flat) <= 0.1):.0%}.",
    ]


def page(clips, pieces, beside, layer, rows, has_listener):
    """The page's lines."""
    everything = [*clips, *pieces]
    lines = [
        "# Gain of dreams, and what is left of the sound",
        "",
        f"Written by `benchmarks/dream_fidelity.py`: {len(clips)} clips of ESC-10's fold 5, which the "
        f"network was not trained on, and {len(pieces)} pieces of music and speech, the first "
        f"{SECONDS:g} s of each; layer {layer} of LogMelCNN, {methods.STEPS} steps. Every output is "
        "written as a 16-bit WAV file at the input's loudness, read again and measured.",
        "",
        "**Gain**: objective in that file ÷ objective of the input. **Lost**: of the input's "
        "time-frequency cells within 50 dB of its loudest, the share that fell by more than 20 dB. "
        "**Similarity**: correlation of the dB spectrograms. **Retained**: rise in the file ÷ rise "
        "that the ascent computed.",
        "",
        *table(methods.OURS, everything, layer, rows),
        "",
        "Clips alone, then pieces alone:",
        "",
        *table(methods.OURS, clips, layer, rows),
        "",
        *table(methods.OURS, pieces, layer, rows),
        "",
    ]
    if has_listener:
        lines += [
            "Does YAMNet's TFLite network, which was trained apart, name the clip's class among its "
            "first five of 521?",
            "",
            *named(clips, layer, rows),
            "",
        ]
    lines += [
        f"Beside what one would write instead, at as many steps, on {len(beside)} of the clips:",
        "",
        *table((*methods.OURS, *methods.OTHERS), beside, layer, rows),
        "",
        "The default was chosen by three clips of fold 4, two pieces and the README's example. Its "
        "guards:",
        "",
        *guards(everything, layer, rows),
        "",
    ]
    return lines


def compare(options):
    """Makes the rows that are missing, and the page."""
    clips = [(c.path, c.label) for c in first_clips(options.data, options.clips)]
    beside = [(c.path, c.label) for c in first_clips(options.data, BESIDE)]
    pieces = [(pathlib.Path(path), None) for path in options.pieces]
    listener, rows = Listener(options.listener), Rows(options.work / "dream_fidelity.jsonl")
    if options.page:
        return page(clips, pieces, beside, options.layer, rows, options.listener is not None)
    for kind in (methods.Ours, *methods.OURS):
        rows.fill([kind], [*clips, *pieces], options.layer, listener)
    rows.fill(methods.OTHERS, beside, options.layer, listener)
    return page(clips, pieces, beside, options.layer, rows, options.listener is not None)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--pieces", nargs="*", default=[], help="files of music and speech")
    parser.add_argument("--listener", help="YAMNet's TFLite file")
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--layer", default="block3_conv2")
    parser.add_argument("--page", action="store_true", help="of the rows in FOLDER alone")
    parser.add_argument("--runtime", default="python", choices=("python", "litert", "onnx"))
    parser.add_argument("--layers", nargs="+", default=LAYERS, help="with --runtime")
    options = parser.parse_args()
    name = "dreams/dream_fidelity.md"
    if options.runtime == "python":
        lines = compare(options)
    else:
        import dream_fidelity_files as files

        clips = first_clips(options.data, options.clips)
        layers, name = tuple(options.layers), f"export/dream_fidelity_{options.runtime}.md"
        gains = files.run(clips, layers, options.runtime, options.work, through_file)
        lines = [*files.page(gains, layers, options.runtime), ""]
    (ROOT / "docs" / "benchmarks" / name).write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
