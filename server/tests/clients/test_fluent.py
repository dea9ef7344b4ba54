"""The fluent API as a notebook uses it."""

import mlflow
import pytest
from mlflow.exceptions import MlflowException


def test_a_run_finishes_with_its_block(experiment):
    with mlflow.start_run(run_name="one", description="*why*", tags={"a": "b"}) as run:
        mlflow.log_param("lr", 0.1)
        mlflow.log_params({"depth": 3, "solver": None})
        mlflow.log_metric("loss", 0.5, step=1)
        mlflow.log_metrics({"loss": 0.4, "acc": 0.9}, step=2)
        mlflow.set_tag("mood", "hopeful")
        mlflow.set_tags({"x": 1, "y": True})

    stored = mlflow.get_run(run.info.run_id)
    assert stored.info.status == "FINISHED" and stored.info.end_time >= stored.info.start_time
    assert stored.data.params == {"lr": "0.1", "depth": "3", "solver": "None"}
    assert stored.data.metrics == {"loss": 0.4, "acc": 0.9}
    tags = stored.data.tags
    assert (tags["mlflow.note.content"], tags["a"], tags["mood"], tags["x"], tags["y"]) == (
        "*why*",
        "b",
        "hopeful",
        "1",
        "True",
    )
    assert tags["mlflow.user"] and tags["mlflow.source.name"] and tags["mlflow.source.type"]


def test_an_exception_fails_the_run(experiment):
    with pytest.raises(RuntimeError), mlflow.start_run() as run:
        raise RuntimeError("diverged")
    assert mlflow.get_run(run.info.run_id).info.status == "FAILED"


def test_a_finished_run_is_taken_up_again(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0, step=1)
    with mlflow.start_run(run_id=run.info.run_id):
        assert mlflow.get_run(run.info.run_id).info.status == "RUNNING"
        mlflow.log_metric("loss", 0.5, step=2)
    assert mlflow.get_run(run.info.run_id).data.metrics == {"loss": 0.5}


def test_a_deleted_run_is_not_taken_up_again(experiment):
    with mlflow.start_run() as run:
        pass
    mlflow.delete_run(run.info.run_id)
    with pytest.raises(MlflowException):
        mlflow.start_run(run_id=run.info.run_id)


def test_children_three_levels_deep_keep_their_parents(experiment, client):
    with mlflow.start_run() as top, mlflow.start_run(nested=True) as middle, mlflow.start_run(nested=True) as leaf:
        pass
    assert client.get_parent_run(leaf.info.run_id).info.run_id == middle.info.run_id
    assert client.get_parent_run(middle.info.run_id).info.run_id == top.info.run_id


def test_search_gives_a_data_frame(experiment):
    for rate in (0.1, 0.01):
        with mlflow.start_run():
            mlflow.log_param("lr", rate)
            mlflow.log_metric("loss", rate * 2)
    with mlflow.start_run():
        pass
    frame = mlflow.search_runs([experiment], order_by=["metrics.loss ASC"])
    assert len(frame) == 3
    assert frame["params.lr"][:2].tolist() == ["0.01", "0.1"]
    assert frame["metrics.loss"].isna().tolist() == [False, False, True]


def test_search_by_experiment_name_pages_through_everything(experiment, client):
    for _ in range(7):
        client.create_run(experiment)
    name = client.get_experiment(experiment).name
    assert len(mlflow.search_runs(experiment_names=[name], output_format="list")) == 7
    assert len(mlflow.search_runs(experiment_names=[name], max_results=4, output_format="list")) == 4


def test_the_last_active_run_is_remembered(experiment):
    with mlflow.start_run() as run:
        mlflow.log_metric("a", 1)
    assert mlflow.last_active_run().info.run_id == run.info.run_id


def test_an_artifact_address_leads_to_the_artifact(experiment):
    with mlflow.start_run() as run:
        mlflow.log_text("hello", "notes/a.txt")
        address = mlflow.get_artifact_uri("notes/a.txt")
    assert mlflow.artifacts.load_text(address) == "hello"
    assert mlflow.artifacts.load_text(f"runs:/{run.info.run_id}/notes/a.txt") == "hello"
    assert [f.path for f in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)] == ["notes"]


def test_log_artifacts_takes_a_folder(experiment, tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(tmp_path))
        mlflow.log_artifact(str(tmp_path / "b.txt"), "again")
    found = {f.path for f in mlflow.artifacts.list_artifacts(run_id=run.info.run_id)}
    assert found == {"again", "b.txt", "sub"}
