"""ONNX files: conversion and optimization of the graph."""

from keras_sounddream.lazy import attach

__getattr__, __dir__, __all__ = attach(__name__, {"OnnxWriter": "writer"})
