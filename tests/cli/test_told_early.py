"""Bad names, suffixes, headers and options are refused before TensorFlow is imported."""

import json
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import soundfile
from PIL import Image

# Runs command lines, each in the folder of files, where an import of TensorFlow is an error.
SCRIPT = """
import contextlib, io, json, sys

class Late(Exception):
    pass

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("tensorflow", "keras"):
            raise Late(name)

sys.meta_path.insert(0, Blocker())
from keras_sounddream.cli.main import main

answers = []
for arguments in json.load(sys.stdin):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            code = main(arguments)
    except Late as late:
        code = f"imported {late}"
    answers.append((code, said.getvalue()))
print(json.dumps(answers))
"""
DREAM = "dream chirp.wav -o out.wav"
GALLERY = "gallery chirp.wav new"
EXPORT = "export log_mel_cnn -o new.onnx"
BATCH = "batch dream --input *.wav -o new"
UNITS = "units log_mel_cnn --data clips --layer block1_conv1"
ATLAS = "atlas log_mel_cnn --data clips --layer block1_conv1"
TUNE = "finetune mobilenet --data clips"
GENERATE = "generate --weights fsdd --condition seven --condition theo -o out.wav"
STYLE = "style chirp.wav chirp.wav"
STYLE_FILTER = "train filter --data clips -o new.npz --style chirp.wav"
ROWS = [
    # the input
    ("dream missing.wav -o out.wav", "there is no missing.wav"),
    ("dream clips -o out.wav", "Expected a folder to write several dreams into"),
    ("dream empty.wav -o out.wav", "empty.wav is empty (0 bytes)"),
    ("dream text.wav -o out.wav", "Cannot read text.wav as sound"),
    ("dream none.wav -o out.wav", "none.wav holds no samples"),
    ("dream silent.wav -o out.wav", "silent.wav is silent"),
    ("dream nan.wav -o out.wav", "not finite numbers"),
    ("dream loud.wav -o out.wav", "The peak of loud.wav is 9: divide by"),
    ("dream photo.png -o out.wav", "photo.png is a picture, and log_mel_cnn takes sounds"),
    ("dream chirp.wav -o o.png --model squeezenet --weights w.npz", "chirp.wav is a sound, and"),
    ("dream text.png -o o.png --model vgg16 --weights w.npz", "Cannot read text.png as a picture"),
    ("web -o new --model squeezenet", "A page dreams sounds, and squeezenet takes pictures"),
    ("web -o new --layer block9_conv1", "log_mel_cnn has no layer 'block9_conv1'"),
    ("web -o new --class dogs", "log_mel_cnn has no label 'dogs'"),
    ("web -o new --filter chicken", "one of ['block3_conv2', 'rain_style', 'rooster'], or a file"),
    ("web -o new --filter rooster --filter rooster", "Expected filters of different names"),
    ("web -o text.wav", "Expected a folder. Received: text.wav"),
    ("demo --model nothing_like_it", "There is no model 'nothing_like_it'"),
    ("demo --model squeezenet", "The demo dreams sounds, and squeezenet takes pictures"),
    ("demo --host 0.0.0.0", "add --to-others if they may"),
    ("demo --port 99999", "--port"),
    ("dream missing.mp4 -o out.mp4", "there is no file missing.mp4"),
    ("dream missing.mp4 -o out.wav", "Expected a video .mp4"),
    ("dream missing.mp4 -o out.mp4 --couple loud", "Expected SIGNAL:TARGET"),
    ("dream missing.mp4 -o out.mp4 --report o.html", "has no --report"),
    (f"{DREAM} --keep 0.5", "--keep: for videos alone"),
    ("gallery missing.wav new", "there is no missing.wav"),
    ("gallery silent.wav new", "silent.wav is silent"),
    ("gallery photo.png new", "photo.png is a picture, and log_mel_cnn takes sounds"),
    ("gallery long.wav new", "Expected at most 60 s for a gallery. long.wav lasts 61 s"),
    ("gallery chirp.wav text.wav", "Expected a folder. Received: text.wav"),
    ("classify missing.wav", "there is no missing.wav"),
    ("classify text.wav", "Cannot read text.wav as sound"),
    ("classify photo.png", "photo.png is a picture, and log_mel_cnn takes sounds"),
    ("classify clips", "clips is a folder"),
    ("features text.wav --layer conv1 -o o.npz", "Cannot read text.wav as sound"),
    ("features empty --layer conv1 -o o.npz", "in empty. Found none"),
    ("sonify missing.wav", "there is no missing.wav"),
    ("sonify text.wav -o new", "Cannot read text.wav as sound"),
    ("sonify photo.png -o new", "photo.png is a picture, and log_mel_cnn takes sounds"),
    ("sonify silent.wav -o new", "silent.wav is silent"),
    ("sonify empty -o new", "Expected sounds, pictures or activations in empty"),
    ("batch dream --input *.xyz -o new", "none is called *.xyz"),
    (f"{EXPORT} --seconds 1 --sound missing.wav", "there is no missing.wav"),
    (f"{EXPORT} --seconds 1 --sound photo.png", "is a picture"),
    (f"{GENERATE} --prime missing.wav", "there is no missing.wav"),
    (f"{DREAM} --guide missing.wav", "there is no missing.wav"),
    (f"{DREAM} --guide photo.png", "photo.png is a picture, and log_mel_cnn takes sounds"),
    (f"{DREAM} --guide silent.wav", "silent.wav is silent"),
    ("sample missing.keras -o o.png", "there is no such file"),
    ("sample text.wav -o o.png", "or a .keras or .npz file. Received: text.wav"),
    ("sample esc10_dream -o o.wav", "Expected esc10_dreams, or a .keras"),
    ("sample text.keras -o o.xyz", "Expected a picture (.png), an animation (.gif) or a sound"),
    ("sample text.keras -o o.png --steps 3", "--steps is of dreams: name a --layer"),
    ("sample text.keras -o o.png --model yamnet", "--model is of dreams: name a --layer"),
    ("sample text.keras -o o.png --size 99 --count 3", "leave --count out"),
    ("sample text.keras -o o.gif --columns 3", "--columns is of a grid of pictures"),
    ("sample text.keras -o o.png --count 1 --interpolate 3", "give --count 2 or more"),
    ("sample text.keras -o o.gif --size 99", "--size makes one large picture (.png)"),
    ("sample text.keras -o o.png --size 99 --interpolate 3", "leave --interpolate, --layer and"),
    ("sample text.keras -o o.wav --layer block9_conv1", "no layer 'block9_conv1'"),
    ("export missing.npz -o new.onnx", "Cannot read the generator missing.npz: there is no"),
    ("export missing.keras --task generate -o new.onnx", "there is no such file"),
    ("export text.keras --task generate -o new.onnx", "not as a zip archive"),
    ("export esc10_dreams --weights w.npz -o new.onnx", "has its weights: leave --weights out"),
    ("export esc10_dreams --task generate --count 4 -o new.onnx", "--count is for WaveNets"),
    ("export dream_filter --count 4 -o new.onnx", "--count is for WaveNets with --task generate"),
    ("train gan --data missing -o o.npz", "There is no folder missing"),
    ("train gan --data empty -o o.npz", "in empty. Found none"),
    ("train gan --data clips --leave-out * -o o.npz", "leaves no file of 10. Received: *"),
    ("train autoencoder --data clips --leave-out *.wav -o o.keras", "leaves no file of 10"),
    ("train gan --data clips -o o.h5", "Expected weights to write as .npz"),
    ("train autoencoder --data clips -o o.npz", "An autoencoder is written as .keras"),
    # the outputs
    ("dream chirp.wav -o chirp.wav", "chirp.wav exists"),
    ("dream chirp.wav -o out.xyz", "No sound format is called .xyz"),
    ("dream chirp.wav -o out.png", "No sound format is called .png"),
    ("dream photo.png -o o.wav --model vgg16 --weights w.npz", "Expected a picture .png"),
    ("dream chirp.wav -o no/out.wav", "does not exist"),
    (f"{DREAM} --json out.wav", "Expected different files"),
    (f"{DREAM} --plot p.txt", ".png"),
    (f"{DREAM} --report r.txt", ".html"),
    (f"{DREAM} --animation a.txt", ".gif"),
    ("features chirp.wav --layer a -o out.txt", "Expected features to write as .npz"),
    ("classify chirp.wav --json no/out.json", "does not exist"),
    ("export log_mel_cnn -o clips/chirp.onnx --seconds 1 --format litert", "of the format onnx"),
    ("batch dream --input *.wav -o new --suffix .xyz", "No sound format is called .xyz"),
    ("train esc10 --data clips -o w.h5", "Expected weights to write as .npz"),
    ("generate --weights fsdd --condition seven --condition theo -o o.xyz", "No sound format"),
    (f"{UNITS} -o u.txt", ".html"),
    (f"{ATLAS} -o text.wav", "Expected a folder. Received: text.wav"),
    (f"{TUNE} --weights w.npz -o new.npz", "Expected a .keras file for a network of pictures"),
    ("dream -o out.wav", "Expected IN, one or several, or --noise LENGTH"),
    ("dream chirp.wav --noise 2 -o out.wav", "Expected IN, one or several, or --noise LENGTH"),
    ("dream --noise 2 -o out.png", "No sound format is called .png"),
    ("dream --noise -1 -o out.wav", "'--noise'"),
    # models and their weights
    (f"{DREAM} --model log_mel_cn", "Did you mean log_mel_cnn"),
    (f"{DREAM} --model missing.keras", "there is no such file"),
    (f"{DREAM} --model text.keras", "not as a zip archive"),
    (f"{DREAM} --model hollow.keras", "it lacks config.json"),
    (f"{DREAM} --model catdognet", "Expected --weights FILE: no weights of catdognet"),
    (f"{DREAM} --model resnet5", "For pictures: resnet50"),
    (f"{TUNE} -o new.keras", "Expected --weights FILE, or --weights imagenet"),
    (f"{TUNE} --weights missing.h5 -o new.keras", "there is no such file"),
    ("atlas squeezenet --weights w.npz --data clips --layer a -o new", "An atlas plays sounds"),
    (f"{DREAM} --model vgg16", "Expected --weights FILE, or --weights imagenet"),
    (f"{DREAM} --model vgg16 --weights missing.h5", "there is no such file"),
    (f"{DREAM} --weights esc50", "`weights` must be None, one of ['esc10'], or a file"),
    (f"{DREAM} --model yamnet", "KERAS_SOUNDDREAM_OFFLINE forbids fetching. Fetch"),
    (f"{DREAM} --model vgg16 --weights imagenet", "forbids Keras to download the weights"),
    (f"{GALLERY} --model yamnett", "Did you mean yamnet"),
    ("classify chirp.wav --model text.keras", "not as a zip archive"),
    ("classify chirp.wav --model vgg16 --weights w.npz", "There is no model 'vgg16'"),
    ("classify chirp.wav --weights esc50", "one of ['esc10']"),
    ("features chirp.wav --model yamnett --layer a -o o.npz", "Did you mean yamnet"),
    ("sonify chirp.wav -o new --model yamnett", "Did you mean yamnet"),
    ("layers yamnett", "Did you mean yamnet"),
    ("layers missing.keras", "there is no such file"),
    ("export yamnett -o new", "Did you mean yamnet"),
    ("export missing.keras -o new", "there is no such file"),
    (f"{BATCH} --model yamnett", "Did you mean yamnet"),
    ("batch classify --input *.wav -o new --weights esc50", "one of ['esc10']"),
    ("units yamnett --data clips --layer a", "Did you mean yamnet"),
    ("probe yamnett --data clips --layer a", "Did you mean yamnet"),
    ("evaluate yamnett --data clips", "Did you mean yamnet"),
    ("finetune yamnett --data clips -o new.npz", "Did you mean yamnet"),
    ("train esc10 --data clips -o new.npz --model yamnett", "Did you mean yamnet"),
    ("convert yamnett w.npz -o o.npz", "Did you mean yamnet"),
    ("convert yamnet missing.h5 -o o.npz", "or a file. Received: 'missing.h5'"),
    ("generate --weights fsd --condition seven -o out.wav", "Expected a .keras file"),
    ("generate --weights text.keras -o out.wav", "not as a zip archive"),
    # classes and layers
    (f"{DREAM} --class Dgo", "log_mel_cnn has no label 'Dgo'. Did you mean dog"),
    (f"{DREAM} --class 10", "log_mel_cnn has classes 0 to 9. Received: '10'"),
    (f"{DREAM} --class Dgo --model urban_sound_cnn", "urban_sound_cnn has no label 'Dgo'"),
    (f"{DREAM} --class Dgo --weights labelled.npz", "has no label 'Dgo'. Did you mean doggo"),
    (f"{DREAM} --class Dgo --model yamnet --weights w.npz", "yamnet has no label 'Dgo'. Did you"),
    (
        f"{DREAM} --layer blokc3_conv2",
        "log_mel_cnn has no layer 'blokc3_conv2'. Did you mean block",
    ),
    (f"{DREAM} --layer conv12:3 --model urban_sound_cnn", "urban_sound_cnn has no layer 'conv12'"),
    (f"{GALLERY} --layer blokc3_conv2", "Did you mean block3_conv2"),
    (f"{EXPORT} --seconds 1 --layer blokc3_conv2", "Did you mean block3_conv2"),
    (f"{BATCH} --layer blokc3_conv2", "Did you mean block3_conv2"),
    ("features chirp.wav --layer blokc3_conv2 -o o.npz", "Did you mean block3_conv2"),
    ("units log_mel_cnn --data clips --layer blokc3_conv2", "Did you mean block3_conv2"),
    ("probe log_mel_cnn --data clips --layer blokc3_conv2", "Did you mean block3_conv2"),
    (f"{DREAM} --layer block3_conv2:x", "Expected LAYER or LAYER:CHANNEL"),
    (f"{DREAM} --layer block3_conv2:7 --guide chirp.wav", "A guide takes whole layers"),
    (f"{GALLERY} --layer block3_conv2:x", "Expected LAYER or LAYER:CHANNEL"),
    (f"{EXPORT} --seconds 1 --class Dgo", "log_mel_cnn has no label 'Dgo'"),
    (f"{EXPORT} --seconds 1 --layer conv:x", "Expected LAYER or LAYER:CHANNEL"),
    (f"{BATCH} --class Dgo", "log_mel_cnn has no label 'Dgo'"),
    (f"{BATCH} --layer conv:x", "Expected LAYER or LAYER:CHANNEL"),
    (f"{UNITS} --class Dgo", "Expected a class of dog, rain"),
    ("generate --weights fsdd --condition sevn --condition theo -o out.wav", "Did you mean seven"),
    ("generate --weights fsdd --condition sevn -o out.html", "Did you mean seven"),
    # settings
    (f"{DREAM} --preset gentl", "It must be one of gentle, vivid"),
    (f"{DREAM} --step-size 90", "at most 40"),
    (f"{DREAM} --steps many", "'--steps'"),
    (f"{DREAM} --normalization bound", "It must be one of bounded, deviation"),
    (f"{DREAM} --smoothing box", "It must be one of none, gaussian"),
    (f"{DREAM} --tile-pixels 64", "`tile_pixels` is a setting of pictures, and this network"),
    (f"{DREAM} --guidance matched", "--guidance matched needs a --guide"),
    (f"{DREAM} --guidance close --guide chirp.wav", "It must be one of guided"),
    ("dream photo.png -o o.png --model vgg16 --weights w.npz --roll-seconds 1", "`roll_pixels`"),
    ("dream photo.png -o o.png --model vgg16 --weights w.npz --plot p.png", "write a report"),
    (f"{GALLERY} --roll-pixels 64", "use `roll_seconds`"),
    (f"{GALLERY} --preset gentl", "It must be one of gentle, vivid"),
    (f"{GALLERY} --guidance matched", "needs a --guide"),
    (f"{EXPORT} --seconds 1 --tile-pixels 64", "`tile_pixels` is a setting of pictures"),
    (f"{EXPORT} --seconds 1 --task classif", "Did you mean 'classify'"),
    (f"{EXPORT} --seconds 1 --quantization int8", "The format onnx takes `seconds`"),
    (f"{EXPORT} --seconds -1", "seconds"),
    (f"{EXPORT} --format onx", "Did you mean 'onnx'"),
    ("export log_mel_cnn -o new --serving --force", "leave --force out"),
    (f"{BATCH} --preset gentl", "It must be one of gentle, vivid"),
    (f"{BATCH} --guidance matched", "needs a --guide"),
    (f"{BATCH} --tile-pixels 64", "`tile_pixels` is a setting of pictures"),
    ("sonify chirp.wav -o new --method ift", "ifft"),
    ("sonify chirp.wav -o new --combine some", "sum"),
    ("sonify chirp.wav -o new --mix some", "sum"),
    ("sonify chirp.wav -o new --sample-rate 1", "an int from 1000 to 192000"),
    ("sonify chirp.wav -o new --method mask --legacy", "--legacy is for ifft alone"),
    ("classify chirp.wav --top 0", "'--top'"),
    ("features chirp.wav --layer a -o o.npz --pooling some", "'--pooling'"),
    (f"{GENERATE} --seconds -1", "seconds"),
    (f"{GENERATE} --temperature -1", "temperature"),
    (f"{GENERATE} --top-k 0", "top_k"),
    ("generate --weights fsdd --weights music16k -o out.wav", "Several checkpoints make a page"),
    # style
    ("style chirp.wav -o out.wav", "Missing argument 'STYLE"),
    ("style chirp.wav missing.wav -o out.wav", "there is no missing.wav"),
    ("style silent.wav chirp.wav -o out.wav", "silent.wav is silent"),
    ("style chirp.wav silent.wav -o out.wav", "silent.wav is silent"),
    ("style chirp.wav photo.png -o out.wav", "photo.png is a picture, and log_mel_cnn"),
    (f"{STYLE} -o out.wav --share 0", "Expected a --share above 0"),
    (f"{STYLE} -o out.wav --model sound_textur", "There is no model 'sound_textur'"),
    (f"{STYLE} -o out.png", "No sound format is called .png"),
    (
        f"{STYLE} -o out.wav --model sound_texture --weights esc10",
        "sound_texture takes no --weights",
    ),
    (f"{STYLE} -o out.wav --style-layer a:gramm", "`statistic` must be one of gram"),
    (f"{STYLE} -o out.wav --style-layer a:gram:space", "`over` must be one of positions, time"),
    (f"{STYLE} -o out.wav --style-layer a:gram:time:1", "Expected NAME, NAME:STATISTIC or"),
    (f"{STYLE} -o out.wav --style-layer blok", "has no layer 'blok'"),
    (f"{STYLE} -o out.wav --content-layer blok", "has no layer 'blok'"),
    (f"{STYLE} -o out.wav --share 1 --share 2", "Expected 1 --share, one per style. Received: 2"),
    (f"{STYLE} -o out.wav --share -1", "'--share'"),
    (f"{STYLE} -o out.wav --mask 3:1", "Expected a mask START:END, such as 1.5:3. Received: 3:1"),
    (f"{STYLE} -o out.wav --mask left", "Expected a mask START:END"),
    (f"{STYLE} -o out.wav --preset vivid", "It must be one of new_deep_dreams"),
    (f"{STYLE} -o out.wav --keep-color", "`keep_color` is a setting of pictures"),
    (f"{STYLE} -o out.wav --begin-with middle", "It must be one of source, source_and_noise"),
    # data
    ("units log_mel_cnn --data ./missing --layer pooled", "there is no folder missing"),
    (f"{UNITS} --fold 9", "Expected folds of"),
    (f"{ATLAS.replace('clips', './missing')} -o new", "there is no folder missing"),
    (f"{TUNE} --weights w.npz -o new.keras", "Expected folders of pictures in clips"),
    ("finetune log_mel_cnn --data clips -o new.npz --zoom 0.1", "--zoom is of pictures"),
    ("probe log_mel_cnn --data ./missing --layer pooled", "there is no folder missing"),
    ("probe log_mel_cnn --data clips --layer pooled --kind svn", "svm"),
    ("probe log_mel_cnn --data clips --layer pooled --fold 9", "Expected"),
    ("finetune log_mel_cnn --data ./missing -o new.npz", "there is no folder missing"),
    ("finetune log_mel_cnn --data clips -o new.npz --fold 9", "Expected a fold of"),
    ("evaluate log_mel_cnn --data ./missing", "missing"),
    ("train esc10 --data ./missing -o new.npz", "missing"),
    ("train esc10 --data clips -o new.npz --fold 6", "folds 1 to 5"),
    ("train esc10 --data clips -o new.npz --steps 3", "has no --steps"),
    ("train urbansound8k --data ./missing -o new.npz", "missing"),
    ("train urbansound8k --data clips -o new.npz --epochs 3", "has no --epochs"),
    ("train wavenet --data ./missing --steps 3 -o new.npz", "missing"),
    ("train fsdd --data ./missing -o new.npz", "missing"),
    ("train fsdd --data . --weights fsd -o new.npz", "Did you mean 'fsdd'"),
    ("train music16k --data ./missing -o new.npz", "missing"),
    ("train filter --data ./missing -o new.npz", "there is no folder missing"),
    ("train filter --data clips -o new.h5", "Expected weights to write as .npz"),
    ("train filter --data clips --layer blokc3_conv2 -o new.npz", "Did you mean block3_conv2"),
    ("train filter --data clips --class Dgo -o new.npz", "Did you mean dog"),
    ("train filter --data clips --leave-out * -o new.npz", "leaves no file of 10"),
    ("train filter --data clips --keep -1 -o new.npz", "'--keep'"),
    ("train filter --data clips --strength 2 -o new.npz", "'--strength'"),
    ("train filter --data clips --seed 2147483648 -o new.npz", "'--seed'"),
    ("train filter --data clips --crop-seconds 0.01 -o new.npz", "`crop_seconds` must be at least"),
    ("train filter --data clips --folder chirp.wav -o new.npz", "chirp.wav (a file is there)"),
    ("train gan --data clips --size 65 -o new.npz", "`size` must be one of 64, 96"),
    ("train gan --data clips --flip -o new.npz", "--flip mirrors pictures"),
    ("train filter --data clips --style missing.wav -o new.npz", "there is no missing.wav"),
    ("train filter --data clips --style silent.wav -o new.npz", "silent.wav is silent"),
    (f"{STYLE_FILTER} --layer block3_conv2", "a --style or a dream of --layer or --class"),
    (f"{STYLE_FILTER} --class dog", "a --style or a dream of --layer or --class"),
    (f"{STYLE_FILTER} --style-layer a:gramm", "`statistic` must be one of gram"),
    (f"{STYLE_FILTER} --style-layer blok", "has no layer 'blok'"),
    ("train filter --data clips --style-layer a -o new.npz", "--style-layer needs a --style"),
    ("export dream_filter --weights blokc3_conv2 -o new.tflite", "Did you mean 'block3_conv2'"),
    (
        "train filter --model squeezenet --weights w.npz --data clips -o new.npz",
        "Expected pictures",
    ),
    ("train filter --data clips --crop-pixels 64 -o new.npz", "--crop-pixels does not go with sou"),
    ("export picture_filter --weights fire88 -o new.tflite", "Did you mean 'fire8'"),
    ("filter missing.png -o new.wav", "to filter, but there is none: missing.png"),
    ("filter chirp.wav -o new.png", "No sound format is called .png"),
    ("filter photo.png -o new.wav", "Expected a picture"),
    ("filter photo.png -o new.png --weights rooster", "rooster is a filter of sounds, and photo"),
    ("filter chirp.wav -o new.wav --weights fire8", "fire8 is a filter of pictures, and chirp"),
    ("filter chirp.wav -o new.wav --weights roster", "Did you mean 'rooster'"),
    ("filter silent.wav -o new.wav", "silent.wav is silent"),
    ("filter clips -o new.wav", "to filter, but clips is a folder. Name a file in it."),
    ("filter many.wav -o new.mp3", "fewer channels than 8: choose another format, such as .wav"),
    ("filter text.mp4 -o new.mp4", "Cannot read text.mp4 as a video"),
    ("live missing.tflite", "Cannot read missing.tflite"),
    ("live chirp.wav", "chirp.wav is no LiteRT model"),
    ("distill missing --teacher a=vgg16 --weights a=w.npz -o s.keras", "missing"),
    ("distill clips --teacher vgg16 -o s.keras", "Expected --teacher HEAD=VALUE"),
]


def made_files(folder):
    """The files that the rows name."""
    tone = 0.1 * np.sin(np.arange(24000) / 10)
    for name, samples in {
        "chirp.wav": tone,
        "silent.wav": np.zeros(24000),
        "none.wav": np.zeros(0),
        "long.wav": np.tile(tone[:8000], 61),
    }.items():
        soundfile.write(folder / name, samples, 8000 if name == "long.wav" else 24000)
    soundfile.write(folder / "nan.wav", np.full(24000, np.nan), 24000, "FLOAT")
    soundfile.write(folder / "loud.wav", np.full(24000, 9.0), 24000, "FLOAT")
    soundfile.write(folder / "many.wav", np.stack([tone] * 8, axis=1), 24000)
    (folder / "empty.wav").touch()
    for suffix in ("wav", "keras", "png", "mp4"):
        (folder / f"text.{suffix}").write_bytes(b"no")
    Image.new("RGB", (32, 32)).save(folder / "photo.png")
    with zipfile.ZipFile(folder / "hollow.keras", "w") as archive:
        archive.writestr("readme", "")
    np.savez(folder / "w.npz", a=np.zeros(3))
    np.savez(folder / "labelled.npz", labels=np.frombuffer(b"doggo\ncat", "uint8"))
    (folder / "empty").mkdir()
    for label in ("dog", "rain"):
        (folder / "clips" / label).mkdir(parents=True)
        for number in range(5):
            soundfile.write(folder / "clips" / label / f"{number}.wav", tone[:2400], 24000)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """`(code, standard error)` of each row."""
    folder = tmp_path_factory.mktemp("early")
    made_files(folder)
    before = sorted(path.name for path in folder.iterdir())
    lines = json.dumps([line.split() for line, _ in ROWS])
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        input=lines,
        cwd=folder,
        env={**os.environ, "KERAS_HOME": str(folder)},
        capture_output=True,
        text=True,
    )
    assert not run.returncode, run.stderr
    assert sorted(path.name for path in folder.iterdir()) == before
    return dict(zip((line for line, _ in ROWS), json.loads(run.stdout), strict=True))


@pytest.mark.parametrize(("line", "message"), ROWS, ids=[line for line, _ in ROWS])
def test_a_bad_command_line_is_refused_before_tensorflow(line, message, answers):
    code, said = answers[line]
    assert (code, said.count("sounddream: ")) == (2, 1), said
    assert message in said
