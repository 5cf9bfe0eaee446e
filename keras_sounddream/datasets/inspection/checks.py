"""Faults in a sound folder: broken, silent, clipped, repeated or leaking files."""

import contextlib
import dataclasses
import os
from collections.abc import Sequence

from keras_sounddream.datasets.inspection.fingerprints import (
    Fingerprint,
    find_matches,
    fingerprint_file,
)
from keras_sounddream.datasets.inspection.listing import find_crossing, list_known
from keras_sounddream.datasets.inspection.measures import Measures, in_parallel, measure_files
from keras_sounddream.digests import file_digest
from keras_sounddream.errors import InputError
from keras_sounddream.types import PathLike

KINDS = (
    *("broken", "missing", "joined", "silent", "cancelled", "clipped"),
    *("same_bytes", "same_sound", "shared_sound", "leak"),
)
CLIPPED_SHARE = 0.001  # share of clipped samples from which on a sound counts as clipped

_COMPARED = {"same_sound", "shared_sound", "leak"}


@dataclasses.dataclass(frozen=True)
class Finding:
    """A fault.

    Attributes:
        kind: one of `KINDS`.
        files: paths, relative to the folder.
        reason: in words.
    """

    kind: str
    files: tuple[str, ...]
    reason: str


@dataclasses.dataclass(frozen=True)
class Report:
    """Faults of a folder.

    Attributes:
        sounds: how many files were read.
        findings: in the order of `KINDS`.
    """

    sounds: int
    findings: tuple[Finding, ...]


def check(
    folder: PathLike,
    kinds: Sequence[str] = KINDS,
    clipped_share: float = CLIPPED_SHARE,
    progress: bool = True,
) -> Report:
    """Checks the sounds of a folder.

    * `broken`: cannot be read, holds no sound, or is truncated.
    * `missing`: named in the table (ESC-50's, UrbanSound8K's), but not there.
    * `joined`: holds several sounds, one after another, or bytes behind its end: many programs read
      the first sound alone.
    * `silent`: no 20 ms of it reach -60 dB of full scale.
    * `cancelled`: its channels cancel in their mean, as if one were inverted.
    * `clipped`: too large a share of its samples is in runs of three or more at full scale.
    * `same_bytes`: files that are equal.
    * `same_sound`: the same from beginning to end, perhaps at another level or in another codec.
    * `shared_sound`: half a second or more of the same, such as two cuts of one recording.
    * `leak`: one recording (by the table, or by names as in ESC-50 and UrbanSound8K), or the same
      sound, in two parts of the data: folds, or `train` and `test`.

    Args:
        folder: its path. Where it holds a table and no sound, the table is checked for leaks.
        kinds: faults to look for, of `KINDS`.
        clipped_share: share of clipped samples from which on a sound counts as clipped.
        progress: whether to show progress bars.

    Returns:
        how many sounds were read, and what was found.

    Raises:
        InputError: if there is no such folder or no sound in it, or a kind is unknown.
    """
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise InputError(f"Expected kinds of {', '.join(KINDS)}. Received: {', '.join(unknown)}")
    known, missing = list_known(folder)
    paths = [path for path in known if path.is_file()]
    findings = [Finding("missing", (name,), "The table names it.") for name in missing]
    findings += _faults(paths, measure_files(paths, progress=progress), clipped_share)
    copies = _copies(paths)
    similar = _similar(paths, progress) if _COMPARED & set(kinds) else []
    findings += [*copies, *_repeated(similar, copies)]
    findings += _leaks(known, copies + similar)
    findings = [_within(folder, finding) for finding in findings if finding.kind in kinds]
    return Report(len(paths), tuple(sorted(findings, key=lambda one: KINDS.index(one.kind))))


def _faults(paths, measured, clipped_share):
    for path, measures in zip(paths, measured, strict=True):
        if not isinstance(measures, Measures):
            yield Finding("broken", (path,), str(measures))
            continue
        if measures.joined > 1:
            yield Finding("joined", (path,), f"{measures.joined} sounds, one after another.")
        if measures.beyond:
            yield Finding("joined", (path,), f"{measures.beyond} bytes behind its stated end.")
        if measures.silent == 1:
            yield Finding("silent", (path,), f"Its peak is {measures.peak_db:.0f} dB.")
        elif measures.cancelled:
            yield Finding("cancelled", (path,), "Its channels cancel in their mean.")
        elif measures.clipped >= clipped_share:
            yield Finding("clipped", (path,), f"{measures.clipped:.2%} of its samples.")


def _copies(paths):
    """Files that are equal: only files of equal size are read."""
    sizes = {}
    for path in paths:
        with contextlib.suppress(OSError):  # that it cannot be read is a finding of its own
            sizes.setdefault(path.stat().st_size, []).append(path)
    digests = {}
    for size, members in sizes.items():
        for path in members if size and len(members) > 1 else ():
            with contextlib.suppress(OSError):
                digests.setdefault(file_digest(path), []).append(path)
    return [
        Finding("same_bytes", tuple(copies), f"{len(copies)} files.")
        for copies in digests.values()
        if len(copies) > 1
    ]


def _similar(paths, progress):
    """Pairs of sounds that are the same, or share a part."""
    prints = in_parallel(fingerprint_file, paths, "compare", progress)
    readable = [i for i, print_ in enumerate(prints) if isinstance(print_, Fingerprint)]
    pairs = []
    for match in find_matches([prints[i] for i in readable]):
        pair = paths[readable[match.first]], paths[readable[match.second]]
        words = f"{match.different:.1%} of the fingerprint differs."
        if not match.same:
            words = f"{match.seconds:.1f} s, shifted by {match.shift_seconds:.2f} s; {words}"
        pairs.append(Finding("same_sound" if match.same else "shared_sound", pair, words))
    return pairs


def _repeated(similar, copies):
    """One finding per sound in several files, and one per two sounds that share a part."""
    same = [pair.files for pair in similar if pair.kind == "same_sound"]
    groups = _joined([*(copy.files for copy in copies), *same])
    first = {path: group[0] for group in groups for path in group}
    copied = {tuple(sorted(copy.files)) for copy in copies}
    for group in groups:
        if tuple(group) not in copied:
            yield Finding("same_sound", tuple(group), f"{len(group)} files.")
    seen = set()
    for pair in similar:
        key = frozenset(first.get(path, path) for path in pair.files)
        if pair.kind == "shared_sound" and len(key) == 2 and key not in seen:
            seen.add(key)
            yield pair


def _joined(groups):
    """Unions of the groups that share a member, as sorted lists."""
    union_of = {}
    for group in groups:
        union = set(group).union(*(union_of[path] for path in group if path in union_of))
        union_of.update(dict.fromkeys(union, union))
    distinct = {id(union): union for union in union_of.values()}
    return sorted(sorted(union) for union in distinct.values())


def _leaks(known, repeated):
    reported = set()
    for recording, paths in find_crossing(known).items():
        reported.add(recording)
        parts = sorted({known[path].part for path in paths})
        words = f"Recording {recording} is in the parts {', '.join(parts)}."
        yield Finding("leak", tuple(paths), words)
    for finding in repeated:
        parts = {known[path].part for path in finding.files}
        recordings = {known[path].recording for path in finding.files}
        is_reported = len(recordings) == 1 and recordings <= reported
        if len(parts) > 1 and "" not in parts and not is_reported:
            words = f"The same sound is in the parts {', '.join(sorted(parts))}."
            yield Finding("leak", finding.files, words)


def _within(folder, finding):
    """The finding with paths relative to the folder."""
    names = (os.path.relpath(p, folder) if os.path.exists(p) else str(p) for p in finding.files)
    return dataclasses.replace(finding, files=tuple(names))
