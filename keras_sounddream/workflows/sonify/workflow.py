"""From a sound or picture file to a folder of sounds, activations, pictures and a page."""

import dataclasses
import warnings

import numpy as np
from tqdm import tqdm

from keras_sounddream.audio.io import save
from keras_sounddream.errors import InputError, InputWarning
from keras_sounddream.files import folder_beside
from keras_sounddream.reports.sonification import PAGE, Sound, draw_sound, write_page
from keras_sounddream.sonification import inverse_fft
from keras_sounddream.sonification.activations import read_activations
from keras_sounddream.sonification.checks import check_size
from keras_sounddream.sonification.feature_maps import save_feature_maps
from keras_sounddream.sonification.methods import check_request, make_synthesizer, output_rate
from keras_sounddream.sonification.random_weights import shuffle_weights
from keras_sounddream.workflows.sonify.input_files import name_source, read_source, resize
from keras_sounddream.workflows.sonify.output_files import write_grid, write_signals

IMAGE_SIZE = 256  # pixels of the short edge

_RANDOM = "random_"  # before the names of the baseline's files
_SHOWN_PIXELS = 512  # of the short edge of the input's picture
_LONGEST_MIX = 2**25  # samples; longer ones are not mixed


@dataclasses.dataclass(frozen=True)
class Request:
    """What is made of a file.

    Attributes:
        method: str, as of `methods.sonify`, and so are `mix`, `sample_rate`, `legacy`, `level_db`,
            `preprocessing` and `seed`.
        combines: tuple of str, each as `combine` of `methods.sonify`.
        bits: int, of the sound files: 16, 24, or 32 for floating point.
        save_activations: bool, whether `.npz` files are written.
        settings: dict, the method's own.
    """

    method: str = "ifft"
    combines: tuple = ("sum",)
    mix: str = "sum"
    sample_rate: int | None = None
    legacy: bool = False
    level_db: float | None = None
    preprocessing: str | None = None
    seed: int = 0
    bits: int = 24
    save_activations: bool = True
    settings: dict = dataclasses.field(default_factory=dict)


def sonify_file(
    input_path,
    folder,
    model,
    layers,
    names=None,
    image_size=IMAGE_SIZE,
    random_weights=False,
    overwrite=False,
    progress=True,
    **request,
):
    """Makes audible what layers answer to a file, in a folder with a page to listen to.

    Each layer has `activations-<name>_<label>.npz` and `.png`, the planes as numbers and as a grid
    of pictures, and for each way to combine a sound `activations-<name>_<label>_<combine>.wav`
    (a folder of them for `"separate"`) and its plot `graph_activations-….png`; several layers have
    `all-<combine>_<label>.wav`, their mix (`all-<combine>_tuned_…` of a product). What another
    method than `"ifft"` makes has its name before `<combine>`. The label is the likeliest class, or
    the file's own name if the model has no classes.

    Args:
        input_path: str or path of a sound or picture file.
        folder: str or path of the folder to make.
        model: `keras.Model` that takes sounds or pictures.
        layers: sequence of str.
        names: dict from a layer to what files call it; by default its own name.
        image_size: int, pixels that a picture's short edge is resized to; 0 for as it is.
        random_weights: bool, whether the same is made with weights in random order, too, in files
            that begin with `random_`.
        overwrite: bool, whether such a folder that exists may be replaced.
        progress: bool, whether to show a progress bar.
        **request: of `Request`.

    Returns:
        list of `reports.sonification.Sound`, what was made.

    Raises:
        InputError: if the file is not for the model, a layer or setting is wrong, or the folder may
            not be written.
    """
    request = Request(**request)
    check = (model, layers, request.method, request.combines, request.mix)
    check_request(*check, request.sample_rate, request.level_db, request.settings)
    source = read_source(model, input_path, image_size)
    check_size(model, layers, source[np.newaxis])
    label = name_source(model, source, input_path, request.preprocessing)
    called = {name: _plain((names or {}).get(name, name)) for name in layers}
    models = {"": model}
    if random_weights:
        models[_RANDOM] = shuffle_weights(model, request.seed)
    sounds = []
    with folder_beside(folder, overwrite, holds=PAGE) as made:
        shown = _write_source(made, source, output_rate(model, "mask", None))
        for prefix, heard_by in models.items():
            writer = _Writer(made, prefix, label, called, model, source, request)
            work = _inverted if request.method == "invert" else _heard
            sounds += work(writer, heard_by, progress)
        write_page(made / PAGE, f"What {model.name} makes of {label}", shown, sounds)
    return sounds


class _Writer:
    """Writes the files of one model's layers."""

    def __init__(self, folder, prefix, label, called, model, source, request):
        self.folder, self.prefix, self.label, self.called = folder, prefix, label, called
        self.model, self.source, self.request = model, source, request
        self.rate = output_rate(model, request.method, request.sample_rate)
        self.layout = "sound"
        if source.ndim == 3:
            lying = source.shape[0] <= source.shape[1] or request.legacy
            self.layout = "landscape" if lying else "portrait"

    def name(self, layer):
        """What files of a layer begin with."""
        return f"{self.prefix}activations-{self.called[layer]}_{self.label}"

    def planes(self, layer, planes):
        """Writes the planes of a layer; gives the name of their picture."""
        if self.request.save_activations:
            save_feature_maps(planes, self.folder / f"{self.name(layer)}.npz")
        write_grid(self.folder / f"{self.name(layer)}.png", planes, self.layout)
        return f"{self.name(layer)}.png"

    def combined(self, layer, planes, picture):
        """Writes the sounds of a layer; gives `Sound`s, and those to mix by how they combine."""
        request, found, to_mix = self.request, [], {}
        settings = (request.legacy, request.level_db, request.settings)
        synth = make_synthesizer(
            self.model, self.source, layer, request.method, self.rate, *settings
        )
        for combine in request.combines:
            name = f"{self.name(layer)}_{self.ending(combine)}"
            if combine == "separate":
                found.append(self._separate(name, layer, synth.signals(planes), picture))
                continue
            blocks = [synth.total(planes)] if combine == "sum" else synth.signals(planes)
            kept = _Kept(blocks)
            write_signals(self.folder / f"{name}.wav", kept, self.rate, request.bits)
            found.append(self._sound(name, layer, combine, picture))
            to_mix[combine] = kept.blocks
        return found, to_mix

    def whole(self, name, title, waveform):
        """Writes one waveform; gives its `Sound`."""
        write_signals(self.folder / f"{name}.wav", [waveform], self.rate, self.request.bits)
        return self._sound(name, title, "", None)

    def ending(self, combine):
        """What files of a way to combine end with."""
        method = self.request.method
        return combine if method == "ifft" else f"{method}_{combine}"

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


class _Kept:
    """Passes blocks on, and keeps them as long as they are few enough to be mixed."""

    def __init__(self, blocks):
        self._blocks, self.blocks, self._count = blocks, [], 0

    def __iter__(self):
        for block in self._blocks:
            self._count += len(block)
            if self._count > _LONGEST_MIX:
                self.blocks = None
            if self.blocks is not None:
                self.blocks.append(block)
            yield block


def _heard(writer, model, progress):
    """Reads the layers and writes their sounds and mixes; gives `Sound`s."""
    request = writer.request
    with tqdm(desc=f"{writer.prefix}layers", unit="chunk", disable=not progress) as bar:
        (found,) = read_activations(
            model,
            writer.source,
            list(writer.called),
            request.legacy,
            request.preprocessing,
            tell=lambda done, _: bar.update(),
        )
    sounds, to_mix = [], {combine: [] for combine in request.combines}
    for layer, planes in tqdm(found.items(), "sounds", unit="layer", disable=not progress):
        made, blocks = writer.combined(layer, planes, writer.planes(layer, planes))
        sounds += made
        for combine, one in blocks.items():
            to_mix[combine].append(one)
    for combine, each in to_mix.items():
        if len(each) > 1:
            sounds += _mixed(writer, combine, each)
    return sounds


def _mixed(writer, combine, layers):
    if any(blocks is None for blocks in layers):
        text = (
            f"The layers are not mixed by {combine}: they are longer than {_LONGEST_MIX} samples."
        )
        warnings.warn(text, InputWarning, stacklevel=2)
        return []
    mixed = inverse_fft.mix([np.concatenate(blocks) for blocks in layers], writer.request.mix)
    if writer.request.level_db is not None:
        mixed = inverse_fft.bring_to_level(mixed, writer.request.level_db)
    tuned = "_tuned" if writer.request.mix == "product" else ""
    name = f"{writer.prefix}all-{writer.ending(combine)}{tuned}_{writer.label}"
    return [writer.whole(name, f"all, {combine}{tuned.replace('_', ', ')}", mixed)]


def _inverted(writer, model, progress):
    from keras_sounddream.sonification.feature_inversion import invert

    request, sounds = writer.request, []
    for layer in writer.called:
        settings = {"seed": request.seed, "progress": progress, **request.settings}
        waveform = invert(model, writer.source, [layer], **settings).waveform[0]
        if request.level_db is not None:
            waveform = inverse_fft.bring_to_level(waveform, request.level_db)
        sounds.append(writer.whole(f"{writer.name(layer)}_invert", layer, np.asarray(waveform)))
    return sounds


def _write_source(folder, source, sample_rate):
    """Writes what was heard or seen beside the rest; gives the file's name."""
    if source.ndim == 3:
        from keras_sounddream.images.io import save_picture

        save_picture(folder / "input.png", resize(source, min(_SHOWN_PIXELS, *source.shape[:2])))
        return "input.png"
    save(folder / "input.wav", np.clip(source, -1, 1), sample_rate)
    return "input.wav"


def _plain(name):
    """A name for files: letters, digits, hyphens and underscores."""
    text = "".join(one if one.isalnum() or one in "-_." else "-" for one in str(name))
    if not text.strip("-_."):
        raise InputError(f"Expected a name of letters or digits for files. Received: {name!r}")
    return text
