"""Diabetes progression: boosting stage by stage, against linear models that nearly keep up."""

import mlflow.data
import numpy as np
import pandas as pd
import reports
from recording import Script, Workspace
from sklearn.datasets import load_diabetes
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import ElasticNet, Lasso, Ridge, SGDRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split

NAME = "Diabetes progression in a year"
NOTE = """
## How far will it progress?

Ten values at the first visit of **442 patients**; the target is a measure of progression one year
later (25 to 346). The team decides on `rmse` of the hold-out, in the target's own units.

1. A linear model that a clinician can read: *is it good enough?*
2. If not, what does boosting gain?
"""
SOURCE = "https://www4.stat.ncsu.edu/~boos/var.select/diabetes.html"
STAGES = 400

EMRE = Script("emre", "boosting.py", revision=5)
DARA = Script("dara", "linear.ipynb", kind="NOTEBOOK")
ANA = Script("ana", "online_sgd.py", branch="online", revision=1)


class Data:
    def __init__(self):
        diabetes = load_diabetes(as_frame=True, scaled=False)
        self.features = list(diabetes.data.columns)
        self.train, self.test = train_test_split(diabetes.frame, test_size=0.3, random_state=2)
        self.train_input, self.test_input = (
            mlflow.data.from_pandas(part, SOURCE, targets="target", name=name)
            for part, name in [(self.train, "diabetes-train"), (self.test, "diabetes-test")]
        )
        self.mean, self.spread = self.train[self.features].mean(), self.train[self.features].std()

    def split(self, frame: pd.DataFrame, scaled: bool = False):
        inputs = frame[self.features]
        return ((inputs - self.mean) / self.spread if scaled else inputs), frame["target"]


def record(workspace: Workspace) -> None:
    experiment = workspace.experiment(NAME, NOTE, team="chronic care", priority="medium")
    data = Data()
    linear(experiment, data)
    online(experiment, data)
    boosting(experiment, data)


def results_of(truth, found) -> dict[str, float]:
    return {
        "rmse": root_mean_squared_error(truth, found),
        "mae": mean_absolute_error(truth, found),
        "r2": r2_score(truth, found),
    }


def linear(experiment, data: Data) -> None:
    models = [("mean of the training set", DummyRegressor(), {})]
    models += [(f"ridge {a:g}", Ridge(a), {"alpha": a}) for a in (0.1, 1.0, 10.0, 100.0)]
    models += [(f"lasso {a:g}", Lasso(a), {"alpha": a}) for a in (0.1, 1.0)]
    models += [("elastic net", ElasticNet(0.1, l1_ratio=0.5), {"alpha": 0.1, "l1_ratio": 0.5})]
    inputs, target = data.split(data.train, scaled=True)
    test_inputs, truth = data.split(data.test, scaled=True)
    for number, (name, model, params) in enumerate(models):
        with experiment.run(name, DARA, 21.3 - 0.02 * number, 0.3, phase="linear") as run:
            run.params(model=type(model).__name__, **params)
            run.input(data.train_input, "training")
            model.fit(inputs, target)
            found = model.predict(test_inputs)
            results = results_of(truth, found)
            run.metrics(**results)
            run.figure(reports.residuals_figure(truth, found, "progression"), "figures/residuals.png")
            if hasattr(model, "coef_"):
                table = pd.DataFrame({"feature": data.features, "coefficient": model.coef_})
                run.metrics(nonzero_coefficients=int(np.count_nonzero(model.coef_)))
                run.frame(table, "coefficients.csv")
            if name == "ridge 10":
                run.model(model, test_inputs, results, data.test_input, alpha=10.0)


def online(experiment, data: Data) -> None:
    """Online least squares: two step sizes that work, and one whose error explodes."""
    train, test = data.split(data.train, scaled=True), data.split(data.test, scaled=True)
    for number, rate in enumerate([1e-4, 1e-3, 2.0]):
        with experiment.run(f"online, step {rate:g}", ANA, 10.4 - 0.2 * number, 6) as run:
            run.params(model="SGDRegressor", eta0=rate, epochs=250)
            run.input(data.train_input, "training")
            model = SGDRegressor(learning_rate="constant", eta0=rate, random_state=0)
            curves = {"train_rmse": [], "val_rmse": []}
            for _ in range(250):
                model.partial_fit(*train)
                for key, (inputs, target) in zip(curves, (train, test)):
                    miss = model.predict(inputs) - target
                    curves[key].append(float(np.sqrt(np.mean(np.square(miss)))))
            run.curves(curves)
            run.metrics(**results_of(test[1], model.predict(test[0])))


def boosting(experiment, data: Data) -> None:
    note = f"{STAGES} stages each; `val_rmse` by stage says where to stop."
    with experiment.run("boosting sweep", EMRE, 2.7, 44, note=note, phase="sweep") as parent:
        parent.params(model="GradientBoostingRegressor", stages=STAGES)
        parent.input(data.train_input, "training")
        rows, best, least = [], None, float("inf")
        grid = [(rate, depth) for rate in (0.01, 0.03, 0.1, 0.3) for depth in (2, 3)]
        for number, (rate, depth) in enumerate(grid):
            name = f"step {rate:g}, depth {depth}"
            days_ago = 2.7 - (0.5 + 5.4 * number) / 1440
            with experiment.run(name, EMRE, days_ago, 5, parent=parent) as run:
                model, results = boost(run, data, rate, depth)
            rows.append({"learning_rate": rate, "max_depth": depth, **results})
            if results["rmse"] < least:
                best, least = (model, rows[-1]), results["rmse"]
        report(parent, data, pd.DataFrame(rows), *best)


def boost(run, data: Data, rate: float, depth: int):
    """All stages are fitted; the model that counts is cut where the hold-out error is least."""
    inputs, target = data.split(data.train)
    test_inputs, truth = data.split(data.test)
    run.params(model="GradientBoostingRegressor", learning_rate=rate, max_depth=depth, stages=STAGES)
    run.input(data.train_input, "training")
    run.input(data.test_input, "validation")
    model = GradientBoostingRegressor(
        n_estimators=STAGES, learning_rate=rate, max_depth=depth, subsample=0.7, random_state=0
    ).fit(inputs, target)
    curves = {
        "train_rmse": [root_mean_squared_error(target, p) for p in model.staged_predict(inputs)],
        "val_rmse": [root_mean_squared_error(truth, p) for p in model.staged_predict(test_inputs)],
    }
    run.curves(curves)
    stop = int(np.argmin(curves["val_rmse"])) + 1
    model.set_params(n_estimators=stop).fit(inputs, target)
    results = {**results_of(truth, model.predict(test_inputs)), "best_stage": stop}
    run.metrics(**results)
    run.figure(reports.bars(data.features, model.feature_importances_, "importance"), "importance.png")
    return model, results


def report(run, data: Data, table: pd.DataFrame, model, best: dict) -> None:
    test_inputs, truth = data.split(data.test)
    found = model.predict(test_inputs)
    run.metrics(**results_of(truth, found))
    run.params(best_learning_rate=best["learning_rate"], best_max_depth=best["max_depth"])
    run.frame(table, "sweep.csv")
    run.frame(data.test.assign(prediction=found), "predictions.parquet")
    run.figure(reports.residuals_figure(truth, found, "progression"), "report.pdf")
    run.figure(reports.residuals_figure(truth, found, "progression"), "figures/residuals.svg")
    run.text(f"# Boosting\n\nThe best of {len(table)}:\n\n```\n{best}\n```\n", "report.md")
    run.model(model, test_inputs, results_of(truth, found), data.test_input, **best)
