"""Sounds that a WaveNet makes, sample after sample."""

from keras_sounddream.generation.sampling import generate

__all__ = ["generate"]
