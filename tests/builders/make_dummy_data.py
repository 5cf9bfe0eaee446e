"""Makes the builders' dummy data: short tones in each data set's own layout.

Run it from the root: `python tests/builders/make_dummy_data.py`.
"""

import csv
import pathlib

import numpy as np
import soundfile
from PIL import Image

ROOT = pathlib.Path(__file__).parents[2] / "tfds_builders"


def write_tone(path, hertz, rate=8000, seconds=0.05, **format):
    """Writes a tone; each has its own pitch, so that no two examples are alike."""
    path.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(seconds * rate)) / rate
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hertz * time), rate, **format)


def write_table(path, rows):
    """Writes rows, of which the first names the columns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def esc50():
    """ESC-50's layout with a clip of two classes a fold, and ESC-10's with one of every class."""
    folder = ROOT / "esc50" / "dummy_data" / "esc50"
    rows = [("filename", "fold", "target", "category", "esc10", "src_file", "take")]
    licence = ["## Licensing/attribution details for individual clips:", "", "101 - Dog:"]
    for fold in range(1, 6):
        for target, name in ((0, "dog"), (2, "pig")):
            file = f"{fold}-{1000 * fold + target}-A-{target}.wav"
            rows.append((file, fold, target, name, name == "dog", 1000 * fold + target, "A"))
            write_tone(folder / "audio" / file, 200 * fold + 10 * target)
            licence.append(
                f"- [{fold}-{1000 * fold + target}-A.ogg]: clip derived from {name}.wav "
                f"(http://www.freesound.org/people/me/sounds/{1000 * fold}/) by me [CC0]"
            )
    write_table(folder / "meta" / "esc50.csv", rows)
    (folder / "LICENSE").write_text("\n".join(licence) + "\n")
    folder = ROOT / "esc50" / "dummy_data" / "esc10"
    for label in range(10):
        path = folder / f"{1 + label:03d} - Class" / f"{1 + label % 5}-{100 + label}-A.ogg"
        write_tone(path, 200 + 50 * label)


def urbansound8k():
    """Three folds: a recording in two of them, of which one slice lasts 4 s at 1 kHz."""
    folder = ROOT / "urbansound8k" / "dummy_data"
    columns = ("slice_file_name", "fsID", "start", "end", "salience", "fold", "classID", "class")
    rows = [columns]
    names = {0: "air_conditioner", 1: "car_horn", 2: "children_playing", 6: "gun_shot"}
    for fold, recording, label, seconds in (
        (1, 11, 0, 4.0), (1, 12, 1, 0.5), (1, 15, 6, 4.0), (2, 12, 1, 4.0), (2, 13, 2, 4.0),
        (3, 14, 0, 4.0), (3, 16, 0, 4.0), (3, 17, 0, 4.0), (3, 18, 1, 4.0), (3, 19, 2, 4.0),
    ):  # fmt: skip
        file = f"{recording}-{label}-0-{fold}.wav"
        rows.append((file, recording, 1.5, 1.5 + seconds, 1, fold, label, names[label]))
        path = folder / "audio" / f"fold{fold}" / file
        write_tone(path, 20 * recording, 1000, seconds, subtype="PCM_24", format="WAVEX")
    write_table(folder / "metadata" / "UrbanSound8K.csv", rows)
    (folder / "FREESOUNDCREDITS.txt").write_text("[soundid] by [username]\n11 by me and you\n")


def music_genres():
    """A track a fold, with a table."""
    folder = ROOT / "music_genres" / "dummy_data"
    rows = [("genre", "file", "title", "artist", "year", "licence")]
    for i in range(5):
        genre = ("jazz", "folk")[i % 2]
        write_tone(folder / genre / f"{i}.flac", 200 + 100 * i)
        rows.append((genre, f"{genre}/{i}.flac", f"Piece {i}", "me", 1990 + i if i else "", "CC0"))
    write_table(folder / "tracks.csv", rows)


def spoken_digit_folder():
    """A test take and a training take of two speakers."""
    folder = ROOT / "spoken_digit_folder" / "dummy_data"
    for i, name in enumerate(("1_george_0", "7_george_5", "7_jackson_4", "9_jackson_49")):
        write_tone(folder / "recordings" / f"{name}.wav", 300 + 100 * i)
    rows = [("speaker", "gender", "accent", "language"), ("george", "male", "none", "english")]
    write_table(folder / "speakers.csv", rows)


def write_picture(path, colour, size=(12, 10)):
    """Writes a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def natural_images():
    """A picture a class, of which one is a PNG."""
    names = ("airplane", "car", "cat", "dog", "flower", "fruit", "motorbike", "person")
    for i, name in enumerate(names):
        file = f"{name}_0000.{'png' if name == 'fruit' else 'jpg'}"
        write_picture(ROOT / "natural_images" / "dummy_data" / name / file, (30 * i, 200, 90))


def artificial_imagenet():
    """Ten pictures of the first class and one of each other; a temple's two ids, one by name."""
    folder = ROOT / "artificial_imagenet" / "dummy_data"
    with open(ROOT / "artificial_imagenet" / "classes.csv") as file:
        rows = list(csv.DictReader(file))
    for i, row in enumerate(rows):
        for wnid in row["wnids"].split():
            name = row["label"] if row["label"] == "windmill" else wnid
            for take in range(10 if i == 0 else 1):
                colour = (10 * i, 20 * take, 50 + len(wnid) + int(wnid[-1]))
                write_picture(folder / name / f"{wnid}_{take}.jpg", colour, (8, 8))


def dog_sounds_and_pictures():
    """Ten pictures and ten barks."""
    folder = ROOT / "dog_sounds_and_pictures" / "dummy_data"
    for i in range(10):
        write_picture(folder / "pictures" / f"dog{i}.jpg", (20 * i, 100, 50))
        write_tone(folder / "sounds" / f"bark{i}.wav", 200 + 50 * i)


def fsdkaggle2018_subset():
    """A clip of two classes a part, and one of a class that is not taken."""
    folder = ROOT / "fsdkaggle2018_subset" / "dummy_data"
    for part, table in (
        ("train", "train_post_competition.csv"),
        ("test", "test_post_competition_scoring_clips.csv"),
    ):
        third = "manually_verified" if part == "train" else "usage"
        rows = [("fname", "label", third, "freesound_id", "license")]
        for i, label in enumerate(("Bus", "Gong", "Flute")):
            name = f"{part}{i}.wav"
            value = i % 2 if part == "train" else "Public"
            rows.append((name, label, value, f"{len(part)}{i}", "Creative Commons 0"))
            sounds = folder / f"FSDKaggle2018.audio_{part}"
            write_tone(sounds / name, 200 + 100 * i + 10 * len(part))
        write_table(folder / "FSDKaggle2018.meta" / table, rows)


MAKERS = (
    *(esc50, urbansound8k, music_genres, spoken_digit_folder, natural_images),
    *(artificial_imagenet, dog_sounds_and_pictures, fsdkaggle2018_subset),
)

if __name__ == "__main__":
    for make in MAKERS:
        make()
