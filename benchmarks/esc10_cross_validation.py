"""Five-fold cross-validation of LogMelCNN on ESC-10, by the official folds.

    python benchmarks/esc10_cross_validation.py --data ESC-10 --work FOLDER [--precision …]

Trains on four folds and measures on the fifth, five times; nothing is chosen by the fold that is
left out. Writes the model card. A fold whose weights are in FOLDER (`fold1.npz` …) is not trained
again, and one that was interrupted goes on.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream.applications import LogMelCNN, base, weights
from keras_sounddream.files import written_beside
from keras_sounddream.training import evaluation
from keras_sounddream.training.recipes import esc10

CARD = pathlib.Path(__file__).parents[1] / "saved_models" / "log_mel_cnn_esc10.md"

TEXT = """# LogMelCNN, ESC-10

Weights of `keras_sounddream.applications.LogMelCNN(weights="esc10")`, float16, {size:.1f} MB.

- **What it is for**: naming ten everyday sounds, and being dreamed on. Not for safety or
  surveillance: it was trained on 318 clips.
- **Input**: mono waveform at 24 kHz, any length from 0.1 s. **Output**: softmax over
  {labels}.
- **Training**: folds 1 to 4 of ESC-10; fold 5 was left out. The recipe is
  `keras_sounddream/training/esc10.py`: {epochs} passes, AdamW with a cosine schedule, random crops
  of 2.5 s, five playing speeds, filters, between-class mixtures, masks. It took about {minutes}
  minutes a fold on two cores with `--precision mixed_bfloat16`:

  ```
  sounddream train esc10 --data ESC-10 --fold 5 --precision mixed_bfloat16 -o weights.npz
  ```

## Accuracy

Five-fold cross-validation with the official folds. The recipe was fixed before the first fold was
measured, the number of passes included, and the last weights of each run were measured once; no
test clip was used for any choice. (Afterwards the seeding of dropout was changed, so that an
interrupted run resumes exactly: a new run draws the same batches but other dropouts, and will not
give these weights to the byte.)

| fold left out | 1 | 2 | 3 | 4 | 5 | mean ± standard deviation |
|---|---|---|---|---|---|---|
| accuracy (%) | {accuracies} | **{mean:.2f} ± {spread:.2f}** |

Fold 5 with the shipped weights: **{fold5:.2f} %**, as
`sounddream evaluate log_mel_cnn --weights esc10 --data ESC-10 --fold 5` prints.

For comparison (as their authors state them): SoundNet-8 features and an SVM 92.2 %, human
listeners 95.7 %.

Confusion, all five folds; rows are the true classes:

| | {heads} |
|---|{rule}
{confusion}

## Data, licence, credits

ESC-10: K. J. Piczak, *ESC: Dataset for Environmental Sound Classification*, ACM Multimedia 2015,
https://doi.org/10.1145/2733373.2806390, CC BY 3.0, clips from Freesound under CC0 and CC BY 3.0 by
their authors (the attribution list comes with the data set, github.com/karolpiczak/ESC-10). Its two
clips under CC Sampling Plus 1.0 were left out of the training and kept in the test folds. The
weights come under Apache-2.0.
"""


def measure(data, work, fold, precision):
    """Confusion matrix of the fold that is left out."""
    path = work / f"fold{fold}.npz"
    if not path.exists():
        model = esc10.train(data, fold, work / f"fold{fold}", precision=precision)
        with written_beside(path) as temporary:
            weights.save(model, temporary)
    return esc10.evaluate(LogMelCNN(weights=str(path)), data, [fold])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--minutes", default="10", help="what a fold took, for the card")
    arguments = parser.parse_args()
    confusions = [
        measure(arguments.data, arguments.work, fold, arguments.precision) for fold in esc10.FOLDS
    ]
    accuracies = 100 * np.array([evaluation.accuracy(confusion) for confusion in confusions])
    shipped = esc10.evaluate(LogMelCNN(), arguments.data, [5])
    total = np.sum(confusions, axis=0)
    rows = zip(esc10.LABELS, total, strict=True)
    card = TEXT.format(
        size=base.shipped_path("log_mel_cnn_esc10.npz").stat().st_size / 1e6,
        labels=", ".join(esc10.LABELS),
        epochs=esc10.EPOCHS,
        minutes=arguments.minutes,
        accuracies=" | ".join(f"{accuracy:.2f}" for accuracy in accuracies),
        mean=accuracies.mean(),
        spread=accuracies.std(ddof=1),
        fold5=100 * evaluation.accuracy(shipped),
        heads=" | ".join(esc10.LABELS),
        rule="---|" * len(esc10.LABELS),
        confusion="\n".join(f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows),
    )
    CARD.write_text(card)
    print(card)


if __name__ == "__main__":
    main()
