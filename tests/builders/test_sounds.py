"""How sound is stored, what broken files do, and where data is found."""

import io
import pathlib
import shutil
import tarfile
import zipfile

import numpy as np
import pytest
import soundfile
import tensorflow_datasets as tfds

import tfds_builders
from keras_sounddream import InputError
from tfds_builders.esc50 import esc50_dataset_builder as esc50
from tfds_builders.spoken_digit_folder import spoken_digit_folder_dataset_builder as digits

ENCODINGS = (
    ("PCM_16", "WAV"), ("PCM_24", "WAVEX"), ("IMA_ADPCM", "WAV"),
    ("PCM_U8", "WAV"), ("PCM_16", "WAVEX"),
)  # fmt: skip
DUMMY = pathlib.Path(digits.__file__).parent / "dummy_data"


def build(tmp_path, manual, name="spoken_digit_folder", **config):
    builder = tfds.builder(name, data_dir=tmp_path / "built", **config)
    download = tfds.download.DownloadConfig(
        manual_dir=manual, extract_dir=tmp_path / "extracted", force_checksums_validation=True
    )
    builder.download_and_prepare(download_config=download, download_dir=tmp_path / "downloads")
    return builder


def examples(builder, split="all"):
    return {
        example["recording"].decode(): example
        for example in tfds.as_numpy(builder.as_dataset(split=split))
    }


def test_every_builder_is_registered_with_its_prose():
    assert set(tfds_builders.NAMES) <= set(tfds.list_builders(with_community_datasets=False))
    for name in tfds_builders.NAMES:
        metadata = tfds.builder_cls(name).get_metadata()
        assert "icence" in metadata.description
        assert metadata.citation.startswith("@")
        assert metadata.tags


def test_prose_is_installed_with_the_builders():
    setup = (pathlib.Path(__file__).parents[2] / "setup.py").read_text()
    for name in tfds_builders.NAMES:
        folder = pathlib.Path(tfds_builders.__file__).parent / name
        assert {"README.md", "CITATIONS.bib", "TAGS.txt", "__init__.py"} <= {
            path.name for path in folder.iterdir()
        }
        for suffix in {path.suffix for path in folder.iterdir() if path.is_file()} - {".py"}:
            assert f"*/*{suffix}" in setup


def test_samples_of_16_bits_are_stored_as_they_are(tmp_path, rng):
    folder = tmp_path / "digits" / "recordings"
    written = {}
    for take, (subtype, kind) in enumerate(ENCODINGS):
        folder.mkdir(parents=True, exist_ok=True)
        samples = rng.integers(-32768, 32767, 5000, endpoint=True, dtype="int16")
        path = folder / f"1_theo_{take}.wav"
        soundfile.write(path, samples, 8000, subtype, format=kind)
        written[path.stem] = soundfile.read(path, dtype="int16")[0]
    found = examples(build(tmp_path, tmp_path / "digits"))
    for name, samples in written.items():
        np.testing.assert_allclose(found[name]["audio"], samples, atol=1)
        assert found[name]["audio"].dtype == "int16"
        assert found[name]["sample_rate"] == 8000


def test_stereo_is_mixed_and_the_rate_changed(tmp_path):
    folder = tmp_path / "digits" / "recordings"
    folder.mkdir(parents=True)
    time = np.arange(8000) / 16000
    left, right = (np.sin(2 * np.pi * hertz * time) / 2 for hertz in (500, 1000))
    for take in (0, 9):
        soundfile.write(folder / f"1_theo_{take}.wav", np.stack([left, right], 1), 16000)
    config = digits.SpokenDigitConfig(name="at_8_khz", sample_rate=8000)
    found = examples(build(tmp_path, tmp_path / "digits", config=config))["1_theo_0"]
    assert found["sample_rate"] == 8000
    assert found["audio"].shape == (4000,)
    expected = ((left + right) / 2)[::2] * 32768
    np.testing.assert_allclose(found["audio"][200:-200], expected[200:-200], atol=40)


def _break_one(tmp_path):
    folder = tmp_path / "digits"
    shutil.copytree(DUMMY, folder)
    (folder / "recordings" / "8_theo_9.wav").write_bytes(b"RIFF and no more")
    (folder / "recordings" / "9_theo_9.wav").write_bytes(b"")
    return folder


def test_broken_files_are_named_and_left_out(tmp_path):
    folder = _break_one(tmp_path)
    build(tmp_path, folder)
    read_again = tfds.builder("spoken_digit_folder", data_dir=tmp_path / "built")
    assert read_again.info.splits["train"].num_examples == 2
    broken = read_again.info.metadata["broken_files"]
    assert ["8_theo_9.wav" in broken[0], "9_theo_9.wav is empty" in broken[1]] == [True, True]


def test_a_broken_file_ends_the_build_if_asked(tmp_path):
    config = digits.SpokenDigitConfig(name="strict", broken="fail")
    with pytest.raises(InputError, match="8_theo_9.wav as sound"):
        build(tmp_path, _break_one(tmp_path), config=config)
    with pytest.raises(InputError, match="`broken` must be one of skip, fail. Received: 'mend'"):
        digits.SpokenDigitConfig(name="mended", broken="mend")


def test_an_archive_in_the_manual_folder_will_do(tmp_path):
    manual = tmp_path / "manual"
    manual.mkdir()
    with zipfile.ZipFile(manual / "free-spoken-digit-dataset.zip", "w") as archive:
        for path in DUMMY.rglob("*.wav"):
            archive.write(path, f"fsdd-1.0/{path.relative_to(DUMMY)}")
    assert set(examples(build(tmp_path, manual))) == {path.stem for path in DUMMY.rglob("*.wav")}


def zipped(path, name="data/a.txt", encrypted=False):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "content " * 1000)
    data = bytearray(path.read_bytes())
    if encrypted:
        data[6] |= 1  # flag in the member's header, and in the list of members
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def tarred(path, name="data/a.txt", mode="w:gz"):
    with tarfile.open(path, mode) as archive:
        member = tarfile.TarInfo(name)
        member.size = 40000
        archive.addfile(member, io.BytesIO(np.random.default_rng(0).bytes(40000)))
    return path.read_bytes()


ARCHIVES = {
    "a page.zip": (lambda path: b"<!DOCTYPE html><html>404", "a page of the web"),
    "a page.tar.gz": (lambda path: b"\n<html>Sign in", "a page of the web"),
    "nothing.zip": (lambda path: b"", "not a zip file"),
    "nothing.tar": (lambda path: b"", "empty file|could not be opened"),
    "noise.tgz": (lambda path: b"\x17\x2a" * 900, "could not be opened"),
    "half.zip": (lambda path: zipped(path)[:400], "not a zip file"),
    "half.tar.gz": (lambda path: tarred(path)[:20000], "ended before"),
    "half.tar": (lambda path: tarred(path, mode="w")[:20000], "unexpected end"),
    "locked.zip": (lambda path: zipped(path, encrypted=True), "it has a password"),
    "up.zip": (lambda path: zipped(path, "../up.txt"), "'../up.txt' lies outside"),
    "up.tar.gz": (lambda path: tarred(path, "../up.txt"), "'../up.txt' lies outside"),
    "root.tar": (lambda path: tarred(path, "/up.txt", "w"), "'/up.txt' lies outside"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_damaged_archive_is_one_line(name, tmp_path):
    from keras_sounddream.datasets.tfds import builders

    content, reason = ARCHIVES[name]
    (tmp_path / "manual").mkdir()
    path = tmp_path / "manual" / name
    path.write_bytes(content(path))
    builder = builders.find_builder("esc50/esc10", tmp_path / "built")
    with pytest.raises(InputError, match=f"Cannot unpack .*{name} .*({reason})") as caught:
        builders.prepare(builder, tmp_path / "manual")
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("up.txt"))
    assert not list((tmp_path / "built").rglob("*incomplete*"))


def test_a_whole_archive_beside_a_damaged_one_will_do(tmp_path):
    manual = tmp_path / "manual"
    manual.mkdir()
    (manual / "a.zip").write_text("<html>")
    shutil.make_archive(manual / "b", "zip", DUMMY)
    assert examples(build(tmp_path, manual))


@pytest.mark.parametrize("error", [ValueError("odd\nbytes"), MemoryError(), RuntimeError("x")])
def test_whatever_a_file_raises_it_is_left_out_and_named(error, tmp_path, monkeypatch):
    read = digits.Builder._read

    def raising(self, file):
        if file.path.stem.endswith("_theo_9"):
            raise error
        return read(self, file)

    monkeypatch.setattr(digits.Builder, "_read", raising)
    shutil.copytree(DUMMY, tmp_path / "manual")
    first = sorted((tmp_path / "manual").rglob("*.wav"))[0]
    shutil.copy(first, first.with_name("8_theo_9.wav"))
    builder = build(tmp_path, tmp_path / "manual")
    (broken,) = builder.info.metadata["broken_files"]
    assert "8_theo_9.wav cannot be read" in broken
    assert type(error).__name__ in broken


def test_a_set_of_which_no_file_can_be_read_is_one_line(tmp_path, monkeypatch):
    def raising(self, file):
        raise InputError(f"Cannot read {file.path.name}.")

    monkeypatch.setattr(digits.Builder, "_read", raising)
    with pytest.raises(InputError, match=r"None of \d files can be read. Cannot read"):
        build(tmp_path, DUMMY)


def test_what_an_interrupted_build_left_is_removed(tmp_path):
    from keras_sounddream.datasets.tfds import builders

    builder = builders.find_builder("spoken_digit_folder", tmp_path)
    version = pathlib.Path(builder.data_path)
    for name in (f"incomplete.ABC123_{version.name}", "incomplete.ABC123_9.9.9"):
        (version.parent / name).mkdir(parents=True)
    builders.prepare(builder, DUMMY)
    left = sorted(path.name for path in version.parent.iterdir())
    assert left == [version.name, "incomplete.ABC123_9.9.9"]


def test_nothing_is_downloaded_without_a_known_hash(tmp_path, monkeypatch):
    def refuse(*arguments):
        raise AssertionError("a download was tried")

    monkeypatch.setattr(tfds.download.DownloadManager, "download_and_extract", refuse)
    with pytest.raises(InputError, match=r"Expected ESC-50 .*Get it from https.*--manual-dir"):
        build(tmp_path, None, "esc50")
    with pytest.raises(InputError, match="Cannot unpack https.*a download was tried"):
        build(tmp_path, None, "spoken_digit_folder")


def test_esc50s_licences_are_those_of_its_list():
    folder = pathlib.Path(esc50.__file__).parent / "dummy_data" / "esc50"
    credits = esc50.read_credits(folder)
    assert len(credits) == 10
    assert credits["2-2002-A"] == {
        "title": "pig.wav",
        "author": "me",
        "licence": "CC0",
        "source_url": "http://www.freesound.org/people/me/sounds/2000/",
    }


def test_esc10_is_the_same_from_its_own_folder(tmp_path, esc10):
    builder = tfds.builder("esc50/esc10", data_dir=tmp_path)
    few = tfds.download.DownloadConfig(manual_dir=esc10, max_examples_per_split=4)
    builder.download_and_prepare(download_config=few)
    found = list(tfds.as_numpy(builder.as_dataset(split="all")))
    assert len(found) == 20
    for example in found:
        # libsndfile's own int16 wraps around where Vorbis goes beyond 1
        expected = soundfile.read(next(esc10.rglob(example["filename"].decode())))[0] * 32768
        np.testing.assert_allclose(example["audio"], expected.clip(-32768, 32767), atol=1)
        assert example["author"]
        assert example["source_url"].startswith(b"http")
    assert builder.info.dataset_size < 1.01 * sum(2 * len(example["audio"]) for example in found)
