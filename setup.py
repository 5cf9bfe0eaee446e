"""Installs keras_sounddream; with SOUNDDREAM_DISTRIBUTION=lite, what runs exported files alone.

`keras-sounddream-lite` is `keras_sounddream.lite` and the few modules without Keras that it needs.
One package cannot have two lists of what it requires, and the whole one requires TensorFlow.
"""

import os
import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "keras_sounddream/__init__.py").read_text())[1]

REQUIRES = [
    "tensorflow>=2.16",
    "keras>=3.12.1,!=3.13.0,!=3.13.1",  # older ones run code that is in models' files
    "tensorflow-datasets",
    "tf2onnx",
    "numpy",
    "soundfile>=0.13",  # libsndfile inside: WAV of every kind, FLAC, Ogg, Opus, MP3, AIFF
    "scikit-learn",  # linear probes: logistic regression and support vector machines
    "soxr",  # band-limited resampling
    "tensorboard",  # logs of training; newer TensorFlows do not bring it
    "matplotlib",  # pictures of dreams
    "pillow>=10.1",  # picture files, and GIFs
    "mutagen",  # genre and year of music files: ID3, Vorbis comments, MP4
    "h5py",  # reading the width of a network off its weights
    "click",  # the command line
    "tqdm",  # progress bars
    "requests",  # fetching weights: redirects, time limits, ranges
]
EXTRAS = {
    # tensorflow-io's last release fits TensorFlow 2.16 alone; the other pins keep that set whole.
    "io": [
        "tensorflow==2.16.2",
        "tensorflow-io==0.37.1",
        "tensorflow-metadata<1.17",
        "onnx<1.18",
        "setuptools<81",
    ],
    "lite": ["ai-edge-litert"],
    "export": ["ai-edge-litert", "tf2onnx", "onnxruntime"],  # what reads exported files back
    "serve": ["tensorflow-serving-api"],  # to ask a server over gRPC
    "beam": ["apache-beam"],  # jobs over many files
    "tfds": ["apache-beam", "mlcroissant"],  # what TFDS's own command imports, and does not say
    "demo": ["starlette", "uvicorn"],  # the server of `sounddream demo`
    "dask": ["apache-beam[dask]"],  # and on a cluster of Dask's
    # animations as MP4; frames and sound of videos; optical flow between frames, without windows
    "video": ["imageio-ffmpeg", "av>=13", "opencv-python-headless>=4.5"],
}
EXTRAS["docs"] = (HERE / "docs/site/requirements.txt").read_text().split()  # `make docs`
EXTRAS["notebooks"] = ["nbclient", "ipykernel"]  # what the tests run notebooks with
EXTRAS["dev"] = [
    *("pytest>=8", "pytest-xdist", "ruff", "mypy", "librosa", "scipy", *EXTRAS["video"]),
    *("dill", "importlib_resources"),  # of TensorFlow Datasets' own tests, which do not say so
    *EXTRAS["export"],
    *EXTRAS["notebooks"],
    *EXTRAS["demo"],
]

LITE_COMMAND = "sounddream-lite = keras_sounddream.lite.cli:main"
WHOLE = {
    "name": "keras-sounddream",
    "long_description": (HERE / "README.md").read_text(encoding="utf-8"),
    "description": "A Keras model zoo for sound, and the instrument to dream with it",
    "packages": [
        *find_packages(include=["keras_sounddream*", "tfds_builders*"]),
        "keras_sounddream.saved_models",
        "keras_sounddream.examples",
    ],
    "package_dir": {
        "keras_sounddream.saved_models": "saved_models",
        "keras_sounddream.examples": "examples",
    },
    "package_data": {
        "keras_sounddream": ["py.typed"],
        "keras_sounddream.applications": ["labels/*.txt", "layer_names.json"],
        "keras_sounddream.saved_models": ["*.npz", "*.md"],
        "keras_sounddream.examples": ["*.flac"],
        "keras_sounddream.datasets": ["genres.csv"],
        "keras_sounddream.web": ["page/*", "page/js/*.mjs", "page/js/*/*.mjs"],
        "tfds_builders": ["*/*.md", "*/*.bib", "*/*.txt", "*/*.tsv", "*/*.csv"],
    },
    "install_requires": REQUIRES,
    "extras_require": EXTRAS,
    "entry_points": {
        "console_scripts": ["sounddream = keras_sounddream.cli.main:main", LITE_COMMAND]
    },
}
LITE = {
    "name": "keras-sounddream-lite",
    "long_description": (HERE / "docs/deploy/raspberry_pi.md").read_text(encoding="utf-8"),
    "description": "Classifies, dreams and makes sounds with exported LiteRT files: no TensorFlow",
    "packages": ["keras_sounddream.lite"],
    "py_modules": [  # packages are taken whole: these are single files of theirs
        "keras_sounddream.__init__",
        "keras_sounddream.backend",
        "keras_sounddream.errors",
        "keras_sounddream.files",
        "keras_sounddream.lazy",
        "keras_sounddream.leftovers",
        "keras_sounddream.moved",
        "keras_sounddream.registered",
        "keras_sounddream.types",
        "keras_sounddream.checks",
        "keras_sounddream.audio.__init__",
        "keras_sounddream.audio.crossfade",
        "keras_sounddream.audio.io",
        "keras_sounddream.audio.waveforms",
        "keras_sounddream.audio.reading.__init__",
        "keras_sounddream.audio.reading.headers",
        "keras_sounddream.audio.reading.mp3_frames",
        "keras_sounddream.audio.reading.parts",
        "keras_sounddream.audio.reading.reader",
        "keras_sounddream.audio.reading.source",
        "keras_sounddream.audio.reading.window",
        "keras_sounddream.export.__init__",
        "keras_sounddream.export.metadata",
        "keras_sounddream.export.litert.__init__",
        "keras_sounddream.export.litert.packing",
        "keras_sounddream.generation.__init__",
        "keras_sounddream.generation.condition_labels",
        "keras_sounddream.generation.random_numbers",
        "keras_sounddream.sonification.__init__",
        "keras_sounddream.sonification.inverse_fft",
        "keras_sounddream.sonification.parameter_map",
    ],
    # soundfile (libsndfile inside) and soxr read and resample sounds, as in the whole package; both
    # have wheels for 64-bit Arm Linux, as ai-edge-litert has: nothing is compiled on the device.
    "install_requires": ["numpy", "ai-edge-litert", "soundfile>=0.13", "soxr"],
    "entry_points": {"console_scripts": [LITE_COMMAND]},
    "options": {"build": {"build_base": "build/lite"}},  # or it would take what is built already
}

setup(
    version=VERSION,
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    author="keras_sounddream contributors",
    keywords="audio deepdream keras tensorflow sonification sound-classification wavenet yamnet",
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in (10, 11, 12, 13)),
        "Topic :: Multimedia :: Sound/Audio :: Analysis",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
    **(LITE if os.environ.get("SOUNDDREAM_DISTRIBUTION") == "lite" else WHOLE),
)
