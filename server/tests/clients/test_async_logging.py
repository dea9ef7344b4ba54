"""Asynchronous logging: what was handed over is there after the wait."""

import mlflow
from mlflow.entities import Metric, Param, RunTag


def test_asynchronous_calls_arrive(client, run_id):
    operations = [client.log_metric(run_id, "loss", 1 / (step + 1), step=step, synchronous=False) for step in range(50)]
    operations.append(client.log_param(run_id, "lr", "0.1", synchronous=False))
    operations.append(client.set_tag(run_id, "a", "b", synchronous=False))
    operations.append(
        client.log_batch(
            run_id, [Metric("acc", 0.5, 1, 1)], [Param("depth", "3")], [RunTag("c", "d")], synchronous=False
        )
    )
    for operation in operations:
        operation.wait()

    data = client.get_run(run_id).data
    assert data.metrics == {"loss": 1 / 50, "acc": 0.5}
    assert data.params == {"lr": "0.1", "depth": "3"}
    assert (data.tags["a"], data.tags["c"]) == ("b", "d")
    assert sorted(m.step for m in client.get_metric_history(run_id, "loss")) == list(range(50))


def test_a_run_that_logs_asynchronously_ends_complete(experiment, client):
    mlflow.config.enable_async_logging()
    try:
        with mlflow.start_run() as run:
            for step in range(200):
                mlflow.log_metric("loss", float(step), step=step)
            mlflow.log_params({f"p{n}": n for n in range(20)})
        mlflow.flush_async_logging()
    finally:
        mlflow.config.enable_async_logging(False)
    assert len(client.get_metric_history(run.info.run_id, "loss")) == 200
    assert len(client.get_run(run.info.run_id).data.params) == 20


def test_images_and_artifacts_can_be_asynchronous(experiment, client):
    from PIL import Image

    with mlflow.start_run() as run:
        for step in range(3):
            mlflow.log_image(Image.new("RGB", (8, 8)), key="sample", step=step, synchronous=False)
        mlflow.flush_artifact_async_logging()
    names = [f.path for f in client.list_artifacts(run.info.run_id, "images")]
    assert len([name for name in names if name.endswith(".png")]) == 3
