"""The gallery: one dream per line of `DREAMS`, with its spectrograms, and the page.

    python docs/sounds/make_gallery.py

Writes docs/sounds/gallery/NAME.flac and docs/images/gallery/NAME.png where they are not there yet
(delete what shall be made again), and docs/gallery.md.
"""

import json

import numpy as np
from make_dreams import ROOT, draw
from PIL import Image

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.filters import DreamFilter

DOCS = ROOT / "docs"
PAGE = DOCS / "gallery.md"
FIGURES = DOCS / "sounds" / "gallery" / "figures.json"
HEAD = """# Gallery

Dreams of the three [example sounds](../examples/make_examples.py), before and after, at the same
loudness. Each is one line with the settings that stand over it. Gain: the objective in the file ÷
that of the input. Lost: the share of the sound that fell by more than 20 dB. All of it is made by
`docs/sounds/make_gallery.py`; [your own sound](getting_started/first_dream.md) takes one command.
"""
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
GENRES = ("chiptune", "classical", "electronic", "folk", "jazz", "lofi")
DREAMS = {  # section: [(name, example, network, layer, or class as "=rooster", settings)]
    "By layer": [
        ("layer_block1", "speech", "LogMelCNN", "block1_conv2", {}),
        ("layer_block2", "speech", "LogMelCNN", "block2_conv2", {}),
        ("layer_block3", "speech", "LogMelCNN", "block3_conv2", {}),
        ("layer_block4", "speech", "LogMelCNN", "block4_conv2", {}),
    ],
    "By strength and preset": [
        ("preset_gentle", "melody", "LogMelCNN", "block4_conv2", {"preset": "gentle"}),
        ("strength_075", "melody", "LogMelCNN", "block4_conv2", {"strength": 0.75}),
        ("preset_vivid", "melody", "LogMelCNN", "block4_conv2", {"preset": "vivid"}),
        ("preset_natural_dreams", "melody", "LogMelCNN", "block4_conv2",
         {"preset": "natural_dreams"}),
    ],
    "By class": [
        ("class_rooster", "melody", "LogMelCNN", "=rooster", {}),
        ("class_rain", "melody", "LogMelCNN", "=rain", {}),
        ("class_crackling_fire", "speech", "LogMelCNN", "=crackling_fire", {}),
        ("class_sea_waves", "rhythm", "LogMelCNN", "=sea_waves", {}),
    ],
    "By network": [
        ("network_log_mel_cnn", "rhythm", "LogMelCNN", "block3_conv2", {}),
        ("network_urban_sound_cnn", "rhythm", "UrbanSoundCNN", None, {}),
    ],
}  # fmt: skip
STYLES = (  # examples, and the styles that `make_styles.py` gave them
    *(("speech", "rain"), ("melody", "rooster"), ("speech", "fire")),
    *(("rhythm", "chainsaw"), ("melody", "sea"), ("rhythm", "helicopter")),
)
FILTERS = (("speech", "block3_conv2"), ("melody", "rooster"), ("rhythm", "rain_style"))


def target(model, what):
    """The objective of a line, and its name in words."""
    if what and what[0] == "=":
        label = what[1:]
        return objectives.logit(objectives.find_label(model, label)), f"class `{label}`"
    what = what or [layer.name for layer in model.layers if "conv" in layer.name][-1]
    return objectives.layer(what), f"`{what}`"


def make(name, example, network, what, settings):
    """Dreams one line; returns its figures for the page."""
    model = getattr(applications, network)()
    objective, words = target(model, what)
    dream = DeepDream(model, objective, **settings)
    source = audio.load(ROOT / "examples" / f"{example}.flac", dream.sample_rate)
    result = dream.run(source)
    audio.save(paths(name)[0], result.waveform, dream.sample_rate, overwrite=True)
    title = f"{network}, {words.replace('`', '')}"
    picture(name, source, result.waveform, dream.sample_rate, title)
    lost = float(result.lost[0])
    return {"of": words, "gain": result.figures()["gain"], "lost": lost}


def filtered(example, key):
    """Filters an example; returns its figures for the page."""
    name, model = f"filter_{key}", DreamFilter(key)
    source = audio.load(ROOT / "examples" / f"{example}.flac", model.sample_rate)
    made = np.asarray(model(source))
    audio.save(paths(name)[0], made, model.sample_rate, overwrite=True)
    picture(name, source, made, model.sample_rate, f"filter {key}")
    return {"lost": float(audio.lost(source, made, model.sample_rate)[0])}


def picture(name, source, made, rate, title):
    """Draws the spectrograms of a sound and of what was made of it."""
    path = paths(name)[1]
    draw(path, source[:, : made.shape[1]], made, rate, title, dpi=64)
    Image.open(path).convert("RGB").quantize(96).save(path, optimize=True)


def style_pictures():
    """Draws the style transfers that are not drawn yet."""
    for example, style in STYLES:
        name = f"style_{example}_{style}"
        if not paths(name)[1].exists():
            rate = applications.log_mel_cnn.ANALYSIS.sample_rate
            sounds = DOCS / "sounds" / f"{name}.flac", ROOT / "examples" / f"{example}.flac"
            made, source = (audio.load(path, rate) for path in sounds)
            picture(name, source, made, rate, f"LogMelCNN, style of {style}")


def paths(name):
    """The files of a line: sound and picture."""
    return DOCS / f"sounds/gallery/{name}.flac", DOCS / f"images/gallery/{name}.png"


def card(name, example, network, settings, figures):
    """Markdown of one dream."""
    title = ", ".join([f"{network}, {figures['of']}", *(f"{k} {v}" for k, v in settings.items())])
    gain = "" if figures["gain"] is None else f"gain {figures['gain']:.1f}, "
    rise = "" if "class" in figures["of"] else gain  # a logit's ratio says nothing
    return (
        f"### {title}\n\n"
        f"![Spectrograms of {example} before and after the dream](images/gallery/{name}.png)\n\n"
        f"[before](../examples/{example}.flac) [after](sounds/gallery/{name}.flac)\n\n"
        f"{rise}lost {figures['lost']:.1%}\n"
    )


def styled():
    """Markdown of the style transfers."""
    cards = "\n".join(
        f"### Style of {style}\n\n"
        f"![Spectrograms of {example} and of its transfer]"
        f"(images/gallery/style_{example}_{style}.png)\n\n"
        f"[before](../examples/{example}.flac) [after](sounds/style_{example}_{style}.flac)\n"
        for example, style in STYLES
    )
    words = "The texture of a recording, laid on an example: [how](guides/style.md)."
    return f"\n## By style\n\n{words}\n\n{cards}"


def by_filters(figures):
    """Markdown of what filters make."""
    cards = "\n".join(
        f"### Filter `{key}`\n\n"
        f"![Spectrograms of {example} before and after the filter]"
        f"(images/gallery/filter_{key}.png)\n\n"
        f"[before](../examples/{example}.flac) [after](sounds/gallery/filter_{key}.flac)\n\n"
        f"lost {figures[f'filter_{key}']['lost']:.1%}\n"
        for example, key in FILTERS
    )
    words = "One pass of a small network, as it would be [live](guides/filters.md)."
    return f"\n## At once, by filters\n\n{words}\n\n{cards}"


def generated():
    """Markdown of the tables of generated sounds."""
    voices = "\n".join(f"| {n} | [digits](sounds/wavenet_fsdd_{n}.flac) |" for n in SPEAKERS)
    music = "\n".join(
        f"| {n} | [out of silence](sounds/wavenet_music16k_{n}.flac) "
        f"| [going on](sounds/wavenet_music16k_{n}_on.flac) |"
        for n in GENRES
    )
    return (
        "\n## Generated by WaveNet\n\n`WaveNet(weights=\"fsdd\")` says digits "
        "([measured](benchmarks/models/wavenet_fsdd.md)), `WaveNet(weights=\"music16k\")` plays "
        "([measured](benchmarks/models/wavenet_music16k.md)).\n\n"
        f"| speaker | sound |\n|---|---|\n{voices}\n\n"
        f"| genre | out of silence | going on from a track |\n|---|---|---|\n{music}\n"
    )  # fmt: skip


def page(figures):
    """Markdown of the whole gallery."""
    sections = [
        f"\n## {title}\n\n" + "\n".join(
            card(name, example, network, settings, figures[name])
            for name, example, network, _, settings in lines
        )
        for title, lines in DREAMS.items()
    ]  # fmt: skip
    return HEAD + "".join(sections) + styled() + by_filters(figures) + generated()


def main():
    figures = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    for folder in {path.parent for path in paths("any")}:
        folder.mkdir(exist_ok=True)
    for line in (line for lines in DREAMS.values() for line in lines):
        if line[0] not in figures or not all(path.exists() for path in paths(line[0])):
            figures[line[0]] = make(*line)
            FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
            print(line[0], figures[line[0]], flush=True)
    for example, key in FILTERS:
        name = f"filter_{key}"
        if name not in figures or not all(path.exists() for path in paths(name)):
            figures[name] = filtered(example, key)
            FIGURES.write_text(json.dumps(figures, indent=1) + "\n")
    style_pictures()
    PAGE.write_text(page(figures), encoding="utf-8")


if __name__ == "__main__":
    main()
