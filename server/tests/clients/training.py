"""Sweeps the penalty of a linear classifier, as a user would: nothing in it knows which server it logs to."""

import math
import random

import matplotlib.pyplot as plt
import mlflow
import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import ConfusionMatrixDisplay, accuracy_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

EPOCHS = 40

random.seed(0)
np.random.seed(0)

cancer = load_breast_cancer(as_frame=True)
train, test = train_test_split(cancer.frame, test_size=0.25, random_state=0, stratify=cancer.frame["target"])


def features(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="target")


def fit(alpha: float) -> tuple[str, float]:
    """One candidate: a linear classifier, trained epoch by epoch."""
    with mlflow.start_run(run_name=f"alpha {alpha:g}", nested=True) as run:
        mlflow.log_params({"alpha": alpha, "epochs": EPOCHS, "model": "SGDClassifier"})
        mlflow.log_input(mlflow.data.from_pandas(train, name="breast cancer", targets="target"), context="training")
        mlflow.log_input(
            mlflow.data.from_pandas(test, name="breast cancer test", targets="target"), context="validation"
        )

        scale = StandardScaler().fit(features(train))
        classifier = SGDClassifier(loss="log_loss", alpha=alpha, learning_rate="constant", eta0=0.01, random_state=0)
        for epoch in range(EPOCHS):
            classifier.partial_fit(scale.transform(features(train)), train["target"], classes=[0, 1])
            for name, part in (("train", train), ("validation", test)):
                chances = classifier.predict_proba(scale.transform(features(part)))
                mlflow.log_metrics(
                    {
                        f"{name}_loss": log_loss(part["target"], chances),
                        f"{name}_accuracy": accuracy_score(part["target"], chances.argmax(axis=1)),
                    },
                    step=epoch,
                )

        model = make_pipeline(scale, classifier)
        predicted = model.predict(features(test))
        accuracy = accuracy_score(test["target"], predicted)

        figure, axes = plt.subplots()
        ConfusionMatrixDisplay.from_predictions(test["target"], predicted, ax=axes)
        mlflow.log_figure(figure, "figures/confusion.png")
        plt.close(figure)
        mlflow.log_table(pd.DataFrame({"target": test["target"], "predicted": predicted})[:20], "examples.json")
        mlflow.log_dict({"alpha": alpha, "classes": cancer.target_names.tolist()}, "config.json")
        mlflow.log_text(f"# alpha {alpha:g}\n\naccuracy **{accuracy:.3f}**\n", "report.md")
        mlflow.sklearn.log_model(model, name="classifier", input_example=features(train)[:3])
        mlflow.set_tag("diverged", not math.isfinite(accuracy))
        return run.info.run_id, accuracy


mlflow.set_experiment("breast cancer, linear")
with mlflow.start_run(run_name="sweep", description="Which penalty? See the children."):
    candidates = [fit(alpha) for alpha in (1e-4, 1e-2, 1.0)]
    best_id, best_accuracy = max(candidates, key=lambda candidate: candidate[1])
    mlflow.log_metric("best_accuracy", best_accuracy)
    mlflow.set_tag("best_run", best_id)

best = mlflow.search_runs(
    experiment_names=["breast cancer, linear"],
    filter_string="metrics.validation_accuracy > 0.9",
    order_by=["metrics.validation_accuracy DESC"],
)
print(best[["run_id", "params.alpha", "metrics.validation_accuracy"]].to_string(index=False))
