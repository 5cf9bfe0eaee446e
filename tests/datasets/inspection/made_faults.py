"""Sounds with something wrong, and sounds without."""

import numpy as np
import soundfile

RATE = 16000


def melody(rng, seconds=2.0, rate=RATE):
    """Notes in a little noise, none like another's: float64 `(samples,)`."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = np.repeat(rng.uniform(300, 2000, 40), -(-len(time) // 40))[: len(time)]
    notes = np.sin(2 * np.pi * np.cumsum(pitch) / rate) + np.sin(5 * np.cumsum(pitch) / rate)
    return 0.2 * notes + rng.normal(0, 0.02, len(time))


def write(path, samples, rate=RATE, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, **options)


def faulty_folder(folder, rng):
    """One of each fault, in the parts `train` and `test`; gives the findings to expect."""
    sounds = [melody(rng) for _ in range(6)]
    for place, sound in enumerate(sounds[:3]):
        write(folder / "train" / "good" / f"{place}.wav", sound)
    write(folder / "train" / "bad" / "silent.wav", np.zeros(RATE))
    write(folder / "train" / "bad" / "clipped.wav", np.clip(5 * sounds[3], -1, 32767 / 32768))
    whole = folder / "train" / "bad" / "torn.wav"
    write(whole, sounds[4])
    whole.write_bytes(whole.read_bytes()[:20000])
    (folder / "train" / "bad" / "text.wav").write_text("no sound")
    copy = folder / "train" / "bad" / "copy.wav"
    copy.write_bytes((folder / "train" / "good" / "0.wav").read_bytes())
    write(folder / "test" / "good" / "quiet.flac", 0.3 * sounds[1])
    write(folder / "test" / "good" / "cut.ogg", sounds[2][RATE // 3 : -RATE // 4])
    write(folder / "test" / "good" / "new.wav", sounds[5])
    return {
        ("broken", ("train/bad/text.wav",)),
        ("broken", ("train/bad/torn.wav",)),
        ("silent", ("train/bad/silent.wav",)),
        ("clipped", ("train/bad/clipped.wav",)),
        ("same_bytes", ("train/bad/copy.wav", "train/good/0.wav")),
        ("same_sound", ("test/good/quiet.flac", "train/good/1.wav")),
        ("shared_sound", ("test/good/cut.ogg", "train/good/2.wav")),
        ("leak", ("test/good/quiet.flac", "train/good/1.wav")),
        ("leak", ("test/good/cut.ogg", "train/good/2.wav")),
    }


def odd_folder(folder, rng):
    """Files at which readers stop, beside good ones; gives the findings to expect."""
    sounds = iter([melody(rng, 1.0) for _ in range(9)])
    write(folder / "good.wav", next(sounds))
    write(folder / "telephone.wav", next(sounds), 8000, subtype="GSM610")
    for name in ("chained.ogg", "rows.flac", "on.mp3", "behind.wav", "slow.wav"):
        write(folder / name, next(sounds))
    for name in ("chained.ogg", "rows.flac", "on.mp3"):
        (folder / name).write_bytes(2 * (folder / name).read_bytes())
    (folder / "behind.wav").write_bytes((folder / "behind.wav").read_bytes() + b"\1\2" * 999)
    slow = bytearray((folder / "slow.wav").read_bytes())
    slow[24:28] = (1).to_bytes(4, "little")
    (folder / "slow.wav").write_bytes(slow)
    write(folder / "integers.wav", 32768 * next(sounds), subtype="FLOAT")
    one = next(sounds)
    write(folder / "inverted.wav", np.stack([one, -one], axis=1))
    return {
        *((kind, (name,)) for kind, name in (("broken", "slow.wav"), ("broken", "integers.wav"))),
        *(("joined", (name,)) for name in ("chained.ogg", "rows.flac", "on.mp3", "behind.wav")),
        ("cancelled", ("inverted.wav",)),
    }
