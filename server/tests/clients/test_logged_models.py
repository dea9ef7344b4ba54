"""Logged models: made by `log_model` or by hand, loaded, tagged, finalized, deleted, with metrics and artifacts."""

import mlflow
import numpy as np
import pytest
from mlflow.entities import LoggedModelStatus
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression


@pytest.fixture
def regression():
    return LinearRegression().fit(np.array([[1.0], [2.0], [3.0]]), np.array([2.0, 4.0, 6.0]))


def test_a_model_is_logged_and_loaded_again(experiment, regression):
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(regression, name="line", params={"slope": "2"}, input_example=np.array([[1.0]]))

    loaded = mlflow.sklearn.load_model(info.model_uri)
    assert loaded.predict([[10.0]]) == pytest.approx([20.0])
    assert mlflow.pyfunc.load_model(f"models:/{info.model_id}").predict(np.array([[10.0]])) == pytest.approx([20.0])

    stored = mlflow.get_logged_model(info.model_id)
    assert (stored.name, stored.status, stored.source_run_id) == ("line", LoggedModelStatus.READY, run.info.run_id)
    assert stored.experiment_id == experiment
    assert stored.params == {"slope": "2"}
    assert stored.artifact_location.endswith(f"/{experiment}/models/{info.model_id}/artifacts")


def test_a_model_is_an_output_of_its_run(experiment, client, regression):
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(regression, name="line", step=7)
    outputs = client.get_run(run.info.run_id).outputs.model_outputs
    assert [(output.model_id, output.step) for output in outputs] == [(info.model_id, 7)]


def test_a_model_can_be_the_input_of_another_run(experiment, client, regression):
    from mlflow.entities import LoggedModelInput

    with mlflow.start_run():
        info = mlflow.sklearn.log_model(regression, name="line")
    evaluation = client.create_run(experiment).info.run_id
    for _ in range(2):
        client.log_inputs(evaluation, models=[LoggedModelInput(info.model_id)])
    assert [model.model_id for model in client.get_run(evaluation).inputs.model_inputs] == [info.model_id]


def test_a_model_logged_the_old_way_belongs_to_the_run(experiment, client, regression):
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(regression, artifact_path="old_way")
    assert mlflow.sklearn.load_model(f"runs:/{run.info.run_id}/old_way").predict([[4.0]]) == pytest.approx([8.0])


def test_metrics_are_kept_for_each_model_and_data_set(experiment, client):
    model = mlflow.initialize_logged_model(name="scored")
    train = mlflow.data.from_numpy(np.arange(4.0), name="train")
    with mlflow.start_run() as run:
        mlflow.log_metric("acc", 0.8, step=1, model_id=model.model_id, dataset=train)
        mlflow.log_metric("acc", 0.9, step=2, model_id=model.model_id, dataset=train)
        mlflow.log_metrics({"loss": 0.1}, step=2, model_id=model.model_id)
    metrics = {(m.key, m.step): m for m in mlflow.get_logged_model(model.model_id).metrics}
    assert set(metrics) == {("acc", 1), ("acc", 2), ("loss", 2)}
    one = metrics["acc", 2]
    assert (one.value, one.run_id, one.model_id) == (0.9, run.info.run_id, model.model_id)
    assert (one.dataset_name, one.dataset_digest) == (train.name, train.digest)
    assert client.get_run(run.info.run_id).data.metrics == {"acc": 0.9, "loss": 0.1}


def test_a_model_by_hand_goes_from_pending_to_ready(experiment, client, tmp_path):
    model = client.create_logged_model(experiment, "by hand", model_type="Agent", tags={"a": "b"}, params={"n": "1"})
    assert (model.status, model.model_type, model.tags, model.params) == (
        LoggedModelStatus.PENDING,
        "Agent",
        {"a": "b"},
        {"n": "1"},
    )

    (tmp_path / "weights.bin").write_bytes(b"w" * 1000)
    client.log_model_artifact(model.model_id, str(tmp_path / "weights.bin"))
    ready = client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)
    assert ready.status == LoggedModelStatus.READY
    assert ready.last_updated_timestamp >= ready.creation_timestamp
    listed = client.list_logged_model_artifacts(model.model_id)
    assert [(f.path, f.is_dir, f.file_size) for f in listed] == [("weights.bin", False, 1000)]


def test_a_model_can_fail(experiment, client):
    model = client.create_logged_model(experiment, "unlucky")
    assert client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED).status == LoggedModelStatus.FAILED


def test_a_model_without_a_name_is_given_one(experiment, client):
    assert client.create_logged_model(experiment).name


def test_tags_are_set_overwritten_and_deleted(experiment, client):
    model_id = client.create_logged_model(experiment, "tagged").model_id
    client.set_logged_model_tags(model_id, {"stage": "draft", "other": "1"})
    client.set_logged_model_tags(model_id, {"stage": "final"})
    client.delete_logged_model_tag(model_id, "other")
    assert client.get_logged_model(model_id).tags == {"stage": "final"}
    with pytest.raises(MlflowException) as error:
        client.delete_logged_model_tag(model_id, "other")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_params_are_added_later_and_many_at_once(experiment, client):
    model = client.create_logged_model(experiment, "parametrized", params={f"p{n}": str(n) for n in range(250)})
    client.log_model_params(model.model_id, {"late": "yes"})
    params = client.get_logged_model(model.model_id).params
    assert len(params) == 251 and params["p249"] == "249" and params["late"] == "yes"


def test_a_deleted_model_is_gone(experiment, client):
    model_id = client.create_logged_model(experiment, "gone").model_id
    client.delete_logged_model(model_id)
    with pytest.raises(MlflowException) as error:
        client.get_logged_model(model_id)
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"
    assert client.search_logged_models([experiment]) == []


def test_an_unknown_model_is_not_found(client):
    for call in (
        lambda: client.get_logged_model("m-none"),
        lambda: client.finalize_logged_model("m-none", LoggedModelStatus.READY),
        lambda: client.delete_logged_model("m-none"),
        lambda: client.list_logged_model_artifacts("m-none"),
    ):
        with pytest.raises(MlflowException) as error:
            call()
        assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


@pytest.mark.parametrize("name", ["a/b", "a:b", "a.b", "a%b", "it's", 'a"b'])
def test_a_model_name_may_not_be(experiment, client, name):
    with pytest.raises(MlflowException) as error:
        client.create_logged_model(experiment, name)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_model_needs_an_experiment_that_is_active(experiment, client):
    with pytest.raises(MlflowException):
        client.create_logged_model("987654321", "lost")
    client.delete_experiment(experiment)
    with pytest.raises(MlflowException):
        client.create_logged_model(experiment, "late")
