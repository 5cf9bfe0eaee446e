"""Counts what breaks in other hands: damaged files, threads, kills, odd sounds, full disks, signals.

    python benchmarks/robustness.py                     # every row, some hours
    python benchmarks/robustness.py files kills         # some rows
    python benchmarks/robustness.py --column before --scale 0.2    # on an older commit, fewer tries

Each part of a row runs in a process of its own and is stored as soon as it is done, in
docs/benchmarks/robustness/counts.json; the same command goes on with the parts that are missing, or
that were counted on another state of the package. --again counts anew. Writes
docs/benchmarks/robustness/index.md.
"""

import argparse
import contextlib
import importlib
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

from keras_sounddream.processor import describe

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # this checkout is counted, whatever is installed
PAGE = ROOT / "docs" / "benchmarks" / "robustness" / "index.md"
COUNTS = PAGE.with_name("counts.json")
ROWS = ("files", "threads", "kills", "soak", "sounds", "disk", "signals")
PART_SECONDS = 4 * 3600  # of one part
SHOWN = 6  # kinds of fault of a row
PATHS = re.compile(r"(?:/[\w.+-]+)+/(?=[\w.+-])")  # of this machine


def module(row):
    return importlib.import_module(f"robustness_{row}")


def environment():
    """That of processes which use this checkout."""
    paths = [str(ROOT), str(ROOT / "tests"), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "CUDA_VISIBLE_DEVICES": ""}


@contextlib.contextmanager
def shared_inputs():
    """Files that several parts read are made once."""
    with tempfile.TemporaryDirectory(prefix="robustness-") as folder:
        os.environ["ROBUSTNESS_INPUTS"] = folder
        yield


def run_part(row, part, scale):
    """Counts of one part, in a process of its own: `tries`, `faults` by kind, `examples`."""
    with tempfile.TemporaryDirectory(prefix="robustness-") as folder:
        out = pathlib.Path(folder, "counts")
        command = [sys.executable, __file__, "--part", row, part, "--scale", str(scale)]
        begun = time.time()
        try:
            process = subprocess.run(
                [*command, "--out", str(out)],
                env=environment() | {"TMPDIR": folder},
                capture_output=True,
                timeout=PART_SECONDS,
            )
            code, said = process.returncode, process.stderr.decode(errors="replace")
        except subprocess.TimeoutExpired:
            code, said = "none", "it hangs"
        if out.exists():
            found = json.loads(out.read_text())
        else:
            line = (said.strip().splitlines() or [""])[-1][:300]
            found = {"tries": 1, "faults": {f"the process ends ({code})": 1}, "examples": [line]}
    examples = [PATHS.sub("…/", example) for example in found.get("examples", ())]
    about = {"seconds": round(time.time() - begun), "package": package(), "scale": scale}
    return {**found, "examples": examples, **about}


def package():
    """Git's name of the state of the package."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD:keras_sounddream"]
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()[:12]


def read_counts():
    return json.loads(COUNTS.read_text()) if COUNTS.exists() else {}


def store(column, row, part, found):
    """Writes the counts of a part, beside and renamed."""
    counts = read_counts()
    held = counts.setdefault(column, {"rows": {}})
    held["processor"], held["python"] = describe(), platform.python_version()
    held["rows"].setdefault(row, {})[part] = found
    COUNTS.parent.mkdir(parents=True, exist_ok=True)
    beside = COUNTS.with_suffix(".new")
    beside.write_text(json.dumps(counts, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    beside.replace(COUNTS)


def summed(parts):
    """Tries, faults and faults by kind of the parts of a row."""
    kinds = {}
    for found in parts.values():
        for kind, count in found["faults"].items():
            kinds[kind] = kinds.get(kind, 0) + count
    return sum(found["tries"] for found in parts.values()), sum(kinds.values()), kinds


def cells(counts, column, row):
    """Tries, faults, and the commonest kinds in words; `–` where nothing was counted."""
    parts = counts.get(column, {}).get("rows", {}).get(row)
    if not parts:
        return "–", "–", ""
    tries, faults, kinds = summed(parts)
    common = sorted(kinds.items(), key=lambda item: -item[1])[:SHOWN]
    return f"{tries:,}", f"{faults:,}", ", ".join(f"{count:,} {kind}" for kind, count in common)


def write_page():
    counts = read_counts()
    lines = ["# Robustness", "", "Written by `benchmarks/robustness.py`.", ""]
    lines += ["A fault is a traceback, a process that dies or hangs, a file half written or left"]
    lines += [
        "over, or an answer that is wrong without a word. [counts.json](counts.json) holds each"
    ]
    lines += ["part with examples. `python benchmarks/robustness.py` counts all that is missing,"]
    lines += [f"`python benchmarks/robustness.py ROW` one row: {', '.join(ROWS)}.", ""]
    lines += ["| kind | tries before | faults before | tries after | faults after |"]
    lines += ["|---|---|---|---|---|"]
    for row in ROWS:
        before, after = (cells(counts, column, row)[:2] for column in ("before", "after"))
        lines.append(f"| {module(row).TITLE} | {' | '.join((*before, *after))} |")
    for column in ("before", "after"):
        held = counts.get(column)
        if not held:
            continue
        lines += ["", f"## Faults {column}", ""]
        lines += [f"On {held['processor']}, Python {held['python']}."]
        lines += ["", "| row | faults by kind |", "|---|---|"]
        lines += [f"| {row} | {cells(counts, column, row)[2] or 'none'} |" for row in held["rows"]]
    lines += ["", "Next: [fuzz targets](../../contributing.md), or the [list](../index.md)."]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(lines) + "\n")


def count(options):
    """Counts the parts that are missing, and stores each."""
    for row in options.rows or ROWS:
        for part in module(row).PARTS:
            held = read_counts().get(options.column, {}).get("rows", {}).get(row, {}).get(part)
            known = held and held["package"] == package() and not options.again
            if known or (options.only and part not in options.only):
                continue
            found = run_part(row, part, options.scale)
            store(options.column, row, part, found)
            line = f"{row}/{part}: {found['tries']} tries, faults: {found['faults'] or 'none'}"
            print("\n    ".join([line, *found.get("examples", ())]), flush=True)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}  [all]")
    parser.add_argument("--column", choices=("before", "after"), default="after")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the tries  [1]")
    parser.add_argument("--only", metavar="PART", action="append", help="a part of the rows")
    parser.add_argument("--again", action="store_true", help="also what is counted already")
    parser.add_argument("--page", action="store_true", help="write the page alone")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--out", type=pathlib.Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        row, part = options.part
        found = module(row).run(part, options.scale)
        options.out.write_text(json.dumps(found))
        return 0
    if not options.page:
        with shared_inputs():
            count(options)
    write_page()
    faults = sum(cells(read_counts(), "after", row)[1] not in ("0", "–") for row in ROWS)
    return int(options.column == "after" and faults > 0)


if __name__ == "__main__":
    sys.exit(main())
