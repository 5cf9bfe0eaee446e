"""Style transfers of sounds, and what two networks trained apart name in them."""

import dataclasses
import time

import numpy as np
from yamnet_esc10 import LABELS, MATCHES

from keras_sounddream import StyleTransfer
from keras_sounddream.applications import LogMelCNN, UrbanSoundCNN, YAMNet, urban_sound_cnn, yamnet
from keras_sounddream.audio import load
from keras_sounddream.audio.io import resample
from keras_sounddream.audio.layers import find_sample_rate
from keras_sounddream.deepdream import DeepDream
from keras_sounddream.deepdream.objectives import Objective
from keras_sounddream.deepdream.style_transfer import build
from keras_sounddream.deepdream.style_transfer.presets import OF_KIND
from keras_sounddream.deepdream.style_transfer.transfer import level_db
from keras_sounddream.training.recipes import esc10

SECONDS, LEVEL_DB = 2.0, -25.0
STYLES = ("rain", "rooster", "chainsaw", "crackling_fire")
CONTENTS = ("dog", "crying_baby", "clock_tick")
TEXTURES = ("rain", "crackling_fire")
MIXES_DB = (-6.0, 0.0, 6.0)  # level of the style above that of the content
MIX_RATE = 24000
CLASSES = tuple(name.replace(" ", "_") for name in MATCHES)


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the page: one way of transferring, at one content weight.

    Attributes:
        model: a key of `style_transfer.NETWORKS`, or `"LogMelCNN"`.
        content_weight: of `StyleTransfer`.
        note: what is other than the default, for the page.
        styles: the styles that it is tried with.
        layers: `style_layers` and `content_layers` that are given.
    """

    model: str
    content_weight: float = 0.1
    note: str = ""
    styles: tuple = STYLES
    layers: dict = dataclasses.field(default_factory=dict)

    @property
    def name(self):
        return f"{self.model}{self.note and f', {self.note}'}, {self.content_weight:g}"

    @property
    def pairs(self):
        return [(style, content) for style in self.styles for content in CONTENTS]


LATE = {"content_layers": ["block4_conv1"]}
ROWS = (
    Row("LogMelCNN"),
    Row("LogMelCNN", 2.0),
    Row("sound_texture", note="textures alone", styles=TEXTURES),
    Row("LogMelCNN", 0.5, "content of `block4_conv1`", layers=LATE),
    Row("random_convolution"),
    Row("LogMelCNN", 0.5),
    Row("LogMelCNN", 1.0),
    Row("LogMelCNN", 0.1, "content of `block4_conv1`", layers=LATE),
    Row("LogMelCNN", 2.0, "content of `block4_conv1`", layers=LATE),
)


class Sounds:
    """Clips of ESC-10's fold 5, at one level.

    Args:
        data: folder of ESC-10.
    """

    def __init__(self, data):
        self._paths = {}
        for clip in esc10.read_clips(data):
            if clip.fold == 5:
                self._paths.setdefault(CLASSES[clip.label], clip.path)

    def whole(self, name, rate):
        """A class's clip, `(samples,)`."""
        return at_level(load(self._paths[name], rate)[0])

    def loudest(self, name, rate):
        """The loudest `SECONDS` of a class's clip."""
        waveform, length = self.whole(name, rate), round(SECONDS * rate)
        energy = np.concatenate([[0.0], np.cumsum(np.square(waveform, dtype="float64"))])
        first = int(np.argmax(energy[length:] - energy[:-length]))
        return at_level(waveform[first : first + length])


def at_level(waveform):
    """A sound at `LEVEL_DB`."""
    return (waveform * 10 ** ((LEVEL_DB - level_db(waveform)) / 20)).astype("float32")


def judges(weights):
    """Functions of a batch and its rate to scores of `CLASSES`, by the name of a network."""
    urban, tagger = UrbanSoundCNN(weights="esc10"), YAMNet(weights=weights)
    matched = [[LABELS.index(name) for name in names] for names in MATCHES.values()]
    own = [list(urban.labels).index(name) for name in CLASSES]

    def by_urban(batch, rate):
        heard = resample(np.atleast_2d(batch), rate, urban.sample_rate)
        heard = urban_sound_cnn.preprocess_input(heard, urban.sample_rate)
        return urban.predict(heard, verbose=0)[:, own]

    def by_yamnet(batch, rate):
        heard = resample(np.atleast_2d(batch), rate, tagger.sample_rate)
        scores = tagger.predict(yamnet.preprocess_input(heard, tagger.sample_rate), verbose=0)
        return np.stack([scores[:, indices].max(axis=1) for indices in matched], axis=1)

    return {"UrbanSoundCNN": by_urban, "YAMNet": by_yamnet}


class Transfers:
    """Transfers of several styles by one network: a dream whose batch has a style per example.

    Each example's weights leave the terms of one style, which are those of `StyleTransfer`, so that
    a graph is built once for all.

    Args:
        row: `Row`, whose model, styles and layers are taken.
        sounds: `Sounds`.
    """

    def __init__(self, row, sounds):
        model = LogMelCNN() if row.model == "LogMelCNN" else build(row.model)
        self.rate, self._sounds = find_sample_rate(model), sounds
        terms, self._styles = [], []
        for style in row.styles:
            example = [sounds.whole(style, self.rate)]
            more = {"level_db": LEVEL_DB, "content_weight": 1.0, **row.layers}
            for term in StyleTransfer(model, example, **more).dream.objective.terms:
                if term["kind"] == "style" or style == row.styles[0]:
                    terms.append(term)
                    self._styles.append(style if term["kind"] == "style" else None)
        self._dream = DeepDream(model, Objective(terms), **OF_KIND["sound"])

    def weights(self, pairs, content_weight):
        """Factors of the terms for each pair: float32 `(pairs, terms)`."""
        rows = [
            [content_weight if own is None else float(own == style) for own in self._styles]
            for style, _ in pairs
        ]
        return np.array(rows, "float32")

    def run(self, row, judging):
        """Figures of each pair: a list of dictionaries."""
        contents = [self._sounds.loudest(content, self.rate) for _, content in row.pairs]
        start = time.perf_counter()
        weights = self.weights(row.pairs, row.content_weight)
        result = self._dream.run(np.stack(contents), weights=weights)
        seconds = (time.perf_counter() - start) / len(contents)
        alone = self.weights(row.pairs, 0.0)
        distances = [
            -np.asarray(self._dream.score(x, result.source, alone))
            for x in (result.source, result.dream)
        ]
        figures = {
            "before": distances[0],
            "after": distances[1],
            "lost": result.lost,
            "similarity": result.similarity,
            "seconds": np.full(len(contents), seconds),
        }
        return judged(row.name, row.pairs, result.dream, self.rate, judging, figures)


def mix(level, sounds, judging):
    """Figures of contents with styles laid over them, nothing transferred."""
    pairs = [(style, content) for style in STYLES for content in CONTENTS]
    mixed = [
        at_level(
            sounds.loudest(content, MIX_RATE) + 10 ** (level / 20) * sounds.loudest(style, MIX_RATE)
        )
        for style, content in pairs
    ]
    return judged(f"mixed, style at {level:+g} dB", pairs, np.stack(mixed), MIX_RATE, judging, {})


def alone(sounds, judging):
    """Figures of the styles' and contents' own clips, as mixes of nothing else."""
    pairs = [(name, name) for name in (*STYLES, *CONTENTS)]
    clips = np.stack([sounds.loudest(name, MIX_RATE) for name, _ in pairs])
    return judged("alone", pairs, clips, MIX_RATE, judging, {})


def judged(name, pairs, dreams, rate, judging, figures):
    """Rows of the pairs: figures, and each judge's scores of `CLASSES`."""
    scores = {judge: score(dreams, rate) for judge, score in judging.items()}
    return [
        {
            "row": name,
            "style": style,
            "content": content,
            **{key: float(values[i]) for key, values in figures.items()},
            "scores": {judge: values[i].tolist() for judge, values in scores.items()},
        }
        for i, (style, content) in enumerate(pairs)
    ]


def first(row, judge, count):
    """The classes that a judge scores highest."""
    order = np.argsort(-np.array(row["scores"][judge]))
    return [CLASSES[index] for index in order[:count]]


def shares(rows, judge):
    """Shares of pairs, in %, by what is named: a dictionary."""
    two = [set(first(row, judge, 2)) for row in rows]
    named = {
        "style": [first(row, judge, 1) == [row["style"]] for row in rows],
        "content": [first(row, judge, 1) == [row["content"]] for row in rows],
        "style_in_two": [row["style"] in names for row, names in zip(rows, two, strict=True)],
        "content_in_two": [row["content"] in names for row, names in zip(rows, two, strict=True)],
        "both": [
            {row["style"], row["content"]} == names for row, names in zip(rows, two, strict=True)
        ],
    }
    return {key: 100 * float(np.mean(values)) for key, values in named.items()}
