"""What a client sends twice, because the first answer got lost, is stored once."""

import threading

import pytest
import requests


@pytest.fixture
def post(uri):
    def post(path, **body):
        reply = requests.post(f"{uri}/api/2.0/mlflow/{path}", json=body, timeout=60)
        assert reply.status_code == 200, reply.text
        return reply.json()

    return post


def test_a_repeated_batch_changes_nothing(post, client, run_id):
    batch = {
        "run_id": run_id,
        "metrics": [{"key": "loss", "value": n / 7, "timestamp": n, "step": n} for n in range(500)],
        "params": [{"key": f"p{n}", "value": str(n)} for n in range(50)],
        "tags": [{"key": f"t{n}", "value": str(n)} for n in range(50)],
    }
    for _ in range(3):
        post("runs/log-batch", **batch)
    assert len(client.get_metric_history(run_id, "loss")) == 500
    data = client.get_run(run_id).data
    assert len(data.params) == 50 and len(data.tags) == 51


def test_repeated_single_writes_change_nothing(post, client, run_id):
    for _ in range(3):
        post("runs/log-metric", run_id=run_id, key="acc", value=0.5, timestamp=5, step=1)
        post("runs/log-parameter", run_id=run_id, key="lr", value="0.1")
        post("runs/set-tag", run_id=run_id, key="a", value="b")
        post("runs/update", run_id=run_id, status="FINISHED", end_time=77)
        post(
            "runs/log-inputs",
            run_id=run_id,
            datasets=[{"dataset": {"name": "n", "digest": "d", "source_type": "local", "source": "s"}}],
        )
    run = client.get_run(run_id)
    assert run.data.metrics == {"acc": 0.5} and run.data.params == {"lr": "0.1"} and run.data.tags["a"] == "b"
    assert (run.info.status, run.info.end_time) == ("FINISHED", 77)
    assert len(client.get_metric_history(run_id, "acc")) == len(run.inputs.dataset_inputs) == 1


@pytest.mark.countersign
def test_a_run_can_be_deleted_and_restored_twice(post, client, run_id):
    for call, stage in (("runs/delete", "deleted"), ("runs/restore", "active")):
        post(call, run_id=run_id)
        post(call, run_id=run_id)
        assert client.get_run(run_id).info.lifecycle_stage == stage


@pytest.mark.countersign
def test_a_repeated_output_or_model_param_is_stored_once(post, client, experiment, run_id):
    model_id = client.create_logged_model(experiment, "twice").model_id
    for _ in range(2):
        post("runs/outputs", run_id=run_id, models=[{"model_id": model_id, "step": 1}])
        post(f"logged-models/{model_id}/params", model_id=model_id, params=[{"key": "a", "value": "1"}])
    assert len(client.get_run(run_id).outputs.model_outputs) == 1
    assert client.get_logged_model(model_id).params == {"a": "1"}


def test_sixteen_writers_lose_nothing(uri, client, run_id):
    failures = []

    def write(writer):
        with requests.Session() as session:
            for step in range(25):
                body = {"run_id": run_id, "key": f"loss {writer}", "value": step, "timestamp": step, "step": step}
                reply = session.post(f"{uri}/api/2.0/mlflow/runs/log-metric", json=body, timeout=60)
                if reply.status_code != 200:
                    failures.append(reply.text)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert failures == []
    assert client.get_run(run_id).data.metrics == {f"loss {number}": 24.0 for number in range(16)}
    assert all(len(client.get_metric_history(run_id, f"loss {number}")) == 25 for number in range(16))
