"""Dreams with UrbanSoundCNN on the spoken example: the sound, the picture and the page.

    python benchmarks/urban_sound_dream.py

Writes docs/sounds/urban_sound_dream.flac, docs/images/urban_sound_dream.png and
docs/benchmarks/dreams/urban_sound_dream.md.
"""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_sounddream import DeepDream, applications, audio, objectives
from keras_sounddream.reports.dream import plot

ROOT = pathlib.Path(__file__).parents[1]
SOURCE = "examples/speech.flac"
SHOWN = "conv4"
CLASS = "rooster"

TEXT = """# A dream of UrbanSoundCNN

[deepdreaming-sounds-tensorflow](https://github.com/verrannt/deepdreaming-sounds-tensorflow) set out in
2017 to let a network of city sounds dream, trained it, and stopped there. Its front end had no way back
to sound: nine frames of ten dropped, what is weak set to 0, no phase. With a log-mel front end and the
gradient taken through a real waveform, [UrbanSoundCNN](../../models/urban_sound_cnn.md) dreams.

- [Listen: the input](../../../{source}), "sound dream" spoken by a synthesiser ({seconds:.1f} s)
- [Listen: the dream](../../sounds/urban_sound_dream.flac) of the last convolution, `{shown}`

![Spectrograms before and after, what changed, and the ascent](../../images/urban_sound_dream.png)

The network's response in `{shown}` is {gain:.1f} times as high to the dream as to the input, at the same
loudness, and {kept:.0%} of what the ascent believed it had gained is in the 16-bit file.

## Make it

```
sounddream dream {source} --model urban_sound_cnn --layer {shown} -o dream.wav --plot dream.png
```

```python
from keras_sounddream import DeepDream, applications, audio, objectives

model = applications.UrbanSoundCNN(weights="esc10")
dream = DeepDream(model, objectives.layer("{shown}"), octaves=2, steps=3)
result = dream.run(audio.load("{source}", model.sample_rate))
print(result.gain, result.retained)
```

## Layer by layer

Defaults throughout: 4 octaves of 10 steps. *Gain*: the objective in the 16-bit file over that in the
input; of a class its logit, before and after. *Retained*: the rise in the file over the rise that the ascent
computed.

| objective | gain | retained |
|---|---|---|
{rows}

What the network takes the sounds for:

| sound | |
|---|---|
{heard}

`benchmarks/urban_sound_dream.py` makes this page, its picture and its sound. `examples/speech.flac`,
and so the dream of it, are in the public domain (CC0 1.0). The network learnt from ESC-10 (CC BY 3.0), whose authors are credited in the
[model card](../../../saved_models/urban_sound_cnn_esc10.md).
"""


def heard_as(model, waveform):
    best = applications.urban_sound_cnn.decode_predictions(model.predict(waveform, verbose=0), 3)
    return ", ".join(f"{label} {score:.0%}" for _, label, score in best[0])


def main():
    model = applications.UrbanSoundCNN()
    waveform = audio.load(ROOT / SOURCE, model.sample_rate)
    asked = {f"`{name}`": objectives.layer(name) for name in ("conv1", "conv2", "conv3", "conv4")}
    asked[f"the class `{CLASS}`"] = objectives.logit(objectives.find_label(model, CLASS))
    results = {name: DeepDream(model, objective).run(waveform) for name, objective in asked.items()}
    rows = []
    for name, result in results.items():
        figures = result.figures()
        gain = f"{figures['objective_before']:.1f} → {figures['objective_real']:.1f}"
        gain = gain if "class" in name else f"{figures['gain']:.1f}"
        rows.append(f"| {name} | {gain} | {figures['retained']:.2f} |")
    shown = results[f"`{SHOWN}`"]
    (ROOT / "docs" / "sounds").mkdir(exist_ok=True)
    sound = ROOT / "docs" / "sounds" / "urban_sound_dream.flac"
    audio.save(sound, shown.waveform, model.sample_rate, overwrite=True)
    plot(shown, ROOT / "docs" / "images" / "urban_sound_dream.png", overwrite=True)
    heard = [("the input", waveform)]
    heard += [(f"the dream of {name}", result.waveform) for name, result in results.items()]
    page = TEXT.format(
        source=SOURCE,
        shown=SHOWN,
        seconds=waveform.shape[1] / model.sample_rate,
        gain=shown.gain[0],
        kept=shown.retained[0],
        rows="\n".join(rows),
        heard="\n".join(f"| {name} | {heard_as(model, sound)} |" for name, sound in heard),
    )
    (ROOT / "docs" / "benchmarks" / "dreams" / "urban_sound_dream.md").write_text(page)
    print(page)


if __name__ == "__main__":
    main()
