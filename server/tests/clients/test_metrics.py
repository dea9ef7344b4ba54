"""Metrics: single and batched, special values, which one is last, and the whole history."""

import math
import sys

import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException


def points(client, run_id, key):
    return [(m.step, m.timestamp, m.value) for m in client.get_metric_history(run_id, key)]


def test_a_metric_comes_back_to_the_last_bit(client, run_id):
    values = [
        0.1,
        1 / 3,
        math.pi,
        5e-324,
        sys.float_info.max,
        -sys.float_info.max,
        sys.float_info.min,
        1e22,
        123456789.123456789,
    ]
    for step, value in enumerate(values):
        client.log_metric(run_id, "bits", value, timestamp=1000 + step, step=step)
    assert [m.value.hex() for m in client.get_metric_history(run_id, "bits")] == [value.hex() for value in values]


def test_the_last_value_is_that_of_the_greatest_step(client, run_id):
    for step, value in [(5, 0.5), (9, 0.9), (7, 0.7)]:
        client.log_metric(run_id, "acc", value, timestamp=1000, step=step)
    assert client.get_run(run_id).data.metrics == {"acc": 0.9}


def test_of_equal_steps_the_later_timestamp_is_last_and_of_equal_timestamps_the_greater_value(client, run_id):
    client.log_metric(run_id, "acc", 0.9, timestamp=1000, step=1)
    client.log_metric(run_id, "acc", 0.2, timestamp=2000, step=1)
    assert client.get_run(run_id).data.metrics == {"acc": 0.2}
    client.log_metric(run_id, "acc", 0.3, timestamp=2000, step=1)
    client.log_metric(run_id, "acc", 0.1, timestamp=2000, step=1)
    assert client.get_run(run_id).data.metrics == {"acc": 0.3}


def test_the_same_rule_holds_inside_one_batch(client, run_id):
    client.log_batch(run_id, metrics=[Metric("acc", 0.5, 10, 5), Metric("acc", 0.9, 20, 3), Metric("acc", 0.4, 10, 5)])
    assert client.get_run(run_id).data.metrics == {"acc": 0.5}
    assert len(points(client, run_id, "acc")) == 3


def test_a_negative_step_is_a_step(client, run_id):
    client.log_metric(run_id, "loss", 1.0, timestamp=1, step=-3)
    client.log_metric(run_id, "loss", 2.0, timestamp=2, step=-1)
    assert points(client, run_id, "loss") == [(-3, 1, 1.0), (-1, 2, 2.0)]
    assert client.get_run(run_id).data.metrics == {"loss": 2.0}


def test_steps_and_timestamps_keep_sixty_four_bits(client, run_id):
    client.log_metric(run_id, "far", 1.0, timestamp=2**62, step=2**62 + 1)
    assert points(client, run_id, "far") == [(2**62 + 1, 2**62, 1.0)]


def test_nan_is_kept(client, run_id):
    client.log_metric(run_id, "loss", math.nan, timestamp=1, step=1)
    client.log_batch(run_id, metrics=[Metric("loss", math.nan, 2, 2), Metric("fine", 1.0, 2, 2)])
    assert all(math.isnan(value) for _, _, value in points(client, run_id, "loss"))
    metrics = client.get_run(run_id).data.metrics
    assert math.isnan(metrics["loss"]) and metrics["fine"] == 1.0


def test_infinity_is_at_least_the_largest_double(client, run_id):
    client.log_metric(run_id, "up", math.inf)
    client.log_metric(run_id, "down", -math.inf)
    metrics = client.get_run(run_id).data.metrics
    assert metrics["up"] >= sys.float_info.max and metrics["down"] <= -sys.float_info.max


@pytest.mark.countersign
def test_infinity_is_kept(client, run_id):
    client.log_metric(run_id, "up", math.inf)
    client.log_batch(run_id, metrics=[Metric("down", -math.inf, 1, 1)])
    assert client.get_run(run_id).data.metrics == {"up": math.inf, "down": -math.inf}
    assert [m.value for m in client.get_metric_history(run_id, "up")] == [math.inf]


def test_the_history_is_ordered_by_time_step_and_value(client, run_id):
    logged = [(3, 100, 0.3), (1, 300, 0.1), (2, 200, 0.2), (2, 200, 0.1), (1, 200, 0.9)]
    for step, timestamp, value in logged:
        client.log_metric(run_id, "loss", value, timestamp=timestamp, step=step)
    assert points(client, run_id, "loss") == sorted(logged, key=lambda point: (point[1], point[0], point[2]))


def test_a_repeated_point_is_stored_once(client, run_id):
    for _ in range(3):
        client.log_metric(run_id, "loss", 0.5, timestamp=7, step=1)
    client.log_batch(run_id, metrics=[Metric("loss", 0.5, 7, 1), Metric("loss", 0.6, 7, 1), Metric("loss", 0.6, 7, 1)])
    assert points(client, run_id, "loss") == [(1, 7, 0.5), (1, 7, 0.6)]


def test_an_unknown_metric_has_no_history(client, run_id):
    assert list(client.get_metric_history(run_id, "never")) == []


def test_a_batch_holds_at_most_a_thousand_metrics(uri, run_id):
    import requests

    metrics = [{"key": "m", "value": 1, "timestamp": n, "step": n} for n in range(1001)]
    reply = requests.post(
        f"{uri}/api/2.0/mlflow/runs/log-batch", json={"run_id": run_id, "metrics": metrics}, timeout=30
    )
    assert reply.status_code == 400
    assert reply.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_the_client_splits_what_is_too_long_for_one_batch(client, experiment, run_id):
    import mlflow

    with mlflow.start_run(run_id=run_id):
        mlflow.log_metrics({f"m{n}": n for n in range(1200)})
        mlflow.log_params({f"p{n}": n for n in range(250)})
        mlflow.set_tags({f"t{n}": n for n in range(250)})
    data = client.get_run(run_id).data
    assert data.metrics == {f"m{n}": n for n in range(1200)}
    assert len(data.params) == 250
    assert len([key for key in data.tags if key.startswith("t")]) == 250


def test_a_long_history_comes_whole(client, run_id):
    total = 5_000
    for start in range(0, total, 1000):
        client.log_batch(run_id, metrics=[Metric("long", float(n), 1000 + n, n) for n in range(start, start + 1000)])
    history = client.get_metric_history(run_id, "long")
    assert [m.step for m in history] == list(range(total))
    assert client.get_run(run_id).data.metrics == {"long": total - 1.0}


@pytest.mark.parametrize("value", ["high", None, [1]])
def test_a_value_is_a_number(client, run_id, value):
    with pytest.raises((MlflowException, TypeError)):
        client.log_metric(run_id, "loss", value)


def test_a_timestamp_is_not_negative(client, run_id):
    with pytest.raises(MlflowException) as error:
        client.log_metric(run_id, "loss", 1.0, timestamp=-1)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
