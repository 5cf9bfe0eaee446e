"""Genre and year from tags in every form, and which genre the words of a tag stand for."""

import csv
import shutil
import struct

import mutagen
import mutagen.mp4
import numpy as np
import pytest
from mutagen import id3, ogg

from keras_sounddream import InputError, audio
from keras_sounddream.datasets.music_tags import (
    TABLE,
    GenreTable,
    Tags,
    list_music,
    read_genres,
    read_tags,
)

OF_REAL_FILES = {  # media/ABOUT.md says what is in them
    "derived/tabla_s16_tagged.flac": Tags(("Rock",), 1999),
    "derived/tabla_tagged.ogg": Tags(("Classical",), 1985),
    "derived/tabla_tagged.opus": Tags(("Hip-Hop",), 2004),
    "derived/tabla_id3v23.mp3": Tags(("Metal",), 2007),
    "derived/tabla_id3v24_numeric.mp3": Tags(("Rock",), 2015),
    "derived/tabla_id3v1_only.mp3": Tags(("Classical",), 1991),
    "derived/tabla_untagged.mp3": Tags((), None),
    "derived/tabla_genre_no_year.mp3": Tags(("Metalcore",), None),
    "derived/tabla_s16.aiff": Tags((), None),
    "audio/vibe_ace.ogg": Tags(("Jazz",), 2011),
    "audio/lets_go_fishin_22k.ogg": Tags(("Folk",), 2016),
    "audio/vivaldi_spring.mp3": Tags(("Classical",), 2011),
    "audio/the_laundry_room.mp3": Tags((), 2012),
    "audio/monkeys_spinning_monkeys.ogg": Tags(("Orchestra",), 2014),
}


def noise(path, rate=16000):
    audio.save(path, np.random.default_rng(0).normal(0, 0.1, rate // 2), rate)
    return path


@pytest.mark.parametrize("name", OF_REAL_FILES)
def test_tags_of_real_files_are_what_is_written_of_them(media, name):
    assert read_tags(media / name) == OF_REAL_FILES[name]


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        (["17"], ("Rock",)),
        (["(17)"], ("Rock",)),
        (["(17)Rock"], ("Rock",)),
        (["(4)Eurodisco"], ("Disco", "Eurodisco")),
        (["Metalcore", "9"], ("Metalcore", "Metal")),
        (["255"], ()),
        ([" "], ()),
    ],
)
@pytest.mark.parametrize("version", [3, 4])
def test_genres_as_numbers_are_named(tmp_path, text, genres, version):
    path = noise(tmp_path / "a.mp3")
    tags = id3.ID3()
    tags.add(id3.TCON(encoding=3, text=text))
    tags.add(id3.TDRC(encoding=3, text=["1985-06-01"]))
    tags.update_to_v23() if version == 3 else None
    tags.save(path, v2_version=version, v1=0)
    joined = ("/".join(genres),) if genres else ()  # as version 2.3 holds several
    assert read_tags(path) == Tags(joined if version == 3 else genres, 1985)


def test_an_opus_header_that_is_too_short_is_one_error(tmp_path):
    page = ogg.OggPage()
    page.packets, page.first = [b"OpusHead\1\2"], True
    (tmp_path / "a.opus").write_bytes(page.write())
    with pytest.raises(struct.error):  # of mutagen: this is what has to be caught
        mutagen.File(tmp_path / "a.opus")
    with pytest.raises(InputError, match="Cannot read the tags of .*a.opus"):
        read_tags(tmp_path / "a.opus")
    noise(tmp_path / "b.opus", 48000)
    with pytest.raises(InputError, match="None of 2 is"):
        list_music(tmp_path, progress=False)


def test_a_trailer_of_128_bytes_is_read(tmp_path):
    path = noise(tmp_path / "a.mp3")
    fields = [b"TAG", b"Title".ljust(30, b"\0"), bytes(60), b"1969", bytes(30), bytes([9])]
    path.write_bytes(path.read_bytes() + b"".join(fields))
    assert read_tags(path) == Tags(("Metal",), 1969)


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".opus"])
@pytest.mark.parametrize(
    ("date", "year"),
    [
        ({"date": "1725"}, 1725),
        ({"year": "2016-03-18T12:24:48"}, 2016),
        ({"date": "unknown", "originaldate": "03/11/1959"}, 1959),
        ({"date": "19990131"}, 1999),
        ({"date": "0000"}, None),
        ({"date": "12345"}, None),
        ({}, None),
    ],
)
def test_comments_of_vorbis_are_read(tmp_path, suffix, date, year):
    path = noise(tmp_path / f"a{suffix}")
    file = mutagen.File(path)
    file.update({"GENRE": ["Rap", "Jazz"], **date})
    file.save()
    assert read_tags(path) == Tags(("Rap", "Jazz"), year)


def test_atoms_of_mp4_are_read(tmp_path):
    av = pytest.importorskip("av")
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w") as file:
        stream = file.add_stream("aac", rate=16000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), "float32"), "fltp", "mono")
        frame.sample_rate = 16000
        for packet in (*stream.encode(frame), *stream.encode()):
            file.mux(packet)
    tags = mutagen.mp4.MP4(path)
    tags["\xa9gen"], tags["\xa9day"] = ["Melodic Metalcore"], ["2018-01-02"]
    tags.save()
    assert read_tags(path) == Tags(("Melodic Metalcore",), 2018)
    tags["\xa9gen"] = ["##"]
    tags.save()
    text = b"\xa9gen" + b"\0\0\0\x12data" + b"\0\0\0\1" + bytes(4) + b"##"
    number = b"gnre" + b"\0\0\0\x12data" + bytes(8) + (17 + 1).to_bytes(2, "big")
    assert text in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(text, number))
    assert read_tags(path) == Tags(("Rock",), 2018)


@pytest.mark.parametrize(
    ("tag", "genre"),
    [
        ("Metalcore", "metal"),
        ("Melodic Death Metal", "metal"),
        ("Folk Metal", "metal"),
        ("Symphonic Metal", "metal"),
        ("Trap", "hip hop"),
        ("HIP-HOP/Rap", "hip hop"),
        ("Rap-Metal", "metal"),
        ("Scraper", None),
        ("Rocksteady", None),
        ("Post-Hardcore", "hardcore"),
        ("Hardcore Hip Hop", "hip hop"),
        ("Classic Rock", "rock"),
        ("R&B", "soul"),
        ("Orchestra", "classical"),
        ("", None),
        ("–", None),
    ],
)
def test_a_tag_is_found_by_whole_words_and_the_longest_entry(tag, genre):
    assert read_genres().find(tag) == genre


def test_the_packages_table_has_all_of_the_old_systems_genres():
    with open(TABLE, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = read_genres()
    assert {"classical", "hardcore", "hip hop", "metal", "rock"} < set(table.genres)
    assert all(table.find(row["tag"]) == row["genre"] for row in rows)
    assert all(table.find(genre) == genre for genre in table.genres)


def test_a_folder_of_music_is_labelled_by_its_tags(media):
    music = list_music(media / "derived", progress=False)
    found = {
        path.name: labels
        for path, *labels in zip(
            music.paths, music.labels["genre"], music.labels["year"], strict=True
        )
    }
    assert found == {
        "tabla_id3v1_only.mp3": ["classical", "1991"],
        "tabla_id3v23.mp3": ["metal", "2007"],
        "tabla_id3v24_numeric.mp3": ["rock", "2015"],
        "tabla_s16_tagged.flac": ["rock", "1999"],
        "tabla_tagged.ogg": ["classical", "1985"],
        "tabla_tagged.opus": ["hip hop", "2004"],
    }
    reasons = {name.rsplit("/", 1)[1]: reason for name, reason in music.left_out}
    assert len(reasons) == 10
    assert reasons["tabla_genre_no_year.mp3"] == "It has no year."
    by_genre = list_music(media / "derived", conditions=["genre"], progress=False)
    assert len(by_genre.paths) == 7


def test_ones_own_table_decides(media, tmp_path):
    table = tmp_path / "genres.csv"
    table.write_text("tag,genre\nRock,loud\nMETAL,loud\nclassical,soft\n")
    music = list_music(media / "derived", read_genres(table), ["genre"], progress=False)
    assert set(music.labels["genre"]) == {"loud", "soft"}
    reasons = {name.rsplit("/", 1)[1]: reason for name, reason in music.left_out}
    assert reasons["tabla_tagged.opus"] == "Its genre is in no entry of the table: Hip-Hop"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tag\nrock\n", "Expected the columns genre in"),
        ("tag,genre\nrock,\n", "Expected a tag and a genre in line 2"),
        ("tag,genre\n--,rock\n", "Expected a tag and a genre in line 2"),
        ("tag,genre\nHip-Hop,rap\nhip hop,hip\n", "Expected one genre for 'hip hop'"),
    ],
)
def test_bad_tables_of_genres_are_refused(tmp_path, text, words):
    (tmp_path / "genres.csv").write_text(text)
    with pytest.raises(InputError, match=words):
        read_genres(tmp_path / "genres.csv")


def test_files_without_tags_are_named(tmp_path):
    with pytest.raises(InputError, match="there is no"):
        read_tags(tmp_path / "missing.mp3")
    (tmp_path / "text.mp3").write_text("no music")
    with pytest.raises(InputError, match="text.mp3"):
        read_tags(tmp_path / "text.mp3")
    noise(tmp_path / "a.flac")
    with pytest.raises(
        InputError, match="Expected files tagged with genre and year in .*None of 2"
    ):
        list_music(tmp_path, progress=False)
    with pytest.raises(InputError, match="Expected conditions of"):
        list_music(tmp_path, conditions=["mood"], progress=False)


def test_damaged_tags_are_an_error_or_read(media, tmp_path, rng):
    for name in ("tabla_id3v23.mp3", "tabla_tagged.ogg", "tabla_s16_tagged.flac"):
        whole = bytearray((media / "derived" / name).read_bytes()[:20000])
        path = tmp_path / name
        for _ in range(60):
            damaged = whole.copy()
            for place in rng.integers(0, 400, 4):
                damaged[place] = rng.integers(256)
            path.write_bytes(damaged[: rng.integers(1, len(damaged))])
            try:
                assert isinstance(read_tags(path), Tags)
            except InputError as error:
                assert name in str(error)  # noqa: PT017
        shutil.copy(media / "derived" / name, path)
        assert read_tags(path).genres


def test_an_empty_table_finds_nothing():
    assert GenreTable({}).find("Rock") is None
