"""Exports, read back with pandas and pyarrow, against what `mlflow.search_runs` says."""

import io
import math
import urllib.request

import mlflow
import pandas as pd
import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.countersign


@pytest.fixture
def runs(experiment):
    """Three runs: with everything, with values that aren't finite, with nothing."""
    with mlflow.start_run(run_name="full"):
        mlflow.log_params({"lr": "-0.1", "name": "two, words"})
        mlflow.log_metrics({"auc": 0.1 + 0.2, "loss": 1e-300})
        mlflow.set_tag("note", 'a "quoted"\nline')
    with mlflow.start_run(run_name="odd"):
        mlflow.log_metrics({"auc": math.nan, "loss": math.inf})
        for step in range(300):
            mlflow.log_metric("curve", step**0.5, step=step)
    with mlflow.start_run(run_name="bare"):
        pass
    return mlflow.search_runs([experiment], order_by=["start_time ASC"])


@pytest.fixture
def fetch(uri, experiment):
    def fetch(path):
        with urllib.request.urlopen(f"{uri}/api/v1/experiments/{experiment}/{path}") as reply:
            return io.BytesIO(reply.read())

    return fetch


def assert_same(expected, found):
    found = found[expected.columns].copy()
    for column in expected.columns:
        if column in ("start_time", "end_time"):
            found[column] = pd.to_datetime(found[column], utc=True).astype(expected[column].dtype)
        elif column.startswith("metrics."):
            found[column] = found[column].astype(float)
        else:
            found[column] = found[column].astype(object).where(found[column].notna(), None)
            expected = expected.assign(**{column: expected[column].where(expected[column].notna(), None)})
    pd.testing.assert_frame_equal(expected, found, check_exact=True, check_dtype=False)


def test_parquet_is_what_search_runs_says(runs, fetch):
    file = fetch("runs.parquet?order_by=start_time%20ASC")
    schema = pq.read_schema(file)
    assert str(schema.field("start_time").type) == "timestamp[ms, tz=UTC]"
    assert str(schema.field("metrics.auc").type) == "double"
    found = pd.read_parquet(file)
    assert set(found.columns) == set(runs.columns)
    assert_same(runs, found)


def test_csv_and_json_are_what_search_runs_says(runs, fetch):
    texts = {"run_id": str, "experiment_id": str}
    texts |= {column: str for column in runs.columns if column.startswith(("params.", "tags."))}
    csv = fetch("runs.csv?order_by=start_time%20ASC")
    assert_same(runs, pd.read_csv(csv, dtype=texts, float_precision="round_trip"))
    for ending, lines in (("json", False), ("jsonl", True)):
        file = fetch(f"runs.{ending}?order_by=start_time%20ASC")
        found = pd.read_json(file, lines=lines, dtype=False, precise_float=True)
        assert_same(runs, found)


def test_curves_are_what_the_client_says(runs, fetch, client):
    found = pd.read_parquet(fetch("metrics.parquet?metric=curve"))
    run_id = runs[runs["tags.mlflow.runName"] == "odd"]["run_id"].item()
    history = sorted(client.get_metric_history(run_id, "curve"), key=lambda point: point.step)
    found = found.sort_values("step")
    assert list(found["value"]) == [point.value for point in history]
    assert list(found["step"]) == list(range(300))
    assert set(found["run_id"]) == {run_id}
    odd = pd.read_csv(fetch("metrics.csv?metric=auc&metric=loss")).set_index(["run_id", "metric"])["value"]
    assert math.isnan(odd[run_id, "auc"]) and odd[run_id, "loss"] == math.inf
