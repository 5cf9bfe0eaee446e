"""WaveNet's weights in the layout of ibab/tensorflow-wavenet, and pretrained ones with a plan."""

import hashlib

import keras
import numpy as np
import pytest
from applications.test_wavenet import in_numpy
from convert.writers import write_checkpoint, write_npz

from keras_sounddream import InputError, applications
from keras_sounddream.applications import base, wavenet, weights

SMALL = {"dilations": (1, 2, 4), "residual_channels": 6, "dilation_channels": 6}
SMALL |= {"skip_channels": 7, "classes": 16, "initial_filter_width": 4}
KINDS = {
    "conditioned": {"conditions": {"genre": ("metal", "rock", "rap")}, "condition_channels": 4},
    "scalar": {"scalar_input": True},
    "unbiased": {"use_biases": False},
}


def original(biased, cardinality, first):
    """Random weights of the network above under the original's names, as section by section."""
    rng = np.random.default_rng(0)
    found = {}

    def put(name, *shape):
        found[f"wavenet/{name}"] = rng.normal(0, 0.5, shape).astype("float32")

    put("causal_layer/filter", *first, 6)
    if cardinality:
        put("embeddings/gc_embedding", cardinality, 4)
    for i in range(3):
        layer = f"dilated_stack/layer{i}"
        put(f"{layer}/filter", 2, 6, 6), put(f"{layer}/gate", 2, 6, 6)
        put(f"{layer}/dense", 1, 6, 6), put(f"{layer}/skip", 1, 6, 7)
        if cardinality:
            put(f"{layer}/gc_filter", 1, 4, 6), put(f"{layer}/gc_gate", 1, 4, 6)
        for number, width in enumerate((6, 6, 6, 7) if biased else ()):
            put(f"{layer}/Variable" + f"_{number}" * (number > 0), width)
    put("postprocessing/postprocess1", 1, 7, 7), put("postprocessing/postprocess2", 1, 7, 16)
    if biased:
        put("postprocessing/Variable", 7), put("postprocessing/Variable_1", 16)
    return found


ORIGINALS = {
    "conditioned": original(True, 3, (2, 16)),
    "scalar": original(True, 0, (4, 1)),
    "unbiased": original(False, 0, (2, 16)),
}


def logits(w, model, waveform, category):
    """The original's network on its own weights: a skip for each layer, added up."""
    plan = model.plan
    x = waveform[..., None] if plan.scalar_input else np.eye(16)[np.asarray(front(waveform))]

    def convolve(x, kernel, dilation=1):
        num = x.shape[1] - (len(kernel) - 1) * dilation
        return sum(x[:, i * dilation :][:, :num] @ tap for i, tap in enumerate(kernel))

    x = convolve(x, w["wavenet/causal_layer/filter"])
    size, total = waveform.shape[1] - model.receptive_field + 1, 0
    for i, dilation in enumerate(plan.dilations):
        layer = {k.split("/")[-1]: v for k, v in w.items() if f"/layer{i}/" in k}
        f, g = convolve(x, layer["filter"], dilation), convolve(x, layer["gate"], dilation)
        if category is not None:
            e = w["wavenet/embeddings/gc_embedding"][category]
            f, g = f + e @ layer["gc_filter"][0], g + e @ layer["gc_gate"][0]
        f, g = f + layer.get("Variable", 0), g + layer.get("Variable_1", 0)
        z = np.tanh(f) / (1 + np.exp(-g))
        total = total + z[:, -size:] @ layer["skip"][0] + layer.get("Variable_3", 0)
        x = x[:, -z.shape[1] :] + z @ layer["dense"][0] + layer.get("Variable_2", 0)
    post = {k.split("/")[-1]: v for k, v in w.items() if "postprocessing" in k}
    h = np.maximum(total, 0) @ post["postprocess1"][0] + post.get("Variable", 0)
    return np.maximum(h, 0) @ post["postprocess2"][0] + post.get("Variable_1", 0)


def front(waveform):
    """Mu-law of 16 levels, in NumPy."""
    loud = np.sign(waveform) * np.log1p(15 * np.abs(waveform)) / np.log(16)
    return ((loud + 1) / 2 * 15 + 0.5).astype(int)


@pytest.mark.parametrize("file", ["model.ckpt-15000", "weights.npz"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_originals_checkpoints_give_its_logits(kind, file, tmp_path):
    arrays, path = ORIGINALS[kind], tmp_path / file
    if file.endswith("npz"):
        write_npz(path, arrays)
    else:
        write_checkpoint(path.with_name(f"{file}.index"), arrays)
    model = applications.WaveNet(**SMALL, **KINDS[kind], weights=str(path))
    waveform = np.random.default_rng(1).uniform(-1, 1, (1, 30)).astype("float32")
    conditioned = kind == "conditioned"
    inputs = {"waveform": waveform, "genre": np.array([1])} if conditioned else waveform
    expected = logits(arrays, model, waveform, 1 if conditioned else None)
    np.testing.assert_allclose(model(inputs), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(in_numpy(model, inputs), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wavenet/dilated_stack/layer1/skip": None}, "lacks the tensor 'wavenet/.*layer1/skip'"),
        ({"wavenet/dilated_stack/layer2/Variable_3": None}, "lacks .*'wavenet/.*Variable_3'"),
        ({"wavenet/dilated_stack/layer3/skip": np.zeros(3)}, "holds .*'wavenet/.*layer3/skip'"),
        ({"wavenet/causal_layer/filter": np.zeros((2, 15, 6))}, r"shape \(2, 15, 6\)"),
        ({"wavenet/dilated_stack/layer1/skip": np.zeros((1, 6, 8))}, "layer0/skip"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(change, message, tmp_path):
    arrays = {**ORIGINALS["conditioned"], **change}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    write_npz(tmp_path / "w.npz", arrays)
    with pytest.raises(InputError, match=message):
        applications.WaveNet(**SMALL, **KINDS["conditioned"], weights=str(tmp_path / "w.npz"))


def test_pretrained_weights_bring_their_plan(tmp_path, monkeypatch):
    keras.utils.set_random_seed(0)
    plan = {"dilations": (1, 2), "sample_rate": 8000, "conditions": {"digit": ("one", "two")}}
    model = applications.WaveNet(**plan)
    weights.save(model, tmp_path / "w.npz", "float32")
    digest = hashlib.sha256((tmp_path / "w.npz").read_bytes()).hexdigest()
    row = {"file": "w.npz", "sha256": digest, "plan": plan}
    monkeypatch.setitem(wavenet.PRETRAINED, "digits", row)
    monkeypatch.setattr(base, "shipped_path", lambda name: tmp_path / name)
    again = applications.WaveNet(weights="digits")
    assert again.plan == model.plan
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])
    with pytest.raises(InputError, match="`filter_width` must be 2 with `weights='digits'`"):
        applications.WaveNet(weights="digits", filter_width=3)
