"""Model card of UrbanSoundCNN's weights: accuracy on the fold that was left out.

python benchmarks/urban_sound_card.py --data ESC-10 [--minutes 35]
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from keras_sounddream.applications import UrbanSoundCNN, base
from keras_sounddream.training import evaluation
from keras_sounddream.training.recipes import esc10

CARD = pathlib.Path(__file__).parents[1] / "saved_models" / "urban_sound_cnn_esc10.md"

TEXT = """# UrbanSoundCNN, ESC-10

Weights of `keras_sounddream.applications.UrbanSoundCNN(weights="esc10")`, architecture `xsmall` with
the log-mel front end, float16, {size:.1f} MB.

- **What it is for**: being dreamed on, as the networks of deepdreaming-sounds-tensorflow were meant to
  be, and naming ten everyday sounds ([LogMelCNN](log_mel_cnn_esc10.md) does that better). Not for
  safety or surveillance: it was trained on 318 clips.
- **Input**: mono waveform at 24 kHz, any length from 0.1 s. **Output**: softmax over
  {labels}.
- **Training**: folds 1 to 4 of ESC-10; fold 5 was left out. The recipe is
  `keras_sounddream/training/esc10.py`: {epochs} passes, AdamW with a cosine schedule, random crops
  of 2.5 s, five playing speeds, filters, between-class mixtures, masks. It took about {minutes} minutes
  on two busy cores:

  ```
  sounddream train esc10 --model urban_sound_cnn --epochs {epochs} --data ESC-10 --fold 5 --precision mixed_bfloat16 -o weights.npz
  ```

- **Why ESC-10**: UrbanSound8K, which the network is named after, may not be used commercially. How to
  train on it: `docs/models/urban_sound_cnn.md`.

## Accuracy

Fold 5 with the shipped weights: **{accuracy:.2f} %**, as
`sounddream evaluate urban_sound_cnn --weights esc10 --data ESC-10 --fold 5` prints. (One fold of 80
clips: a clip is 1.25 points.) The last weights of the run were measured once. The number of mel bands
(40, not 64) and the dropout (0.3, not 0.5) were chosen by runs of 60 passes on folds 1 to 3, measured
on fold 4.

Confusion on fold 5; rows are the true classes:

| | {heads} |
|---|{rule}
{confusion}

## Data, licence, credits

ESC-10: K. J. Piczak, *ESC: Dataset for Environmental Sound Classification*, ACM Multimedia 2015,
https://doi.org/10.1145/2733373.2806390, CC BY 3.0, clips from Freesound under CC0 and CC BY 3.0 by
their authors (the attribution list comes with the data set, github.com/karolpiczak/ESC-10). Its two
clips under CC Sampling Plus 1.0 were left out of the training and kept in the test folds. The
network's layout: github.com/verrannt/deepdreaming-sounds-tensorflow (MIT). The weights come under
Apache-2.0.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--epochs", type=int, default=280)
    parser.add_argument("--minutes", default="35", help="what the training took")
    arguments = parser.parse_args()
    confusion = esc10.evaluate(UrbanSoundCNN(), arguments.data, [5])
    rows = zip(esc10.LABELS, confusion, strict=True)
    card = TEXT.format(
        size=base.shipped_path("urban_sound_cnn_esc10.npz").stat().st_size / 1e6,
        labels=", ".join(esc10.LABELS),
        epochs=arguments.epochs,
        minutes=arguments.minutes,
        accuracy=100 * evaluation.accuracy(confusion),
        heads=" | ".join(esc10.LABELS),
        rule="---|" * len(esc10.LABELS),
        confusion="\n".join(f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows),
    )
    CARD.write_text(card)
    print(card)


if __name__ == "__main__":
    main()
