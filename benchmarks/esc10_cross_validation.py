"""Five-fold cross-validation of LogMelCNN on ESC-10, by the official folds.

    python benchmarks/esc10_cross_validation.py --data ESC-10 --work FOLDER [--precision …]

Trains on four folds and measures on the fifth, five times; nothing is chosen by the fold that is
left out. Writes the section Accuracy of the model card, whose other parts stay; then
`python saved_models/exports/make.py --keep` puts the card's hash into the manifest. A fold whose
weights are in FOLDER (`fold1.npz` …) is not trained again, and one that was interrupted goes on.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from keras_sounddream.applications import LogMelCNN, weights
from keras_sounddream.files import written_beside
from keras_sounddream.training import evaluation
from keras_sounddream.training.recipes import esc10

CARD = pathlib.Path(__file__).parents[1] / "saved_models" / "log_mel_cnn_esc10.md"

TEXT = """## Accuracy

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
"""


def measure(data, work, fold, precision):
    """Confusion matrix of the fold that is left out."""
    path = work / f"fold{fold}.npz"
    if not path.exists():
        model = esc10.train(data, fold, work / f"fold{fold}", precision=precision)
        with written_beside(path) as temporary:
            weights.save(model, temporary)
    return esc10.evaluate(LogMelCNN(weights=str(path)), data, [fold])


def section(accuracies, fold5, total):
    """The card's section: accuracies in percent, of the folds and of the shipped weights; counts."""
    rows = zip(esc10.LABELS, total, strict=True)
    return TEXT.format(
        accuracies=" | ".join(f"{accuracy:.2f}" for accuracy in accuracies),
        mean=np.mean(accuracies),
        spread=np.std(accuracies, ddof=1),
        fold5=fold5,
        heads=" | ".join(esc10.LABELS),
        rule="---|" * len(esc10.LABELS),
        confusion="\n".join(f"| {name} | {' | '.join(map(str, row))} |" for name, row in rows),
    )


def with_section(card, text):
    """A card with `text` in place of its section of that heading."""
    heading = text.partition("\n")[0]
    before, found, rest = card.partition(f"\n{heading}\n")
    if not found:
        raise SystemExit(f"{CARD} has no section {heading!r} to write into.")
    _, mark, after = rest.partition("\n## ")
    return f"{before}\n{text}{mark}{after}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--precision", default="float32")
    arguments = parser.parse_args()
    confusions = [
        measure(arguments.data, arguments.work, fold, arguments.precision) for fold in esc10.FOLDS
    ]
    accuracies = 100 * np.array([evaluation.accuracy(confusion) for confusion in confusions])
    shipped = esc10.evaluate(LogMelCNN(), arguments.data, [5])
    text = section(accuracies, 100 * evaluation.accuracy(shipped), np.sum(confusions, axis=0))
    CARD.write_text(with_section(CARD.read_text(), text))
    print(text)


if __name__ == "__main__":
    main()
