"""Runs through `MlflowClient`: made, changed, ended, deleted, restored; their tags and params."""

import time

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag
from mlflow.exceptions import MlflowException


def test_a_created_run_has_what_it_was_created_with(client, experiment):
    before = int(time.time() * 1000)
    run = client.create_run(experiment, start_time=before, tags={"a": "b"}, run_name="first try")

    stored = client.get_run(run.info.run_id)

    assert len(stored.info.run_id) == 32
    assert stored.info.run_name == "first try"
    assert stored.info.experiment_id == experiment
    assert stored.info.status == "RUNNING"
    assert stored.info.start_time == before
    assert stored.info.end_time is None
    assert stored.info.lifecycle_stage == "active"
    assert stored.info.artifact_uri.endswith(f"/{experiment}/{stored.info.run_id}/artifacts")
    assert stored.data.tags == {"a": "b", "mlflow.runName": "first try"}
    assert stored.data.metrics == {} and stored.data.params == {}


def test_a_run_without_a_name_is_given_one(client, experiment):
    run = client.create_run(experiment)
    assert run.info.run_name
    assert client.get_run(run.info.run_id).data.tags["mlflow.runName"] == run.info.run_name


def test_the_name_may_come_as_a_tag(client, experiment):
    run = client.create_run(experiment, tags={"mlflow.runName": "by tag"})
    assert run.info.run_name == "by tag"


def test_a_name_and_a_different_name_tag_contradict(client, experiment):
    with pytest.raises(MlflowException) as error:
        client.create_run(experiment, run_name="one", tags={"mlflow.runName": "another"})
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_run_is_renamed_by_update_and_by_tag(client, run_id):
    client.update_run(run_id, name="renamed")
    run = client.get_run(run_id)
    assert run.info.run_name == run.data.tags["mlflow.runName"] == "renamed"

    client.set_tag(run_id, "mlflow.runName", "again")
    assert client.get_run(run_id).info.run_name == "again"


@pytest.mark.parametrize("status", ["FINISHED", "FAILED", "KILLED"])
def test_a_terminated_run_has_its_status_and_its_end(client, run_id, status):
    client.set_terminated(run_id, status, end_time=1_700_000_000_000)
    info = client.get_run(run_id).info
    assert (info.status, info.end_time) == (status, 1_700_000_000_000)


def test_a_terminated_run_still_takes_metrics(client, run_id):
    client.set_terminated(run_id)
    client.log_metric(run_id, "late", 1.0)
    assert client.get_run(run_id).data.metrics == {"late": 1.0}


def test_an_unknown_run_is_not_found(client, experiment):
    for call in (
        lambda: client.get_run("0" * 32),
        lambda: client.log_metric("0" * 32, "a", 1),
        lambda: client.log_param("0" * 32, "a", 1),
        lambda: client.set_tag("0" * 32, "a", 1),
        lambda: client.set_terminated("0" * 32),
        lambda: client.delete_run("0" * 32),
        lambda: client.restore_run("0" * 32),
        lambda: client.list_artifacts("0" * 32),
    ):
        with pytest.raises(MlflowException) as error:
            call()
        assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_run_needs_an_experiment_that_exists(client):
    with pytest.raises(MlflowException) as error:
        client.create_run("987654321")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_deleted_run_is_read_but_not_written(client, run_id):
    client.log_param(run_id, "kept", "1")
    client.delete_run(run_id)

    deleted = client.get_run(run_id)
    assert deleted.info.lifecycle_stage == "deleted"
    assert deleted.data.params == {"kept": "1"}
    for write in (
        lambda: client.log_metric(run_id, "a", 1),
        lambda: client.log_param(run_id, "a", 1),
        lambda: client.set_tag(run_id, "a", 1),
        lambda: client.log_batch(run_id, metrics=[Metric("a", 1, 1, 1)]),
        lambda: client.update_run(run_id, name="x"),
        lambda: client.delete_tag(run_id, "mlflow.runName"),
    ):
        with pytest.raises(MlflowException) as error:
            write()
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_restored_run_goes_on(client, run_id):
    client.delete_run(run_id)
    client.restore_run(run_id)
    assert client.get_run(run_id).info.lifecycle_stage == "active"
    client.log_metric(run_id, "a", 1)


def test_a_param_cannot_be_changed(client, run_id):
    client.log_param(run_id, "depth", 3)
    client.log_param(run_id, "depth", 3)
    with pytest.raises(MlflowException) as error:
        client.log_param(run_id, "depth", 4)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    assert "depth" in str(error.value)
    assert client.get_run(run_id).data.params == {"depth": "3"}


def test_a_batch_with_one_changed_param_stores_no_param(client, run_id):
    client.log_param(run_id, "depth", 3)
    with pytest.raises(MlflowException):
        client.log_batch(run_id, params=[Param("fresh", "1"), Param("depth", "4")])
    assert client.get_run(run_id).data.params == {"depth": "3"}


def test_a_batch_names_a_param_once(client, run_id):
    with pytest.raises(MlflowException) as error:
        client.log_batch(run_id, params=[Param("a", "1"), Param("a", "2")])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_params_keep_their_text(client, run_id):
    values = {
        "unicode": "größe 漢字 🚀",
        "lines": "one\ntwo\ttab",
        "empty": "",
        "json": '{"a": [1, null]}',
        "long": "x" * 6000,
    }
    for key, value in values.items():
        client.log_param(run_id, key, value)
    assert client.get_run(run_id).data.params == values


def test_a_tag_is_overwritten_and_deleted(client, run_id):
    client.set_tag(run_id, "mood", "hopeful")
    client.set_tag(run_id, "mood", "sober")
    assert client.get_run(run_id).data.tags["mood"] == "sober"
    client.delete_tag(run_id, "mood")
    assert "mood" not in client.get_run(run_id).data.tags
    with pytest.raises(MlflowException) as error:
        client.delete_tag(run_id, "mood")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("key", ["a/b/c", "with space", "dots.and-dashes_1", "colon:ed", "größe", "k" * 250])
def test_a_key_may_be(client, run_id, key):
    client.log_param(run_id, key, "1")
    client.set_tag(run_id, key, "1")
    client.log_metric(run_id, key, 1)
    data = client.get_run(run_id).data
    assert data.params[key] == data.tags[key] == "1"
    assert data.metrics[key] == 1
    assert len(client.get_metric_history(run_id, key)) == 1


@pytest.mark.parametrize("key", ["", "a\nb", "per%cent", "../up", "/root", "a//b", "./a", ".", "k" * 251, "quo'te"])
def test_a_key_may_not_be(client, run_id, key):
    for write in (
        lambda: client.log_param(run_id, key, "1"),
        lambda: client.set_tag(run_id, key, "1"),
        lambda: client.log_metric(run_id, key, 1),
        lambda: client.log_batch(run_id, metrics=[Metric(key, 1, 1, 1)]),
        lambda: client.log_batch(run_id, params=[Param(key, "1")]),
        lambda: client.log_batch(run_id, tags=[RunTag(key, "1")]),
    ):
        with pytest.raises(MlflowException) as error:
            write()
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"
    data = client.get_run(run_id).data
    assert data.metrics == {} and data.params == {} and set(data.tags) == {"mlflow.runName"}


def test_a_batch_stores_everything_in_it(client, run_id):
    client.log_batch(
        run_id,
        metrics=[Metric("loss", 1 / (step + 1), 1000 + step, step) for step in range(800)],
        params=[Param(f"p{n}", str(n)) for n in range(100)],
        tags=[RunTag(f"t{n}", str(n)) for n in range(100)],
    )
    data = client.get_run(run_id).data
    assert data.metrics == {"loss": 1 / 800}
    assert data.params == {f"p{n}": str(n) for n in range(100)}
    assert {key: value for key, value in data.tags.items() if key.startswith("t")} == {
        f"t{n}": str(n) for n in range(100)
    }
    assert len(client.get_metric_history(run_id, "loss")) == 800


def test_a_nested_run_knows_its_parent(client, experiment):
    with mlflow.start_run(run_name="sweep") as parent:
        for depth in (2, 4):
            with mlflow.start_run(run_name=f"depth {depth}", nested=True) as child:
                mlflow.log_param("depth", depth)
            assert client.get_parent_run(child.info.run_id).info.run_id == parent.info.run_id

    children = client.search_runs([experiment], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert {run.data.params["depth"] for run in children} == {"2", "4"}
    assert client.get_parent_run(parent.info.run_id) is None
