"""Accuracy of linear probes on each layer on ESC-10, by its five official folds.

    python benchmarks/probe.py --data ESC-10 --yamnet yamnet.h5 [--tflite FILE] [--work FOLDER]
        [--log-mel-folds FOLDER]

Writes docs/benchmarks/training/probe.md. Costs, and in one table layers and poolings, are chosen by
the folds that are fitted to; a fold that is measured on chooses nothing. Features are kept in the
work folder.
"""

import argparse
import functools
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import sklearn

from keras_sounddream.applications import (
    LogMelCNN,
    SoundNet8,
    YAMNet,
    log_mel_cnn,
    soundnet,
    yamnet,
)
from keras_sounddream.datasets.clip_sets import read_clip_set
from keras_sounddream.training.transfer.feature_cache import stored_features
from keras_sounddream.training.transfer.linear_classifier import KINDS, PROTOCOLS
from keras_sounddream.training.transfer.linear_probe import cross_validate, probe

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "benchmarks" / "training" / "probe.md"
SEED = 0
LOG_MEL = ["front_end", *(f"block{i}_conv2" for i in range(1, 5)), "pooled"]
SOUNDNET = ["pool1", "pool2", "conv3_relu", "conv4_relu", "pool5", "conv6_relu", "conv7_relu"]
YAMNET = ["front_end", "layer1_relu", *(f"layer{i}_pointwise_relu" for i in range(2, 15))]
LATE = ["layer12_pointwise_relu", "layer13_pointwise_relu", "layer14_pointwise_relu", "embeddings"]
POOLINGS = ("mean", "max", "mean+std")
NAMES = {"logistic": "logistic regression", "svm": "linear SVM"}
KNOWN = (
    "| SoundNet-8, pool5, SVM, as its authors state it | | 92.2 |",
    "| human listeners, as the data set's author states it | | 95.7 |",
)


def percent(result):
    """A result's mean and spread, or its one fold."""
    if len(result.folds) == 1:
        return f"{100 * result.mean:.1f} (fold {result.folds[0]})"
    return f"**{100 * result.mean:.2f}** ± {100 * result.spread:.2f}"


def probed(features, clip_set, layers, folds=None):
    """A row a layer: both kinds of probe."""
    for layer in layers:
        one = {layer: features[layer]}
        results = [cross_validate(one, clip_set, kind, folds=folds) for kind in KINDS]
        yield layer, results
        print(layer, *(percent(result) for result in results), flush=True)


def log_mel_rows(clip_set, keep, folder):
    """LogMelCNN, on each fold with weights that were not trained on it."""
    folds = clip_set.folds if folder else (5,)
    whole = {layer: [[], []] for layer in LOG_MEL}
    for fold in folds:
        weights = str(pathlib.Path(folder) / f"fold{fold}.npz") if folder else "esc10"
        found = keep(LogMelCNN(weights=weights), LOG_MEL, family=log_mel_cnn)
        for layer, results in probed(found, clip_set, LOG_MEL, (fold,)):
            for kept, result in zip(whole[layer], results, strict=True):
                kept.append(result.mean)
    for layer, kinds in whole.items():
        if not folder:
            yield [layer, *(f"{100 * kept[0]:.1f} (fold 5)" for kept in kinds)]
            continue
        pairs = ((100 * np.mean(kept), 100 * np.std(kept, ddof=1)) for kept in kinds)
        yield [layer, *(f"**{mean:.2f}** ± {spread:.2f}" for mean, spread in pairs)]


def model_rows(model, layers, family, clip_set, keep):
    """A model whose weights know nothing of ESC-10."""
    found = keep(model, layers, family=family)
    for layer, results in probed(found, clip_set, layers):
        yield [layer, *(percent(result) for result in results)]


def chosen_rows(name, model, clip_set, keep):
    """YAMNet's late layers and the poolings, chosen by the other folds."""
    candidates = {}
    for pooling in POOLINGS:
        for layer, rows in keep(model, LATE, pooling=pooling, family=yamnet).items():
            candidates[f"`{layer}`, {pooling}"] = rows
    for kind in KINDS:
        result = cross_validate(candidates, clip_set, kind)
        each = " · ".join(f"{100 * x:.2f}" for x in result.accuracies)
        picked = "; ".join(f"{name}, {cost:g}" for name, cost in result.chosen)
        yield f"| {name} | {NAMES[kind]} | {each} | {percent(result)} | {picked} |"


def protocol_row(name, model, layer, family, data, cache):
    """SoundNet's own protocol."""
    settings = PROTOCOLS["soundnet"]
    result = probe(model, layer, data, **settings, family=family, cache=cache)
    return f"| {name} | `{layer}` | {percent(result)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder of ESC-10")
    parser.add_argument("--yamnet", required=True, help="yamnet.h5, or .npz")
    parser.add_argument("--tflite", help="the official TFLite classifier")
    parser.add_argument("--work", default="probe_work", help="where features are kept")
    parser.add_argument(
        "--log-mel-folds",
        help="weights fold1.npz … fold5.npz of LogMelCNN, as esc10_cross_validation.py leaves them",
    )
    parser.add_argument("--log-mel-remark", default="", help="what to say of these weights")
    arguments = parser.parse_args()
    clip_set = read_clip_set(arguments.data)
    paths = [clip.path for clip in clip_set.clips]
    keep = functools.partial(stored_features, paths=paths, folder=arguments.work)
    keras.utils.set_random_seed(SEED)
    random = SoundNet8(weights=None)
    networks = {"YAMNet": YAMNet(weights=arguments.yamnet)}
    if arguments.tflite:
        networks["YAMNet, TFLite's"] = YAMNet(weights=arguments.tflite)
    tables = {"LogMelCNN": list(log_mel_rows(clip_set, keep, arguments.log_mel_folds))}
    tables["SoundNet-8, random weights"] = list(
        model_rows(random, SOUNDNET, soundnet, clip_set, keep)
    )
    for name, model in networks.items():
        layers = [*YAMNET, "embeddings", "predictions"] if name == "YAMNet" else LATE
        tables[name] = list(model_rows(model, layers, yamnet, clip_set, keep))
    chosen = [
        row for name, model in networks.items() for row in chosen_rows(name, model, clip_set, keep)
    ]
    by_protocol = functools.partial(protocol_row, data=arguments.data, cache=arguments.work)
    protocol = [by_protocol("SoundNet-8, random weights", random, "pool5", soundnet)]
    protocol += [by_protocol(name, model, "embeddings", yamnet) for name, model in networks.items()]
    write(tables, chosen, protocol, arguments)


def write(tables, chosen, protocol, arguments):
    """Writes the page."""
    if arguments.log_mel_folds:
        of_log_mel = "LogMelCNN is measured on each fold with weights trained on the other four."
        of_log_mel += " " + arguments.log_mel_remark
    else:
        of_log_mel = (
            "**LogMelCNN is measured on fold 5 alone**: the weights that ship were trained on folds 1 to 4, of"
            " which they would know the answers. With `--log-mel-folds` and the weights that"
            " `benchmarks/esc10_cross_validation.py` leaves (ten minutes a fold) all five are measured."
        )
    rows = [
        f"| {name} | `{layer}` | " + " | ".join(numbers) + " |"
        for name, found in tables.items()
        for layer, *numbers in found
    ]
    lines = [
        "# Linear probes on ESC-10",
        "",
        f"Written by `benchmarks/probe.py` with Keras {keras.__version__}, scikit-learn {sklearn.__version__}. How"
        " to probe a layer of your own: [transfer](../../guides/transfer_learning.md).",
        "",
        "A linear classifier on the activations of a layer for a clip, averaged over time and frequency, each feature"
        " brought to mean 0 and variance 1 of the clips that are fitted to. Five official folds, mean ± standard"
        " deviation of the folds' accuracies, %. For each fold the cost (1e-4 … 1) is the one that does best on"
        " the other four, each left out in turn: what is measured on chooses nothing."
        " The scaling and the grid of costs were settled after three rows of YAMNet's layer 13 had"
        " been seen on test folds.",
        "",
        of_log_mel + " SoundNet-8's random weights are what the structure alone gives (seed"
        f" {SEED}); its trained ones have [a page of their own](../models/soundnet_esc10.md#linear-probes). YAMNet was trained on AudioSet (`{pathlib.Path(arguments.yamnet).name}`) and never"
        " on ESC-10 itself; whether recordings of ESC-10 are in AudioSet too is not known.",
        "",
        "| network | layer | logistic regression | linear SVM |",
        "|---|---|---|---|",
        *rows,
        *(f"{row} |" for row in KNOWN),
        "",
        "## Chosen by the other folds",
        "",
        "The layer (`" + "`, `".join(LATE) + "`), the pooling over time (" + ", ".join(POOLINGS) + ") and the cost"
        " are chosen together by the four folds that are fitted to.",
        "",
        "| network | probe | folds 1 to 5 | mean ± deviation | chosen, fold by fold |",
        "|---|---|---|---|---|",
        *chosen,
        "",
        "## SoundNet's protocol",
        "",
        "As SoundNet's authors measure on ESC-50 (`--protocol soundnet`): clips repeated to 10 s, windows of 1 s,"
        " flattened, a linear SVM of cost 0.01 on plain features, scores averaged over the windows; nothing is"
        " chosen. Our windows begin every half of their length.",
        "",
        "| network | layer | mean ± deviation |",
        "|---|---|---|",
        *protocol,
        "",
    ]  # fmt: skip
    PAGE.write_text("\n".join(lines))
    print("\n".join(lines))


if __name__ == "__main__":
    main()
