"""LiteRT files: conversion, quantization, and the metadata packed behind."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(
    __name__,
    {
        "LiteRTWriter": "writer",
        "QUANTIZATIONS": "quantization",
        "operations": "flatbuffer",
        "pack": "packing",
        "read_packed": "packing",
        "unpack": "packing",
    },
)
