"""Files of the layers in a sonification: sounds, plots, activations and their pictures."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from keras_sounddream.reports.sonification import Sound, draw_sound
from keras_sounddream.sonification.feature_maps import save_feature_maps
from keras_sounddream.sonification.methods import (
    make_synthesizer,
    output_rate,
    synthesizer_of_planes,
)
from keras_sounddream.types import Array
from keras_sounddream.workflows.sonify.output_files import write_grid, write_signals
from keras_sounddream.workflows.sonify.request import Request

if TYPE_CHECKING:
    import keras

LONGEST_MIX = 2**25  # samples; longer sounds are not mixed


class LayerFiles:
    """Writes the files of one model's layers, or, without a model and source, of stored planes."""

    def __init__(
        self,
        folder: pathlib.Path,
        prefix: str,
        label: str,
        called: Mapping[str, str],
        model: keras.Model | None,
        source: Array | None,
        request: Request,
    ):
        self.folder, self.prefix, self.label, self.called = folder, prefix, label, called
        self.model, self.source, self.request = model, source, request
        self.rate = output_rate(model, request.method, request.sample_rate)
        self.layout = "sound"
        if source is not None and source.ndim == 3:
            lying = source.shape[0] <= source.shape[1] or request.legacy
            self.layout = "landscape" if lying else "portrait"

    def name(self, layer: str) -> str:
        """The beginning of the names of a layer's files."""
        return f"{self.prefix}activations-{self.called[layer]}_{self.label}"

    def planes(self, layer: str, planes: Array) -> str:
        """The name of the picture of a layer's planes, which are written."""
        if self.request.save_activations:
            save_feature_maps(planes, self.folder / f"{self.name(layer)}.npz")
        write_grid(self.folder / f"{self.name(layer)}.png", planes, self.layout)
        return f"{self.name(layer)}.png"

    def combined(
        self, layer: str, planes: Array, picture: str
    ) -> tuple[list[Sound], dict[str, list[Array] | None]]:
        """The `Sound`s of a layer, which are written, and blocks to mix by how they combine."""
        request, sounds, to_mix = self.request, [], {}
        for combine in request.combines:
            synthesizer = self._synthesizer(layer, combine)
            name = f"{self.name(layer)}_{self.ending(combine)}"
            if combine == "separate":
                sounds.append(self._separate(name, layer, synthesizer.signals(planes), picture))
                continue
            blocks = (
                [synthesizer.total(planes)] if combine == "sum" else synthesizer.signals(planes)
            )
            passed = PassedOn(blocks)
            write_signals(self.folder / f"{name}.wav", passed, self.rate, request.bits)
            sounds.append(self._sound(name, layer, combine, picture))
            to_mix[combine] = passed.blocks
        return sounds, to_mix

    def whole(self, name: str, title: str, waveform: Array) -> Sound:
        """The `Sound` of one waveform, which is written."""
        write_signals(self.folder / f"{name}.wav", [waveform], self.rate, self.request.bits)
        return self._sound(name, title, "", None)

    def ending(self, combine: str) -> str:
        """The end of the names of files that are combined in one way."""
        method = self.request.method
        return combine if method == "ifft" else f"{method}_{combine}"

    def _synthesizer(self, layer, combine):
        request = self.request
        settings = (self.rate, request.legacy, request.level_db, request.settings, combine)
        if self.model is None or self.source is None:
            return synthesizer_of_planes(request.method, *settings)
        return make_synthesizer(self.model, self.source, layer, request.method, *settings)

    def _separate(self, name, layer, signals, picture):
        (self.folder / name).mkdir()
        files = []
        for index, signal in enumerate(signals):
            files.append(f"{name}/filter_{index:04d}.wav")
            write_signals(self.folder / files[-1], [signal], self.rate, self.request.bits)
        return Sound(self._title(layer), "separate", tuple(files), picture)

    def _sound(self, name, title, note, picture):
        draw_sound(self.folder / f"{name}.wav", self.folder / f"graph_{name}.png")
        files = (f"{name}.wav",)
        return Sound(self._title(title), note, files, picture, f"graph_{name}.png")

    def _title(self, title):
        return f"{title}, random weights" if self.prefix else title


class PassedOn:
    """An iterator of blocks that keeps them as long as they are few enough to be mixed."""

    def __init__(self, blocks: Iterable[Array]):
        self._blocks, self._count = blocks, 0
        self.blocks: list[Array] | None = []

    def __iter__(self) -> Iterator[Array]:
        for block in self._blocks:
            self._count += len(block)
            if self._count > LONGEST_MIX:
                self.blocks = None
            if self.blocks is not None:
                self.blocks.append(block)
            yield block
