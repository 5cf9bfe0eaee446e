"""Fuzzes the parsers of files.

    python tests/fuzz/run.py                          # the targets
    python tests/fuzz/run.py sound --seconds 3600     # by coverage, with atheris
    python tests/fuzz/run.py sound npz --tries 20000  # by seeded mutations, without atheris
    python tests/fuzz/run.py sound --try 4711         # one of those again, with its traceback

With `--seconds`, atheris (pip install atheris) mutates what reaches new lines, stops at the first
fault and keeps the file in `--folder`; give the command again to go on. With `--tries` each try is
made from its number, faults are counted by kind and place, and none ends the run.
"""

import argparse
import contextlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[1]))

from fuzz import isolated  # noqa: E402


def main():
    if sys.argv[1:2] == ["--worker"]:
        jobs, place, seed = sys.argv[2:]
        isolated.work(jobs, place, int(seed))
        return 0
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    parser.add_argument("--seconds", type=int, help="of coverage-guided fuzzing, by atheris")
    parser.add_argument("--tries", type=int, default=1000, help="of each target  [1000]")
    parser.add_argument("--try", type=int, dest="number", help="one try, with its traceback")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--folder", type=pathlib.Path, default=pathlib.Path("fuzz-found"))
    options = parser.parse_args()
    from fuzz.targets import TARGETS

    if not options.targets:
        print("\n".join(TARGETS))
        return 0
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    if options.number is not None:
        return again(TARGETS[options.targets[0]], options)
    if options.seconds:
        return guided(options.targets[0], options)
    return counted(options)


def again(target, options):
    """One try, whose bytes are kept and whose traceback is shown."""
    from fuzz.mutations import mutated

    data = mutated(target.seeds(), options.seed, options.number)
    options.folder.mkdir(exist_ok=True)
    path = options.folder / f"{options.targets[0]}-{options.seed}-{options.number}"
    path.write_bytes(data)
    print(f"{path}: {len(data)} bytes")
    print(target.outcome(data))
    return 0


def counted(options):
    """Seeded tries of every target, in processes of their own; exits with 1 on a fault."""
    plan = [(name, 0, options.tries) for name in options.targets]
    counts = isolated.run(plan, options.seed)
    for name, count in counts.items():
        print(f"{name}: {count.tries} tries, {dict(count.outcomes)}")
        for fault in count.faults.values():
            print(f"  {fault['times']} x {fault['kind']} in {fault['where']}: {fault['said']}")
            print(f"    python tests/fuzz/run.py {name} --seed {options.seed} --try {fault['try']}")
    return int(any(count.num_faults for count in counts.values()))


def guided(name, options):
    """Fuzzing by coverage: atheris, its mutations and ours in turn."""
    import atheris

    with atheris.instrument_imports(include=["keras_sounddream", "mutagen", "zipfile", "json"]):
        from fuzz.targets import TARGETS

        target = TARGETS[name]
        seeds = target.seeds()
        for data in seeds:
            with contextlib.suppress(Exception):
                target.outcome(data)  # imports what it needs, to be instrumented
    from fuzz.mutations import mutated

    folder = options.folder.resolve() / name
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(seeds):
        (corpus / f"seed-{number}").write_bytes(data)

    def mutate(data, most, seed):
        made = mutated([data or b"\0"], seed, 1) if seed % 2 else atheris.Mutate(data, most)
        return made[:most]

    limits = ["-rss_limit_mb=6000", "-timeout=60", f"-max_total_time={options.seconds}"]
    arguments = [*limits, f"-artifact_prefix={folder}/", "-max_len=200000", str(corpus)]
    atheris.Setup([sys.argv[0], *arguments], target.outcome, custom_mutator=mutate)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
