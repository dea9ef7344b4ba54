"""System metrics, as the client's monitor samples them."""

import time

import mlflow


def test_system_metrics_arrive_while_the_run_goes_on(experiment, client):
    mlflow.set_system_metrics_sampling_interval(0.2)
    mlflow.set_system_metrics_samples_before_logging(1)
    try:
        with mlflow.start_run(log_system_metrics=True) as run:
            deadline = time.monotonic() + 20
            while not any(key.startswith("system/") for key in client.get_run(run.info.run_id).data.metrics):
                assert time.monotonic() < deadline, "no system metric arrived"
                time.sleep(0.2)
    finally:
        mlflow.set_system_metrics_sampling_interval(None)
        mlflow.set_system_metrics_samples_before_logging(None)

    metrics = client.get_run(run.info.run_id).data.metrics
    assert "system/cpu_utilization_percentage" in metrics
    history = client.get_metric_history(run.info.run_id, "system/cpu_utilization_percentage")
    assert [m.step for m in history] == sorted(m.step for m in history)
    found = client.search_runs([experiment], "metrics.`system/cpu_utilization_percentage` >= 0")
    assert [found_run.info.run_id for found_run in found] == [run.info.run_id]
