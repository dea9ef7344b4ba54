"""Handwritten digits: networks over hundreds of epochs, a cross-validation, and one still running."""

import io

import matplotlib.pyplot as plt
import mlflow.data
import numpy as np
import pandas as pd
import reports
from recording import Script, Workspace
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from training import by_epochs

NAME = "Handwritten digits"
NOTE = """
## Reading the digits on a form

**1,797** scanned digits of 8 by 8 pixels. The form reader rejects what it isn't sure of, so
`accuracy` counts, and so does `val_loss`: an over-confident network rejects nothing.

> Next: the same with the scans of the second site.
"""
SOURCE = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
EPOCHS = 200

CHIDI = Script("chidi", "read_digits.py", revision=11)
BO = Script("bo", "folds.py", kind="JOB", revision=2)
EMRE = Script("emre", "digits.ipynb", kind="NOTEBOOK")


class Data:
    def __init__(self):
        digits = load_digits()
        self.inputs, self.truth = digits.data / 16.0, digits.target
        parts = train_test_split(
            self.inputs, self.truth, test_size=0.25, random_state=0, stratify=self.truth
        )
        self.train, self.test = (parts[0], parts[2]), (parts[1], parts[3])
        self.train_input, self.test_input = (
            mlflow.data.from_numpy(inputs, SOURCE, targets=truth, name=name)
            for (inputs, truth), name in [(self.train, "digits-train"), (self.test, "digits-test")]
        )


def record(workspace: Workspace) -> None:
    experiment = workspace.experiment(NAME, NOTE, team="document intake", priority="low")
    data = Data()
    linear(experiment, data)
    folds(experiment, data)
    networks(experiment, data)
    running(experiment, data)


def linear(experiment, data: Data) -> None:
    for number, alpha in enumerate([1e-5, 1e-4, 1e-3]):
        with experiment.run(f"linear, alpha {alpha:g}", EMRE, 17.6 - 0.05 * number, 4) as run:
            model = SGDClassifier(loss="log_loss", alpha=alpha, random_state=0)
            run.params(model="SGDClassifier", alpha=alpha, epochs=100)
            run.input(data.train_input, "training")
            watched = by_epochs(model, data.train, data.test, 100)
            run.curves(watched.curves)
            run.text("\n".join(watched.log) + "\n", "train.log")
            evaluate(run, data, model)

    with experiment.run("linear, alpha -0.0001", EMRE, 17.4, 0.1, status="FAILED") as run:
        run.params(model="SGDClassifier", alpha=-1e-4, epochs=100)
        watched = by_epochs(SGDClassifier(alpha=-1e-4), data.train, data.test, 100)
        run.text("\n".join(watched.log) + "\n", "train.log")
        run.tags(failure=str(watched.failure))


def evaluate(run, data: Data, model) -> dict[str, float]:
    found = model.predict(data.test[0])
    results = {
        "accuracy": accuracy_score(data.test[1], found),
        "f1_macro": f1_score(data.test[1], found, average="macro"),
    }
    run.metrics(**results)
    names = [str(digit) for digit in range(10)]
    run.json(reports.confusion(data.test[1], found, names), "evaluation/confusion_matrix.json")
    return results


def folds(experiment, data: Data) -> None:
    note = "Five folds of the network with 32 units, to know how much luck is in one split."
    with experiment.run("five folds", BO, 11.2, 31, note=note) as parent:
        parent.params(model="MLPClassifier", hidden="32", folds=5, epochs=60)
        accuracies = []
        splits = StratifiedKFold(5, shuffle=True, random_state=0).split(data.inputs, data.truth)
        for number, (train, valid) in enumerate(splits):
            days_ago = 11.2 - (0.5 + 6 * number) / 1440
            with experiment.run(f"fold {number + 1}", BO, days_ago, 5.6, parent=parent) as run:
                model = network((32,), 0.002)
                run.params(model="MLPClassifier", hidden="32", fold=number + 1, epochs=60)
                parts = [(data.inputs[rows], data.truth[rows]) for rows in (train, valid)]
                watched = by_epochs(model, *parts, 60)
                run.curves(watched.curves)
                accuracies.append(watched.curves["val_accuracy"][-1])
                run.metrics(accuracy=accuracies[-1])
        parent.metrics(accuracy=np.mean(accuracies), accuracy_std=np.std(accuracies))
        parent.json({"accuracy": accuracies}, "folds.json")


def network(hidden, rate: float, alpha: float = 1e-4) -> MLPClassifier:
    return MLPClassifier(
        hidden, learning_rate_init=rate, alpha=alpha, batch_size=128, random_state=0
    )


def networks(experiment, data: Data) -> None:
    settings = [
        ((16,), 0.001, 1e-4),
        ((32,), 0.001, 1e-4),
        ((32,), 0.01, 1e-4),
        ((32,), 0.05, 1e-4),
        ((32,), 0.001, 0.3),
        ((64, 32), 0.001, 1e-4),
    ]
    for number, (hidden, rate, alpha) in enumerate(settings):
        width = "-".join(map(str, hidden))
        name = f"network {width}, step {rate:g}, alpha {alpha:g}"
        with experiment.run(name, CHIDI, 7.3 - 1.1 * number, 33) as run:
            model = network(hidden, rate, alpha)
            run.params(
                model="MLPClassifier",
                hidden=width,
                learning_rate_init=rate,
                alpha=alpha,
                epochs=EPOCHS,
            )
            run.input(data.train_input, "training")
            run.input(data.test_input, "evaluation")
            watched = by_epochs(model, data.train, data.test, EPOCHS)
            run.curves(watched.curves)
            run.curves(watched.machine, every=5)
            run.text("\n".join(watched.log) + "\n", "train.log")
            results = evaluate(run, data, model)
            run.figure(reports.curves_figure(watched.curves, "loss"), "evaluation/figures/loss.png")
            if (hidden, rate) == ((32,), 0.001):
                run.model(model, data.test[0], results, data.test_input, alpha=alpha)
                look_inside(run, data, model)


def look_inside(run, data: Data, model: MLPClassifier) -> None:
    """What the network sees and where it errs: pictures, the weights, every prediction."""
    weights = model.coefs_[0]
    buffer = io.BytesIO()
    np.save(buffer, weights.astype(np.float32))
    run.bytes(buffer.getvalue(), "weights/first_layer.npy")
    scale = np.abs(weights).max()
    for unit in range(4):
        picture = np.kron(weights[:, unit].reshape(8, 8) / scale / 2 + 0.5, np.ones((12, 12)))
        run.client.log_image(
            run.run_id, (picture * 255).astype(np.uint8), key="hidden unit", step=unit,
            timestamp=run.end_ms,
        )
    found, chances = model.predict(data.test[0]), model.predict_proba(data.test[0])
    wrong = np.flatnonzero(found != data.test[1])[:12]
    figure, axes = plt.subplots(2, 6, figsize=(7, 2.8))
    for case, cell in zip(wrong, axes.flat):
        cell.imshow(data.test[0][case].reshape(8, 8), cmap="gray_r")
        cell.set_title(f"{data.test[1][case]} as {found[case]}", fontsize=9)
    for cell in axes.flat:
        cell.axis("off")
    run.figure(figure, "evaluation/figures/mistakes.png")
    table = pd.DataFrame(chances.round(4), columns=[f"chance_{digit}" for digit in range(10)])
    table.insert(0, "truth", data.test[1])
    table.insert(1, "prediction", found)
    run.frame(table, "evaluation/predictions.parquet")
    run.figure(
        reports.confusion_figure(data.test[1], found, list(range(10))),
        "evaluation/figures/confusion_matrix.png",
    )


def running(experiment, data: Data) -> None:
    """A run that the demo finds half-way: 130 of 400 epochs so far."""
    with experiment.run("network 128, 400 epochs", CHIDI, 23 / 1440, 22.5, status="RUNNING") as run:
        run.params(
            model="MLPClassifier", hidden="128", learning_rate_init=0.0005, alpha=1e-4, epochs=400
        )
        run.input(data.train_input, "training")
        watched = by_epochs(network((128,), 0.0005), data.train, data.test, 130)
        run.curves(watched.curves)
        run.curves(watched.machine, every=5)
        run.text("\n".join(watched.log) + "\n", "train.log")
