"""The style transfers of docs/guides/style.md, from CC0 clips of ESC-10.

    python docs/sounds/make_styles.py ESC-10

Writes docs/sounds/style_CONTENT_STYLE.flac, and prints the rows of the page's table. A sound that
is there is not made again.
"""

import csv
import pathlib
import sys

import numpy as np

from keras_sounddream import StyleTransfer, applications, audio
from keras_sounddream.deepdream.style_transfer.transfer import level_db

ROOT = pathlib.Path(__file__).parents[2]
SECONDS = 3.0
PAIRS = {  # content and style: clip of ESC-10's fold 5, all CC0
    ("speech", "rain"): "002 - Rain/5-181766-A.ogg",
    ("melody", "rooster"): "009 - Rooster/5-200334-A.ogg",
    ("speech", "fire"): "010 - Fire crackling/5-186924-A.ogg",
    ("rhythm", "chainsaw"): "008 - Chainsaw/5-222524-A.ogg",
    ("melody", "sea"): "003 - Sea waves/5-208810-A.ogg",
    ("rhythm", "helicopter"): "007 - Helicopter/5-177957-A.ogg",
}


def credits(folder):
    """Author and address of each clip, by its path; of CC0 clips alone."""
    with open(folder / "attribution.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["licence"] == "CC0"]
    return {f"{row['class_folder']}/{row['file']}": row for row in rows}


def named(judge, path):
    """The class that a network trained apart hears in a file, with its score."""
    waveform = audio.load(path, judge.sample_rate)
    heard = applications.urban_sound_cnn.preprocess_input(waveform, judge.sample_rate)
    scores = judge.predict(heard, verbose=0)[0]
    return f"{judge.labels[scores.argmax()].replace('_', ' ')}, {scores.max():.2f}"


def main(folder):
    recorded, model = credits(folder), applications.LogMelCNN()
    judge = applications.UrbanSoundCNN()
    rate = model.sample_rate
    for (content, style), clip in PAIRS.items():
        path = ROOT / "docs" / "sounds" / f"style_{content}_{style}.flac"
        row = recorded[clip]
        if not path.exists():
            source = audio.load(ROOT / "examples" / f"{content}.flac", rate)
            source = source[:, : round(SECONDS * rate)]
            example = audio.load(folder / clip, rate)
            transfer = StyleTransfer(model, [example], level_db=level_db(source))
            result = transfer.run(source)
            audio.save(path, np.asarray(result.waveform), rate)
            print(path.name, result.objective_before, result.objective_real, result.similarity)
        print(
            f"| [{content}](../../examples/{content}.flac) | {style} | "
            f"[{path.name}](../sounds/{path.name}) | {named(judge, path)} | "
            f"[{row['author']}]({row['source_url']}) |"
        )


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
