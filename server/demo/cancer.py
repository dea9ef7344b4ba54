"""Breast cancer screening: linear models and small networks, watched over hundreds of epochs."""

import mlflow.data
import numpy as np
import pandas as pd
import reports
from recording import Script, Workspace
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import precision_score, recall_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from training import Watched, by_epochs

NAME = "Breast cancer screening"
NOTE = """
## Malignant or benign, from a fine needle aspirate

30 measurements of cell nuclei for **569 patients**. A missed tumour costs far more than a second
biopsy, so the number to watch is `recall` at a precision that the clinic can live with.

| agreed with the clinic for the pilot | at least |
| --- | ---: |
| recall (malignant) | 0.93 |
| precision (malignant) | 0.90 |

Precision is *undefined* (NaN) as long as a model calls nobody ill.
"""
SOURCE = "https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic"
CLASSES = ["benign", "malignant"]

ANA = Script("ana", "train_linear.py", revision=7)
CHIDI = Script("chidi", "train_mlp.py", branch="wider", revision=3)
NIGHTLY = Script("dara", "nightly-retrain", kind="JOB", revision=9)


class Data:
    def __init__(self):
        cancer = load_breast_cancer(as_frame=True)
        frame = cancer.data.assign(malignant=1 - cancer.target)
        self.features = list(cancer.data.columns)
        train, test = train_test_split(
            frame, test_size=0.3, random_state=1, stratify=frame["malignant"]
        )
        self.scaler = StandardScaler().fit(train[self.features])
        self.frame, self.test_frame = train, test
        self.train, self.test = (
            (self.scaler.transform(part[self.features]), part["malignant"].to_numpy())
            for part in (train, test)
        )
        self.raw = [
            (part[self.features].to_numpy(), part["malignant"].to_numpy()) for part in (train, test)
        ]
        self.train_input, self.test_input = (
            mlflow.data.from_pandas(part, SOURCE, targets="malignant", name=name)
            for part, name in [(train, "screening-train"), (test, "screening-test")]
        )


def record(workspace: Workspace) -> None:
    experiment = workspace.experiment(NAME, NOTE, team="diagnostics", priority="high")
    data = Data()
    linear(experiment, data)
    networks(experiment, data)
    diverged(experiment, data)
    interrupted(experiment, data)
    nightly(experiment, data)


def clinical(model, data) -> dict[str, float]:
    inputs, truth = data
    found = model.predict(inputs)
    hits, called, ill = np.sum(found * truth), np.sum(found), np.sum(truth)
    return {
        "val_precision": float(hits / called) if called else float("nan"),
        "val_recall": float(hits / ill),
    }


def finish(run, watched: Watched, model, test) -> dict[str, float]:
    """Records the curves and, unless the training failed, what the clinic asks for."""
    run.curves(watched.curves)
    run.curves(watched.machine, every=5)
    run.text("\n".join(watched.log) + "\n", "train.log")
    if watched.failure:
        return {}
    chances = model.predict_proba(test[0])[:, 1]
    found = model.predict(test[0])
    results = {
        "roc_auc": roc_auc_score(test[1], chances),
        "recall": recall_score(test[1], found),
        "precision": precision_score(test[1], found, zero_division=np.nan),
    }
    run.metrics(**results)
    run.json(reports.roc(test[1], chances), "evaluation/roc.json")
    run.json(reports.confusion(test[1], found, CLASSES), "evaluation/confusion_matrix.json")
    run.figure(
        reports.roc_figure(test[1], chances, results["roc_auc"]), "evaluation/figures/roc.svg"
    )
    return results


def linear(experiment, data: Data) -> None:
    settings = [(1e-4, 0.0001), (1e-4, 0.001), (1e-4, 0.01), (1e-2, 0.001), (1e-2, 0.01)]
    for number, (alpha, rate) in enumerate(settings):
        name = f"SGD, step {rate:g}, alpha {alpha:g}"
        with experiment.run(name, ANA, 24.1 - 0.04 * number, 9, phase="baseline") as run:
            model = SGDClassifier(
                loss="log_loss", alpha=alpha, learning_rate="constant", eta0=rate, random_state=0
            )
            run.params(model="SGDClassifier", alpha=alpha, eta0=rate, epochs=300, scaled=True)
            run.input(data.train_input, "training")
            watched = by_epochs(model, data.train, data.test, 300, clinical)
            finish(run, watched, model, data.test)
            coefficients = reports.bars(data.features, model.coef_[0], "coefficient, scaled inputs")
            run.figure(coefficients, "evaluation/figures/coefficients.png")

    for number, weight in enumerate([3, 6, 10]):
        name = f"SGD, a miss counts {weight} times"
        with experiment.run(name, ANA, 18.3 - 0.03 * number, 9, phase="candidate") as run:
            model = SGDClassifier(
                loss="log_loss",
                alpha=0.01,
                learning_rate="constant",
                eta0=0.001,
                class_weight={0: 1, 1: weight},
                random_state=0,
            )
            run.params(model="SGDClassifier", alpha=0.01, eta0=0.001, epochs=300, scaled=True)
            run.params(malignant_weight=weight)
            run.input(data.train_input, "training")
            run.input(data.test_input, "evaluation")
            watched = by_epochs(model, data.train, data.test, 300, clinical)
            results = finish(run, watched, model, data.test)
            if weight == 6:
                run.model(model, data.test[0], results, data.test_input, malignant_weight=weight)
                run.tags(candidate="true")

    note = "Forgot the scaler. Kept as a *warning*: the loss jumps around and never settles."
    with experiment.run("SGD, raw units", ANA, 23.6, 8, note=note, phase="baseline") as run:
        model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=0.01, random_state=0)
        run.params(model="SGDClassifier", alpha=1e-4, eta0=0.01, epochs=300, scaled=False)
        run.input(data.train_input, "training")
        finish(run, by_epochs(model, *data.raw, 300, clinical), model, data.raw[1])


def networks(experiment, data: Data) -> None:
    note = "Four widths, everything else alike."
    with experiment.run("network widths", CHIDI, 15.2, 62, note=note, phase="sweep") as parent:
        parent.params(model="MLPClassifier", learning_rate_init=0.002, epochs=300)
        rows = []
        for number, hidden in enumerate([(4,), (16,), (32, 16), (64, 32)]):
            name = "-".join(map(str, hidden))
            days_ago = 15.2 - (1 + 15 * number) / 1440
            with experiment.run(f"network {name}", CHIDI, days_ago, 14, parent=parent) as run:
                rows.append({"hidden": name, **network(run, data, hidden, 0.002, 300)})
        table = pd.DataFrame(rows)
        parent.metrics(best_roc_auc=table["roc_auc"].max(), best_recall=table["recall"].max())
        parent.frame(table, "widths.csv")


def network(run, data: Data, hidden, rate: float, epochs: int, alpha: float = 1e-4, model_too=False):
    model = MLPClassifier(
        hidden, learning_rate_init=rate, alpha=alpha, batch_size=64, random_state=0
    )
    width = "-".join(map(str, hidden))
    run.params(
        model="MLPClassifier", hidden=width, learning_rate_init=rate, alpha=alpha, epochs=epochs
    )
    run.input(data.train_input, "training")
    run.input(data.test_input, "evaluation")
    watched = by_epochs(model, data.train, data.test, epochs, clinical)
    results = finish(run, watched, model, data.test)
    if results:
        run.figure(reports.curves_figure(watched.curves, "loss"), "evaluation/figures/loss.png")
    if results and model_too:
        run.model(model, data.test[0], results, data.test_input, hidden=width, alpha=alpha)
        found = model.predict(data.test[0])
        predictions = data.test_frame.assign(
            prediction=found, chance=model.predict_proba(data.test[0])[:, 1]
        )
        run.frame(predictions, "evaluation/predictions.parquet")
        remarks = "Scaled inputs, the network's own threshold of one half."
        run.text(
            reports.classification_markdown(NAME, data.test[1], found, CLASSES, remarks), "report.md"
        )
        area = results["roc_auc"]
        roc = reports.roc_figure(data.test[1], predictions["chance"], area)
        page = reports.html_page(NAME, remarks, [reports.svg(roc)], predictions.head(12).iloc[:, -6:])
        run.text(page, "report.html")
    return results


def diverged(experiment, data: Data) -> None:
    """Steps so large that the weights leave the range of a double: a real failure."""
    name, note = "network, step 1e150", "A typo in the step size (`1e150`). Failed as it should."
    with experiment.run(name, CHIDI, 9.3, 0.4, status="FAILED", note=note) as run:
        model = MLPClassifier((16,), solver="sgd", learning_rate_init=1e150, random_state=0)
        run.params(model="MLPClassifier", hidden="16", learning_rate_init=1e150, epochs=300)
        run.input(data.train_input, "training")
        watched = by_epochs(model, data.train, data.test, 300, clinical)
        finish(run, watched, model, data.test)
        run.tags(failure=str(watched.failure))


def interrupted(experiment, data: Data) -> None:
    """Stopped by hand when the loss on the hold-out had risen for long enough."""
    note = "Stopped by hand: `val_loss` rises since epoch 2."
    name = "network 64-32, fast"
    with experiment.run(name, CHIDI, 8.4, 5.3, status="KILLED", note=note) as run:
        model = MLPClassifier((64, 32), learning_rate_init=0.01, batch_size=64, random_state=0)
        run.params(model="MLPClassifier", hidden="64-32", learning_rate_init=0.01, epochs=300)
        run.input(data.train_input, "training")
        watched = by_epochs(model, data.train, data.test, 117, clinical)
        run.curves(watched.curves)
        run.curves(watched.machine, every=5)
        run.text("\n".join(watched.log) + "\n^C\n", "train.log")


def nightly(experiment, data: Data) -> None:
    """The same training each night, with more regularisation from run to run; one trains long."""
    for days_ago, alpha in [(6.1, 0.01), (5.1, 0.1), (4.1, 1.0), (3.1, 3.0)]:
        with experiment.run(f"nightly, alpha {alpha:g}", NIGHTLY, days_ago, 21, phase="nightly") as run:
            network(run, data, (16,), 0.002, 300, alpha, model_too=alpha in (0.1, 1.0))
    note = "Fifteen hundred epochs, to see whether *patience* helps. It doesn't."
    with experiment.run("long run", NIGHTLY, 1.9, 96, note=note, phase="nightly") as run:
        network(run, data, (16,), 0.001, 1500, 0.1, model_too=True)
