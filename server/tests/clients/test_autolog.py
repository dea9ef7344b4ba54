"""Autologging of scikit-learn: params, metrics, plots, models and the runs of a grid search."""

import mlflow
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV


@pytest.fixture
def autolog(experiment):
    mlflow.sklearn.autolog(silent=True)
    yield experiment
    mlflow.sklearn.autolog(disable=True, silent=True)


def test_fitting_logs_params_metrics_plots_and_the_model(autolog, client):
    features, target = load_iris(return_X_y=True)
    with mlflow.start_run() as run:
        forest = RandomForestClassifier(n_estimators=7, random_state=0).fit(features, target)
        forest.score(features, target)

    stored = client.get_run(run.info.run_id)
    assert stored.data.params["n_estimators"] == "7"
    assert stored.data.metrics["training_accuracy_score"] == pytest.approx(1.0, abs=0.05)
    assert any(key.startswith("RandomForestClassifier_score") for key in stored.data.metrics)
    assert stored.data.tags["estimator_name"] == "RandomForestClassifier"
    assert "training_confusion_matrix.png" in {f.path for f in client.list_artifacts(run.info.run_id)}
    (model,) = stored.outputs.model_outputs
    assert mlflow.sklearn.load_model(f"models:/{model.model_id}").n_estimators == 7


def test_fitting_makes_a_run_by_itself(autolog, client):
    features, target = load_iris(return_X_y=True)
    RandomForestClassifier(n_estimators=3).fit(features, target)
    (run,) = client.search_runs([autolog])
    assert run.info.status == "FINISHED" and run.data.params["n_estimators"] == "3"


def test_a_grid_search_logs_a_child_for_each_candidate(autolog, client):
    features, target = load_iris(return_X_y=True)
    with mlflow.start_run() as parent:
        GridSearchCV(RandomForestClassifier(n_estimators=3, random_state=0), {"max_depth": [1, 2, 3]}, cv=2).fit(
            features, target
        )

    children = client.search_runs([autolog], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {run.data.params["max_depth"] for run in children} == {"1", "2", "3"}
    stored = client.get_run(parent.info.run_id)
    assert stored.data.params["best_max_depth"] in {"1", "2", "3"}
    assert "best_cv_score" in stored.data.metrics
    assert "cv_results.csv" in {f.path for f in client.list_artifacts(parent.info.run_id)}
