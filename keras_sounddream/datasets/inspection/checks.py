"""Finds what is wrong with a folder of sounds: broken, silent, clipped, repeated, leaking."""

import dataclasses
import hashlib
import os

from keras_sounddream.datasets.inspection.fingerprints import (
    Fingerprint,
    find_matches,
    fingerprint_file,
)
from keras_sounddream.datasets.inspection.listing import find_crossing, list_known
from keras_sounddream.datasets.inspection.measures import Measures, in_parallel, measure_files
from keras_sounddream.errors import InputError

KINDS = (
    *("broken", "missing", "silent", "clipped"),
    *("same_bytes", "same_sound", "shared_sound", "leak"),
)
CLIPPED_SHARE = 0.001  # of the samples, from which on a sound is clipped

_COMPARED = {"same_sound", "shared_sound", "leak"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something wrong.

    Attributes:
        kind: str, of `KINDS`.
        files: tuple of str, paths in the folder.
        reason: str, in words.
    """

    kind: str
    files: tuple
    reason: str


@dataclasses.dataclass(frozen=True)
class Report:
    """What was checked, and what is wrong with it.

    Attributes:
        sounds: int, how many files were read.
        findings: tuple of `Finding`, in the order of `KINDS`.
    """

    sounds: int
    findings: tuple


def check(folder, kinds=KINDS, clipped_share=CLIPPED_SHARE, progress=True):
    """Checks the sounds of a folder.

    * `broken`: cannot be read, holds no sound, or breaks off.
    * `missing`: the table (ESC-50's, UrbanSound8K's) names it, and it is not there.
    * `silent`: no 20 ms of it reach -60 dB of full scale.
    * `clipped`: too large a share of its samples is in runs of three or more at full scale.
    * `same_bytes`: files that are equal.
    * `same_sound`: the same from begin to end, at another level or in another coding perhaps.
    * `shared_sound`: half a second or more of the same, such as two cuts of one recording.
    * `leak`: one recording (by the table, or by names as in ESC-50 and UrbanSound8K), or the same
      sound, in two parts of the data: folds, or `train` and `test`.

    Args:
        folder: str or path. Where it holds a table and no sound, that is checked for leaks.
        kinds: sequence of str, of `KINDS`, what to look for.
        clipped_share: float, from which on a sound is clipped.
        progress: bool, whether to show progress bars.

    Returns:
        `Report`.

    Raises:
        InputError: if there is no such folder or no sound in it, or a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise InputError(f"Expected kinds of {', '.join(KINDS)}. Received: {', '.join(unknown)}")
    known, missing = list_known(folder)
    paths = [path for path in known if path.is_file()]
    findings = [Finding("missing", (name,), "The table names it.") for name in missing]
    findings += _of_each(paths, measure_files(paths, progress=progress), clipped_share)
    copies = _copies(paths)
    alike = _alike(paths, progress) if _COMPARED & set(kinds) else []
    findings += [*copies, *_repeated(alike, copies)]
    findings += _leaks(known, copies + alike)
    found = [_within(folder, finding) for finding in findings if finding.kind in kinds]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return Report(len(paths), tuple(sorted(found, key=lambda each: order[each.kind])))


def _of_each(paths, measured, clipped_share):
    for path, found in zip(paths, measured, strict=True):
        if not isinstance(found, Measures):
            yield Finding("broken", (path,), str(found))
        elif found.silent == 1:
            yield Finding("silent", (path,), f"Its peak is {found.peak_db:.0f} dB.")
        elif found.clipped >= clipped_share:
            yield Finding("clipped", (path,), f"{found.clipped:.2%} of its samples.")


def _copies(paths):
    """Files that are equal: only those of one size are read."""
    sizes = {}
    for path in paths:
        sizes.setdefault(path.stat().st_size, []).append(path)
    digests = {}
    for size, members in sizes.items():
        for path in members if size and len(members) > 1 else ():
            with open(path, "rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            digests.setdefault(digest, []).append(path)
    return [
        Finding("same_bytes", tuple(each), f"{len(each)} files.")
        for each in digests.values()
        if len(each) > 1
    ]


def _alike(paths, progress):
    """Pairs of sounds that are the same, or share a part."""
    prints = in_parallel(fingerprint_file, paths, "compare", progress)
    told = [i for i, each in enumerate(prints) if isinstance(each, Fingerprint)]
    found = []
    for match in find_matches([prints[i] for i in told]):
        pair = paths[told[match.first]], paths[told[match.second]]
        words = f"{match.different:.1%} of the fingerprint differs."
        if not match.same:
            words = f"{match.seconds:.1f} s, shifted by {match.shift_seconds:.2f} s; {words}"
        found.append(Finding("same_sound" if match.same else "shared_sound", pair, words))
    return found


def _repeated(alike, copies):
    """Each sound that is in several files once, and each two sounds that share a part once."""
    same = [pair.files for pair in alike if pair.kind == "same_sound"]
    groups = _joined([*(each.files for each in copies), *same])
    first = {path: group[0] for group in groups for path in group}
    copied = {tuple(sorted(each.files)) for each in copies}
    for group in groups:
        if tuple(group) not in copied:
            yield Finding("same_sound", tuple(group), f"{len(group)} files.")
    seen = set()
    for pair in alike:
        key = frozenset(first.get(path, path) for path in pair.files)
        if pair.kind == "shared_sound" and len(key) == 2 and key not in seen:
            seen.add(key)
            yield pair


def _joined(groups):
    """Joins groups that share a member; gives sorted lists."""
    found = {}
    for group in groups:
        whole = set(group).union(*(found[path] for path in group if path in found))
        found.update(dict.fromkeys(whole, whole))
    return sorted(sorted(group) for group in {id(each): each for each in found.values()}.values())


def _leaks(known, repeated):
    told = set()
    for recording, paths in find_crossing(known).items():
        told.add(recording)
        parts = sorted({known[path].part for path in paths})
        words = f"Recording {recording} is in the parts {', '.join(parts)}."
        yield Finding("leak", tuple(paths), words)
    for each in repeated:
        parts = {known[path].part for path in each.files}
        recordings = {known[path].recording for path in each.files}
        if len(parts) > 1 and "" not in parts and not (len(recordings) == 1 and recordings <= told):
            words = f"The same sound is in the parts {', '.join(sorted(parts))}."
            yield Finding("leak", each.files, words)


def _within(folder, finding):
    """The finding with paths that begin in the folder."""
    names = (os.path.relpath(p, folder) if os.path.exists(p) else str(p) for p in finding.files)
    return dataclasses.replace(finding, files=tuple(names))
