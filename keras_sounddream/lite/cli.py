"""`sounddream-lite`: classifies, dreams, filters, sonifies and generates with exported files."""

import argparse
import json
import math
import os
import sys
from collections.abc import Sequence

import keras_sounddream
from keras_sounddream.errors import InputError
from keras_sounddream.generation.condition_labels import name_labels
from keras_sounddream.lite.classifier import Classifier, Embedder
from keras_sounddream.lite.dreamer import Dreamer
from keras_sounddream.lite.generator import Generator
from keras_sounddream.lite.io import check_sound_output, load, save
from keras_sounddream.lite.live_filter import live
from keras_sounddream.lite.sonifier import METHODS, sonify
from keras_sounddream.lite.sound_filter import Filter
from keras_sounddream.lite.streams import decode_pcm, read_blocks, record, standard


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line: exit code 0, 1 if interrupted, or 2 for bad input (one line)."""
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
        if sys.stdout is not None:  # as it is where it is closed
            sys.stdout.flush()
        return 0
    except SystemExit as error:  # of argparse: help, or a wrong argument
        return int(error.code or 0)
    except InputError as error:
        print(f"sounddream-lite: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print("sounddream-lite: interrupted", file=sys.stderr)
        return 1


def _parser():
    parser = argparse.ArgumentParser("sounddream-lite", description=__doc__.split(": ")[1])
    version = f"%(prog)s {keras_sounddream.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, run, text in (
        ("classify", _classify, "Names the likeliest classes of sounds."),
        ("dream", _dream, "Dreams a sound."),
        ("stream", _stream, "Names the likeliest classes of a stream from a microphone or a pipe."),
        ("filter", _filter, "Filters a sound."),
        ("live", _live, "Filters a stream from a microphone or a pipe, while it is played."),
        ("sonify", _sonify, "Makes the features of a sound audible."),
        ("generate", _generate, "Generates a sound, sample by sample."),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        command.add_argument("model", help="a .tflite file, or a folder of several lengths")
        command.add_argument("--threads", type=_positive(int), default=1, metavar="N")
        if name in ("classify", "stream"):
            command.add_argument("--top", type=_positive(int), default=5, metavar="N")
            command.add_argument("--labels", metavar="FILE", help="one per line, if it holds none")
            command.add_argument("--rate", type=_positive(int), metavar="HZ", help=_FOREIGN)
            command.add_argument("--json", action="store_true", help="write lines of JSON")
        _ARGUMENTS[name](command)
    return parser


_FOREIGN = "sample rate of a third-party file"


def _classify_arguments(command):
    command.add_argument("sounds", nargs="+", metavar="IN")


def _dream_arguments(command):
    command.add_argument("sound", metavar="IN")
    command.add_argument("-o", "--output", required=True, metavar="OUT.wav")
    command.add_argument(
        "--steps", type=_positive(int), metavar="N", help="steps of dream_step files"
    )
    command.add_argument("--force", action="store_true", help="replace a file that exists")


def _stream_arguments(command):
    text = "- for raw 16-bit samples on standard input; by default the microphone"
    command.add_argument("source", nargs="?", choices=["-"], metavar="-", help=text)
    command.add_argument("--device", metavar="NAME", help="microphone, as `arecord -L` names it")
    command.add_argument("--hop", type=_positive(float), default=0.5, metavar="SECONDS")
    text = "print only classes with a higher score"
    command.add_argument("--above", type=float, default=-math.inf, metavar="SCORE", help=text)


def _filter_arguments(command):
    command.add_argument("sound", metavar="IN")
    command.add_argument("-o", "--output", required=True, metavar="OUT.wav")
    command.add_argument("--force", action="store_true", help="replace a file that exists")


def _live_arguments(command):
    text = "- for raw 16-bit samples on standard input; by default the microphone"
    command.add_argument("source", nargs="?", choices=["-"], metavar="-", help=text)
    text = "- for raw 16-bit samples on standard output; by default the loudspeaker"
    command.add_argument("-o", "--output", choices=["-"], metavar="-", help=text)
    command.add_argument("--device", metavar="NAME", help="microphone, as `arecord -L` names it")
    command.add_argument("--speaker", metavar="NAME", help="loudspeaker, as `aplay -L` names it")


def _sonify_arguments(command):
    command.add_argument("sound", metavar="IN")
    command.add_argument("-o", "--output", required=True, metavar="OUT.wav")
    command.add_argument("--method", choices=METHODS, default="ifft")
    command.add_argument("--hop", type=_positive(float), default=0.1, metavar="SECONDS")
    command.add_argument("--force", action="store_true", help="replace a file that exists")


def _generate_arguments(command):
    command.add_argument("-o", "--output", required=True, metavar="OUT.wav")
    text = "one per condition of the file; NAME=LABEL where several have that label"
    command.add_argument("--condition", action="append", default=[], metavar="LABEL", help=text)
    command.add_argument("--seconds", type=_positive(float), default=1.0, metavar="SECONDS")
    command.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same sound")
    text = "below 1 more predictable, above 1 more varied, 0 always the likeliest"
    command.add_argument("--temperature", type=float, default=1.0, metavar="T", help=text)
    command.add_argument("--force", action="store_true", help="replace a file that exists")


_ARGUMENTS = {
    "classify": _classify_arguments,
    "dream": _dream_arguments,
    "stream": _stream_arguments,
    "filter": _filter_arguments,
    "live": _live_arguments,
    "sonify": _sonify_arguments,
    "generate": _generate_arguments,
}


def _classify(options):
    classifier = _open_classifier(options)
    for path in options.sounds:
        scores = classifier.scores(load(path, classifier.sample_rate))
        best = classifier.best(scores, options.top)
        if options.json:
            print(json.dumps({"sound": path, "best": _named(best)}))
        else:
            print(path, *(f"  {score:6.1%}  {label}" for _, label, score in best), sep="\n")


def _dream(options):
    check_sound_output(options.output, options.force)
    dreamer = Dreamer(options.model, threads=options.threads)
    dream = dreamer.dream(load(options.sound, dreamer.sample_rate), options.steps)
    save(options.output, dream, dreamer.sample_rate, options.force)


def _filter(options):
    check_sound_output(options.output, options.force)
    dreamer = Filter(options.model, threads=options.threads)
    filtered = dreamer.filter(load(options.sound, dreamer.sample_rate))
    save(options.output, filtered, dreamer.sample_rate, options.force)


def _live(options):
    names = ("source", "output", "threads", "device", "speaker")
    live(options.model, **{name: getattr(options, name) for name in names})


def _sonify(options):
    check_sound_output(options.output, options.force)
    embedder = Embedder(options.model, threads=options.threads)
    waveform = load(options.sound, embedder.sample_rate)
    save(options.output, *sonify(embedder, waveform, options.method, options.hop), options.force)


def _generate(options):
    check_sound_output(options.output, options.force)
    generator = Generator(options.model, threads=options.threads)
    labels = name_labels(options.condition, generator.conditions)
    settings = {"seed": options.seed, "temperature": options.temperature}
    waveform = generator.generate(options.seconds, **settings, **labels)
    save(options.output, waveform, generator.sample_rate, options.force)


def _stream(options):
    classifier = _open_classifier(options)
    classifier.warm_up()
    if options.source:
        blocks = decode_pcm(read_blocks(standard("stdin")))
    else:
        blocks = record(classifier.sample_rate, options.device)
    try:
        for second, scores in classifier.stream(blocks, options.hop):
            best = [row for row in classifier.best(scores, options.top) if row[2] > options.above]
            if options.json:
                print(json.dumps({"seconds": second, "best": _named(best)}), flush=True)
            elif best:
                named = "  ".join(f"{score:6.1%} {label}" for _, label, score in best)
                print(f"{second:8.1f} s  {named}", flush=True)
    finally:
        _print_latency(classifier.latency, options.hop)


def _print_latency(latency, hop):
    if latency["calls"]:
        median, longest = (1000 * latency[key] for key in ("median", "longest"))
        print(
            f"sounddream-lite: {latency['calls']} windows, {median:.1f} ms each (median; longest "
            f"{longest:.1f} ms), one due every {1000 * hop:.0f} ms",
            file=sys.stderr,
        )


def _open_classifier(options):
    labels = None
    if options.labels:
        try:
            with open(options.labels, encoding="utf-8") as file:
                labels = file.read().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"Cannot read the labels {options.labels}: {error}.") from None
    return Classifier(
        options.model, threads=options.threads, labels=labels, sample_rate=options.rate
    )


def _named(best):
    return [{"label": label, "score": round(score, 6)} for _, label, score in best]


def _positive(kind):
    def number(text):
        value = kind(text)
        if not 0 < value < 1e9:
            raise ValueError
        return value

    number.__name__ = "number above zero"
    return number


if __name__ == "__main__":
    sys.exit(main())
