"""Data sets as inputs of runs."""

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities import Dataset, DatasetInput, InputTag
from mlflow.exceptions import MlflowException


def named(name, digest="d", context=None, **rest):
    tags = [InputTag("mlflow.data.context", context)] if context else []
    return DatasetInput(Dataset(name, digest, "local", "/data", **rest), tags)


def test_a_data_frame_is_an_input_with_schema_profile_and_context(experiment, client):
    frame = pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]})
    with mlflow.start_run() as run:
        mlflow.log_input(
            mlflow.data.from_pandas(frame, source="https://example.org/data.csv", name="pairs", targets="y"),
            context="training",
        )
        mlflow.log_input(mlflow.data.from_numpy(np.zeros((3, 2)), name="zeros"), tags={"a": "b"})

    inputs = {item.dataset.name: item for item in client.get_run(run.info.run_id).inputs.dataset_inputs}
    assert set(inputs) == {"pairs", "zeros"}
    pairs = inputs["pairs"].dataset
    assert pairs.source_type == "http" and "example.org" in pairs.source
    assert '"x"' in pairs.schema and "num_rows" in pairs.profile and pairs.digest
    assert [(tag.key, tag.value) for tag in inputs["pairs"].tags] == [("mlflow.data.context", "training")]
    assert [(tag.key, tag.value) for tag in inputs["zeros"].tags] == [("a", "b")]
    source = mlflow.data.get_source(mlflow.get_run(run.info.run_id).inputs.dataset_inputs[0])
    assert source is not None


def test_the_same_data_set_twice_is_one_input(run_id, client):
    client.log_inputs(run_id, [named("d", context="train"), named("d", context="other")])
    client.log_inputs(run_id, [named("d", context="again")])
    (only,) = client.get_run(run_id).inputs.dataset_inputs
    assert [tag.value for tag in only.tags] == ["train"]


def test_another_digest_is_another_data_set(run_id, client):
    client.log_inputs(run_id, [named("d", "1"), named("d", "2")])
    assert {item.dataset.digest for item in client.get_run(run_id).inputs.dataset_inputs} == {"1", "2"}


def test_runs_are_found_by_their_data_sets(experiment, client):
    runs = {}
    for name, context in [("wine", "train"), ("wine", "eval"), ("Digits", "train")]:
        runs[name, context] = client.create_run(experiment).info.run_id
        client.log_inputs(runs[name, context], [named(name, f"digest of {name}", context)])

    def found(condition):
        return {run.info.run_id for run in client.search_runs([experiment], condition)}

    wine = {runs["wine", "train"], runs["wine", "eval"]}
    digits = {runs["Digits", "train"]}
    assert found("dataset.name = 'wine'") == wine
    assert found("datasets.name LIKE 'w%'") == wine
    assert found("dataset.name ILIKE 'digits'") == digits
    assert found("dataset.name IN ('wine', 'other')") == wine
    assert found("dataset.digest = 'digest of Digits'") == digits
    assert found("dataset.context = 'train' AND dataset.name = 'wine'") == {runs["wine", "train"]}
    assert found("dataset.context = 'nothing'") == set()


@pytest.mark.parametrize(
    "too_long",
    [
        named("n" * 501),
        named("n", "d" * 37),
        named("n", schema="s" * 1_048_576),
        named("n", context="c" * 501),
        DatasetInput(Dataset("n", "d", "local", "/"), [InputTag("k" * 256, "v")]),
    ],
    ids=["name", "digest", "schema", "context", "tag"],
)
def test_what_is_too_long_is_refused(run_id, client, too_long):
    with pytest.raises(MlflowException) as error:
        client.log_inputs(run_id, [too_long])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run_id).inputs.dataset_inputs == []


def test_a_data_set_is_logged_while_a_model_is_fitted(experiment, client):
    from sklearn.linear_model import LogisticRegression

    mlflow.sklearn.autolog(log_models=False)
    try:
        with mlflow.start_run() as run:
            LogisticRegression().fit(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1]))
    finally:
        mlflow.sklearn.autolog(disable=True)
    (item,) = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert [tag.value for tag in item.tags] == ["train"]
