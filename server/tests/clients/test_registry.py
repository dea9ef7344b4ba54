"""The registry by the official client: registered models, versions, stages, aliases, search, copies, prompts."""

import mlflow
import numpy as np
import pytest
import requests
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression


@pytest.fixture
def name(unique, uri):
    mlflow.set_registry_uri(uri)
    return unique("churn")


@pytest.fixture
def logged(experiment):
    """Logs a line of the given slope; its run and what was logged."""

    def log(slope):
        line = LinearRegression().fit(np.array([[1.0], [2.0], [3.0]]), slope * np.array([1.0, 2.0, 3.0]))
        with mlflow.start_run() as run:
            return run, mlflow.sklearn.log_model(line, name="line")

    return log


def predicts(uri):
    return mlflow.pyfunc.load_model(uri).predict(np.array([[10.0]]))[0]


def test_a_logged_model_is_registered_and_loaded_by_version_alias_and_stage(client, name, logged):
    run, info = logged(2)
    first = mlflow.register_model(info.model_uri, name)
    assert (first.name, str(first.version), first.current_stage, first.status) == (name, "1", "None", "READY")
    assert first.run_id == run.info.run_id
    second = mlflow.register_model(logged(3)[1].model_uri, name, tags={"reason": "new data"})
    assert (str(second.version), second.tags["reason"]) == ("2", "new data")

    client.set_registered_model_alias(name, "champion", "1")
    assert predicts(f"models:/{name}/1") == pytest.approx(20)
    assert predicts(f"models:/{name}/2") == pytest.approx(30)
    assert predicts(f"models:/{name}@champion") == pytest.approx(20)
    assert predicts(f"models:/{name}/latest") == pytest.approx(30)
    client.set_registered_model_alias(name, "champion", "2")
    assert predicts(f"models:/{name}@champion") == pytest.approx(30)
    assert client.get_model_version_by_alias(name, "champion").aliases == ["champion"]

    client.transition_model_version_stage(name, "1", "Production")
    assert predicts(f"models:/{name}/Production") == pytest.approx(20)
    client.transition_model_version_stage(name, "2", "production", archive_existing_versions=True)
    assert predicts(f"models:/{name}/Production") == pytest.approx(30)
    stages = {str(version.version): version.current_stage for version in client.search_model_versions(f"name = '{name}'")}
    assert stages == {"1": "Archived", "2": "Production"}


def test_log_model_registers_at_once(client, name, experiment):
    line = LinearRegression().fit(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]))
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(line, name="line", registered_model_name=name)
    [version] = client.search_model_versions(f"run_id = '{run.info.run_id}'")
    assert (version.name, str(version.version)) == (name, "1")
    assert predicts(f"models:/{name}/1") == pytest.approx(10)


def test_a_model_logged_the_old_way_is_registered_from_its_run(client, name, experiment):
    line = LinearRegression().fit(np.array([[1.0], [2.0]]), np.array([2.0, 4.0]))
    with mlflow.start_run() as run:
        mlflow.sklearn.log_model(line, artifact_path="old_way")
    version = mlflow.register_model(f"runs:/{run.info.run_id}/old_way", name)
    assert version.run_id == run.info.run_id
    assert predicts(f"models:/{name}/{version.version}") == pytest.approx(20)


def test_models_are_described_tagged_renamed_and_deleted(client, name, unique):
    client.create_registered_model(name, tags={"team": "risk"}, description="who leaves")
    with pytest.raises(MlflowException) as refused:
        client.create_registered_model(name)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"
    client.update_registered_model(name, "who stays")
    client.set_registered_model_tag(name, "tier", "1")
    client.delete_registered_model_tag(name, "team")
    model = client.get_registered_model(name)
    assert (model.description, model.tags) == ("who stays", {"tier": "1"})

    version = client.create_model_version(name, "s3://bucket/model", description="v")
    client.update_model_version(name, version.version, "better")
    client.set_model_version_tag(name, version.version, "checked", "yes")
    new_name = unique("stay")
    client.rename_registered_model(name, new_name)
    found = client.get_model_version(new_name, version.version)
    assert (found.description, found.tags, found.source) == ("better", {"checked": "yes"}, "s3://bucket/model")
    assert client.get_model_version_download_uri(new_name, version.version) == "s3://bucket/model"

    client.delete_model_version(new_name, version.version)
    assert str(client.create_model_version(new_name, "s3://bucket/model").version) == "2"
    client.delete_registered_model(new_name)
    for call in (client.get_registered_model, lambda name: client.get_model_version(name, "2")):
        with pytest.raises(MlflowException) as refused:
            call(new_name)
        assert refused.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_models_and_versions_are_searched_page_by_page(client, unique):
    stem = unique("paged").replace(" ", "-")
    for number in range(5):
        client.create_registered_model(f"{stem}-{number}", tags={"even": str(number % 2 == 0)})
        client.create_model_version(f"{stem}-{number}", f"s3://bucket/{number}")
    found, token = [], None
    while True:
        page = client.search_registered_models(f"name LIKE '{stem}%'", max_results=2, order_by=["name DESC"], page_token=token)
        found += [model.name for model in page]
        token = page.token
        if not token:
            break
    assert found == [f"{stem}-{number}" for number in reversed(range(5))]
    even = client.search_registered_models(f"name LIKE '{stem}%' AND tags.even = 'True'")
    assert [model.name for model in even] == [f"{stem}-{number}" for number in (0, 2, 4)]
    versions = client.search_model_versions(f"name = '{stem}-3'")
    assert [(version.name, version.source) for version in versions] == [(f"{stem}-3", "s3://bucket/3")]


def test_a_version_is_copied_to_another_model(client, name, unique, logged):
    first = mlflow.register_model(logged(2)[1].model_uri, name)
    copy = client.copy_model_version(f"models:/{name}/{first.version}", unique("copy"))
    assert copy.run_id == first.run_id
    client.delete_registered_model(name)
    assert predicts(f"models:/{copy.name}/{copy.version}") == pytest.approx(20)


def test_a_prompt_has_versions_aliases_and_no_place_among_the_models(client, unique, uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    name = unique("greeting").replace(" ", "-")
    mlflow.genai.register_prompt(name, "Hi {{name}}", commit_message="first")
    second = mlflow.genai.register_prompt(name, "Hello {{name}}", tags={"tone": "formal"})
    assert int(second.version) == 2
    mlflow.genai.set_prompt_alias(name, alias="live", version=1)
    assert mlflow.genai.load_prompt(f"prompts:/{name}@live").format(name="Ana") == "Hi Ana"
    assert mlflow.genai.load_prompt(f"prompts:/{name}/2").template == "Hello {{name}}"
    assert [prompt.name for prompt in mlflow.genai.search_prompts(f"name = '{name}'")] == [name]
    assert name not in [model.name for model in client.search_registered_models(f"name = '{name}'")]


def test_a_source_outside_of_what_the_server_owns_is_refused(client, name, run_id):
    client.create_registered_model(name)
    artifacts = client.get_run(run_id).info.artifact_uri
    for source in (f"{artifacts}/../../x", "mlflow-artifacts:/", "models:/m-nothing/1/2", "s3://bucket/../x"):
        with pytest.raises(MlflowException) as refused:
            client._get_registry_client().store.create_model_version(name, source, run_id=run_id)
        assert refused.value.error_code in ("INVALID_PARAMETER_VALUE", "RESOURCE_DOES_NOT_EXIST"), source
    assert client.search_model_versions(f"name = '{name}'") == []


@pytest.fixture
def canary(uri):
    """The workspace has a stage of its own for as long as the test takes."""
    stages = f"{uri}/api/v1/stages"
    requests.put(stages, json={"stages": ["Staging", "Canary", "Production"]}).raise_for_status()
    yield "Canary"
    requests.put(stages, json={"stages": ["Staging", "Production"]}).raise_for_status()


@pytest.mark.countersign
def test_a_stage_of_ones_own_is_one_like_the_others(client, name, logged, canary):
    mlflow.register_model(logged(2)[1].model_uri, name)
    mlflow.register_model(logged(3)[1].model_uri, name)
    assert client.transition_model_version_stage(name, "1", "Canary").current_stage == "Canary"
    assert predicts(f"models:/{name}/Canary") == pytest.approx(20)
    client.transition_model_version_stage(name, "2", "Canary", archive_existing_versions=True)
    assert predicts(f"models:/{name}/Canary") == pytest.approx(30)
    [latest] = client.get_latest_versions(name, stages=["Canary"])
    assert str(latest.version) == "2"
    stages = {str(version.version): version.current_stage for version in client.search_model_versions(f"name = '{name}'")}
    assert stages == {"1": "Archived", "2": "Canary"}
    latest = client.get_registered_model(name).latest_versions
    assert sorted(version.current_stage for version in latest) == ["Archived", "Canary"]
    with pytest.raises(MlflowException, match="None, Staging, Canary, Production, Archived"):
        client.transition_model_version_stage(name, "2", "Shadow")
    client.delete_registered_model(name)
