"""Installs keras_sounddream."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(r'__version__ = "(.+)"', (HERE / "keras_sounddream/__init__.py").read_text())[1]

REQUIRES = [
    "tensorflow>=2.16",
    "keras>=3.5",
    "tensorflow-datasets",
    "tf2onnx",
    "numpy",
    "soundfile>=0.13",  # libsndfile inside: WAV of every kind, FLAC, Ogg, Opus, MP3, AIFF
    "soxr",  # band-limited resampling
    "tensorboard",  # logs of training; newer TensorFlows do not bring it
    "matplotlib",  # pictures of dreams
    "pillow>=10.1",  # picture files, and GIFs
    "h5py",  # reading the width of a network off its weights
    "click",  # the command line
    "tqdm",  # progress bars
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
    "beam": ["apache-beam"],
    "video": ["imageio-ffmpeg"],  # animations as MP4
}
EXTRAS["dev"] = [
    *("pytest", "pytest-xdist", "ruff", "librosa", "scipy", "imageio-ffmpeg"),
    *EXTRAS["export"],
]

setup(
    name="keras-sounddream",
    version=VERSION,
    description="A Keras model zoo for sound, and the instrument to dream with it",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10",
    packages=[*find_packages(include=["keras_sounddream*"]), "keras_sounddream.saved_models"],
    package_dir={"keras_sounddream.saved_models": "saved_models"},
    package_data={
        "keras_sounddream.applications": ["labels/*.txt"],
        "keras_sounddream.saved_models": ["*.npz", "*.md"],
    },
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["sounddream = keras_sounddream.cli.main:main"]},
    classifiers=[
        "Development Status :: 3 - Alpha",
        "License :: OSI Approved :: Apache Software License",
        "Programming Language :: Python :: 3",
        "Topic :: Multimedia :: Sound/Audio :: Analysis",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
