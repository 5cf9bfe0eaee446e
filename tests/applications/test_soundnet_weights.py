"""SoundNet's weights in the layouts of the original and of its ports."""

import numpy as np
import pytest

from keras_sounddream import InputError, applications

CONVOLUTIONS = {"SoundNet8": 7, "SoundNet5": 4}
T7_PLACES = {  # of the convolutions in the nn.Sequential; each is followed by its normalisation
    "SoundNet8": (1, 5, 9, 12, 15, 19, 22),
    "SoundNet5": (1, 5, 9, 13),
}
T7_HEADS = {"SoundNet8": 25, "SoundNet5": 16}


def drawn(name, **arguments):
    """A model with random weights, and these by their paths."""
    model = getattr(applications, name)(weights=None, **arguments)
    rng = np.random.default_rng(0)
    values = {w.path: rng.uniform(0.1, 1, w.shape).astype("float32") for w in model.weights}
    for weight in model.weights:
        weight.assign(values[weight.path])
    return model, values


def npy(name, ours):
    found, count = {}, CONVOLUTIONS[name]
    theirs = {f"conv{i}": f"conv{i}" for i in range(1, count + 1)}
    theirs |= {"objects": f"conv{count + 1}", "scenes": f"conv{count + 1}_2"}
    for layer, there in theirs.items():
        found[f"{there}/weights"] = ours[f"{layer}/kernel"][:, np.newaxis]
        found[f"{there}/biases"] = ours[f"{layer}/bias"]
        if f"{layer}_norm/gamma" in ours:
            found[f"{there}/gamma"] = ours[f"{layer}_norm/gamma"]
            found[f"{there}/beta"] = ours[f"{layer}_norm/beta"]
            found[f"{there}/mean"] = ours[f"{layer}_norm/moving_mean"]
            found[f"{there}/var"] = ours[f"{layer}_norm/moving_variance"]
    return found


def torch_rows(ours, layer, convolution, norm):
    found = {
        f"{convolution}weight": np.moveaxis(ours[f"{layer}/kernel"], 0, -1).swapaxes(0, 1)[
            ..., None
        ],
        f"{convolution}bias": ours[f"{layer}/bias"],
    }
    if norm is not None:
        found[f"{norm}weight"] = ours[f"{layer}_norm/gamma"]
        found[f"{norm}bias"] = ours[f"{layer}_norm/beta"]
        found[f"{norm}running_mean"] = ours[f"{layer}_norm/moving_mean"]
        found[f"{norm}running_var"] = ours[f"{layer}_norm/moving_variance"]
    return found


def pth(name, ours):
    found, count = {}, CONVOLUTIONS[name]
    for i in range(1, count + 1):
        found |= torch_rows(ours, f"conv{i}", f"conv{i}.0.", f"conv{i}.1.")
        found[f"conv{i}.1.num_batches_tracked"] = np.array(100.0, "float32")
    found |= torch_rows(ours, "objects", f"conv{count + 1}.0.", None)
    return found | torch_rows(ours, "scenes", f"conv{count + 1}_2.0.", None)


def t7(name, ours):
    found = {}
    for i, place in enumerate(T7_PLACES[name], start=1):
        found |= torch_rows(ours, f"conv{i}", f"modules/{place}/", f"modules/{place + 1}/")
    for number, head in enumerate(("objects", "scenes"), start=1):
        found |= torch_rows(ours, head, f"modules/{T7_HEADS[name]}/modules/{number}/", None)
    return found


LAYOUTS = {"npy": npy, "pth": pth, "t7": t7}
every_layout = pytest.mark.parametrize("layout", LAYOUTS)


@every_layout
@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_weights_of_others_come_back_as_they_were(name, layout, tmp_path):
    model, ours = drawn(name)
    np.savez(tmp_path / "w.npz", **LAYOUTS[layout](name, ours))
    again = getattr(applications, name)(weights=str(tmp_path / "w.npz"))
    assert len(again.labels["objects"]) == 1000
    for weight in again.weights:
        np.testing.assert_array_equal(weight.value, ours[weight.path])
    without = getattr(applications, name)(include_top=False, weights=str(tmp_path / "w.npz"))
    assert without.labels is None
    np.testing.assert_array_equal(without.get_weights()[0], model.get_weights()[0])


@every_layout
def test_files_of_others_are_read(layout, tmp_path):
    writers = pytest.importorskip("convert.writers", reason="needs the readers of such files")
    _, ours = drawn("SoundNet5")
    path = tmp_path / f"w.{layout}"
    getattr(writers, f"write_{layout}")(path, LAYOUTS[layout]("SoundNet5", ours))
    for weight in applications.SoundNet5(weights=str(path)).weights:
        np.testing.assert_array_equal(weight.value, ours[weight.path])


def test_kernels_have_the_shapes_that_were_published():
    _, ours = drawn("SoundNet8")
    assert npy("SoundNet8", ours)["conv8_2/weights"].shape == (8, 1, 1024, 401)
    assert pth("SoundNet8", ours)["conv2.0.weight"].shape == (32, 16, 32, 1)


@every_layout
def test_what_does_not_fit_is_named(layout, tmp_path):
    _, ours = drawn("SoundNet5")
    theirs = LAYOUTS[layout]("SoundNet5", ours)
    kernel = next(name for name, a in theirs.items() if a.ndim == 4)
    cases = {
        f"lacks the tensor '{kernel}'": {k: v for k, v in theirs.items() if k != kernel},
        "holds the tensor 'conv9/ghost'": theirs | {"conv9/ghost": np.zeros(3)},
        rf"'{kernel}' .* shape \(2, 2, 2, 2\)": theirs | {kernel: np.zeros((2, 2, 2, 2))},
        rf"'{kernel}' .* shape \(64, 32\)": theirs | {kernel: np.zeros((64, 32))},
    }
    for message, arrays in cases.items():
        np.savez(tmp_path / "w.npz", **arrays)
        with pytest.raises(InputError, match=message):
            applications.SoundNet5(weights=str(tmp_path / "w.npz"))


@every_layout
def test_a_head_of_ones_own_is_missed_in_weights_of_others(layout, tmp_path):
    _, ours = drawn("SoundNet5")
    np.savez(tmp_path / "w.npz", **LAYOUTS[layout]("SoundNet5", ours))
    with pytest.raises(InputError, match="lacks the tensor 'predictions/"):
        applications.SoundNet5(weights=str(tmp_path / "w.npz"), classes=3)


@pytest.mark.parametrize(
    ("name", "file"), [("SoundNet8", "sound8.npy"), ("SoundNet5", "soundnet5_final.t7")]
)
def test_the_originals_weights_are_asked_for_in_the_cache(name, file, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(InputError, match=f"Fetch http.* put it at {tmp_path}/models/{file}"):
        getattr(applications, name)()
