"""Gain of dreams, and the share retained when the file is played back.

    python benchmarks/dream_fidelity.py --data ESC-10 [--clips 4] [--layers …] [--work FOLDER]
    python benchmarks/dream_fidelity.py --data ESC-10 --runtime litert

Dreams on clips of ESC-10's fold 5, which the shipped network was not trained on, at three layers,
by our way and by four others at the same number of gradient steps; writes each result to a 16-bit
WAV file at the input's loudness, reads it again and measures it. Writes
docs/benchmarks/dreams/dream_fidelity.md. An interrupted run goes on from the rows in FOLDER. With
--runtime, of dreams that an exported file makes, beside ours:
docs/benchmarks/export/dream_fidelity_litert.md, or …_onnx.md.
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
from sound_figures import crest_db, flatness, level_db
from tqdm import tqdm

from keras_sounddream import applications, audio
from keras_sounddream.training.recipes import esc10

ROOT = pathlib.Path(__file__).parents[1]
LAYERS = ("block1_conv2", "block3_conv2", "block4_conv2")
TUNED_ON = 2  # clips of each class that the default settings were chosen by
RATE = applications.log_mel_cnn.ANALYSIS.sample_rate


def first_clips(data, clips_a_class):
    """The first clips of each class in fold 5, in file-name order."""
    chosen = {}
    for clip in esc10.read_clips(data):
        if clip.fold == 5:
            chosen.setdefault(clip.label, []).append(clip)
    return [clip for clips in chosen.values() for clip in clips[:clips_a_class]]


def through_file(waveform):
    """What is left of a waveform in a 16-bit file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "dream.wav"
        audio.save(path, waveform, RATE)
        return audio.load(path, RATE)


def measure(method, model, clip, layer, scores_before, waveform):
    """Dreams one clip and returns one row of figures."""
    start = time.perf_counter()
    dream, believed_before, believed_after = method(waveform)
    seconds = time.perf_counter() - start
    heard = through_file(dream)
    before, real = method.read(waveform), method.read(heard)
    added = heard - waveform
    return {
        "method": method.name,
        "clip": clip.path.name,
        "layer": layer,
        "gain": real / before,
        "kept": (real - before) / (believed_after - believed_before),
        "peak": float(np.abs(heard).max()),
        "loudness_change": level_db(heard) - level_db(waveform),
        "flatness_input": flatness(waveform),
        "flatness_added": flatness(added),
        "added_db": level_db(added) - level_db(waveform),
        "crest_change": crest_db(heard) - crest_db(waveform),
        "score_before": float(scores_before[clip.label]),
        "score_after": float(model(heard)[0, clip.label]),
        "seconds": seconds,
    }


def run(data, clips_a_class, work):
    """Makes every row that is not in `work` yet; returns all."""
    rows_path = work / "dream_fidelity.jsonl"
    rows = (
        [json.loads(line) for line in rows_path.read_text().splitlines()]
        if rows_path.exists()
        else []
    )
    done = {(row["method"], row["clip"], row["layer"]) for row in rows}
    model, clips = applications.LogMelCNN(), first_clips(data, clips_a_class)
    with open(rows_path, "a") as file, tqdm(total=len(clips) * 3 * len(methods.METHODS)) as bar:
        for layer in LAYERS:
            tried = [method(model, layer) for method in methods.METHODS]
            for clip in clips:
                waveform = np.clip(audio.load(clip.path, RATE), -1, 1)
                scores = model(waveform)[0].numpy()
                for method in tried:
                    bar.update()
                    if (method.name, clip.path.name, layer) in done:
                        continue
                    row = measure(method, model, clip, layer, scores, waveform)
                    rows.append(row)
                    file.write(json.dumps(row) + "\n")
                    file.flush()
    names = {clip.path.name for clip in clips}
    return [row for row in rows if row["clip"] in names]


def column(rows, method, figure):
    """A figure of one method for every clip and layer, in one order."""
    chosen = sorted(
        (r for r in rows if r["method"] == method), key=lambda r: (r["layer"], r["clip"])
    )
    return np.array([row[figure] for row in chosen])


def table(rows):
    """The methods side by side, in Markdown."""
    head = "| method | retained, median | retained, worst tenth | retained ≥ 0.9 | gain, median (tenth … tenth) |"
    head += " flatness of what is added − input's | within 0.1 | added, dB | s per clip |"
    lines = [head, "|---|---|---|---|---|---|---|---|---|"]
    for method in methods.METHODS:
        kept, gain = column(rows, method.name, "kept"), column(rows, method.name, "gain")
        flat = column(rows, method.name, "flatness_added") - column(
            rows, method.name, "flatness_input"
        )
        low, high = np.quantile(gain, (0.1, 0.9))
        lines.append(
            f"| {method.title} | {np.median(kept):.2f} | {np.quantile(kept, 0.1):.2f} | "
            f"{np.mean(kept >= 0.9):.0%} | {np.median(gain):.2f} ({low:.2f} … {high:.2f}) | "
            f"{np.median(flat):+.3f} | {np.mean(np.abs(flat) <= 0.1):.0%} | "
            f"{np.median(column(rows, method.name, 'added_db')):+.1f} | "
            f"{np.median(column(rows, method.name, 'seconds')):.1f} |"
        )
    return lines


def by_layer(rows):
    """Our figures, a layer a line, in Markdown."""
    lines = [
        "| layer | gain, median | ÷ best of the other three, median | better on | retained, median | "
        "flatness within 0.1 |",
        "|---|---|---|---|---|---|",
    ]
    for layer in (*LAYERS, "all"):
        chosen = [row for row in rows if layer in (row["layer"], "all")]
        gain, ratio = column(chosen, "ours", "gain"), ratio_to_best(chosen)
        flat = column(chosen, "ours", "flatness_added") - column(chosen, "ours", "flatness_input")
        lines.append(
            f"| {layer} | {np.median(gain):.2f} | {np.median(ratio):.2f} | {np.mean(ratio > 1):.0%} | "
            f"{np.median(column(chosen, 'ours', 'kept')):.3f} | {np.mean(np.abs(flat) <= 0.1):.0%} |"
        )
    return lines


def ratio_to_best(rows):
    """Our gain over the best of the mel filter, the kept phase and the projection."""
    others = np.stack([column(rows, name, "gain") for name in ("mel", "phase", "projected")])
    return column(rows, "ours", "gain") / others.max(axis=0)


def untouched(rows, tuned_on):
    """Our figures on the clips that no setting was chosen by, in Markdown."""
    names = {clip.path.name for clip in tuned_on}
    others = [row for row in rows if row["clip"] not in names]
    flat = column(others, "ours", "flatness_added") - column(others, "ours", "flatness_input")
    ratio = ratio_to_best(others)
    return [
        f"The default step and grids were chosen by looking at the first {TUNED_ON} clips of each class.",
        f"On the others alone: median ratio {np.median(ratio):.2f}, better on {np.mean(ratio > 1):.0%}, "
        f"flatness within 0.1 on {np.mean(np.abs(flat) <= 0.1):.0%}.",
    ]


def guards(rows):
    """What must not happen to the sound, in Markdown."""
    loudness = np.abs(column(rows, "ours", "loudness_change"))
    crest = column(rows, "ours", "crest_change")
    before, after = column(rows, "ours", "score_before"), column(rows, "ours", "score_after")
    return [
        f"- Highest peak: {column(rows, 'ours', 'peak').max():.3f}.",
        f"- Loudness against the input: {loudness.max():.2f} dB at most, {np.median(loudness):.3f} dB "
        f"in the median; within 0.5 dB on {np.mean(loudness <= 0.5):.1%}.",
        f"- Spectral crest against the input (the screech guard): {np.median(crest):+.1f} dB in the "
        f"median, {crest.max():+.1f} dB at most.",
        f"- Score of the clip's true class: {np.median(before):.2f} before, {np.median(after):.2f} "
        "after (medians; the dream asked for the layer, not for the class).",
    ]


def page(rows, tuned_on):
    """The page's lines."""
    count = len(rows) // len(methods.METHODS)
    return [
        "# Gain and share retained of dreams",
        "",
        "Written by `benchmarks/dream_fidelity.py`. "
        f"{count} dreams ({count // 3} clips of ESC-10's fold 5, which the network was not trained on; layers "
        f"{', '.join(LAYERS)}), {methods.STEPS} gradient steps each, objective: mean squared activation.",
        "Every output is levelled to the input's root mean square, written as 16-bit WAV and read again. The",
        "machine was doing other work beside it: the seconds are for comparison with each other only.",
        "",
        "**Retained**: rise in that file ÷ rise that the ascent computed. **Gain**: objective in",
        "that file ÷ objective of the input.",
        "",
        *table(rows),
        "",
        "Every method bounds its steps in the same way and by the same decibels, except the waveform's",
        "gradient, whose steps are a fiftieth of the input's level. Ours, layer by layer, against the",
        "best of mel filter, kept phase and projection on the same clip:",
        "",
        *by_layer(rows),
        "",
        *untouched(rows, tuned_on),
        "",
        *guards(rows),
        "",
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--clips", type=int, default=4)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("."))
    parser.add_argument("--runtime", default="python", choices=("python", "litert", "onnx"))
    parser.add_argument("--layers", nargs="+", default=LAYERS, help="with --runtime")
    options = parser.parse_args()
    clips, name = first_clips(options.data, options.clips), "dreams/dream_fidelity.md"
    if options.runtime == "python":
        rows = run(options.data, options.clips, options.work)
        lines = page(rows, first_clips(options.data, TUNED_ON))
    else:
        import dream_fidelity_files as files

        layers, name = tuple(options.layers), f"export/dream_fidelity_{options.runtime}.md"
        gains = files.run(clips, layers, options.runtime, options.work, through_file)
        lines = [*files.page(gains, layers, options.runtime), ""]
    (ROOT / "docs" / "benchmarks" / name).write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
