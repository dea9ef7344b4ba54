"""Experiments through `MlflowClient`: made, found, renamed, tagged, deleted and restored."""

import mlflow
import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException


def test_a_fresh_server_has_the_default_experiment(client):
    default = client.get_experiment("0")
    assert default.name == "Default"
    assert default.lifecycle_stage == "active"


def test_a_created_experiment_is_found_by_id_and_by_name(client, unique):
    name = unique("found twice")
    experiment_id = client.create_experiment(name, tags={"team": "fraud"})

    by_id = client.get_experiment(experiment_id)
    by_name = client.get_experiment_by_name(name)

    assert by_id.experiment_id == by_name.experiment_id == experiment_id
    assert by_id.name == name
    assert by_id.tags["team"] == "fraud"
    assert by_id.artifact_location.endswith(experiment_id)
    assert by_id.creation_time > 1_500_000_000_000
    assert by_id.last_update_time == by_id.creation_time


def test_an_artifact_location_is_kept(client, unique):
    experiment_id = client.create_experiment(unique("elsewhere"), artifact_location="mlflow-artifacts:/elsewhere/one")
    assert client.get_experiment(experiment_id).artifact_location == "mlflow-artifacts:/elsewhere/one"
    run = client.create_run(experiment_id)
    assert run.info.artifact_uri == f"mlflow-artifacts:/elsewhere/one/{run.info.run_id}/artifacts"


@pytest.mark.parametrize("name", ["größe / 漢字 🚀", 'it\'s "quoted" `so`', "a%20b&c=d?e#f", " spaced  out "])
def test_a_name_may_hold_any_character(client, unique, name):
    name = unique(name)
    experiment_id = client.create_experiment(name)
    assert client.get_experiment_by_name(name).experiment_id == experiment_id


def test_a_missing_experiment_is_none_by_name_and_an_error_by_id(client, unique):
    assert client.get_experiment_by_name(unique("nowhere")) is None
    with pytest.raises(MlflowException) as error:
        client.get_experiment("987654321")
    assert error.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_a_name_is_taken_once(client, unique):
    name = unique("once")
    client.create_experiment(name)
    with pytest.raises(MlflowException) as error:
        client.create_experiment(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_deleted_experiment_keeps_its_name(client, unique):
    name = unique("kept")
    client.delete_experiment(client.create_experiment(name))
    with pytest.raises(MlflowException) as error:
        client.create_experiment(name)
    assert error.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_a_rename_moves_the_name(client, unique):
    old, new = unique("old"), unique("new")
    experiment_id = client.create_experiment(old)
    client.rename_experiment(experiment_id, new)
    assert client.get_experiment_by_name(old) is None
    renamed = client.get_experiment_by_name(new)
    assert renamed.experiment_id == experiment_id
    assert renamed.last_update_time >= renamed.creation_time


def test_a_rename_to_a_taken_name_is_refused(client, unique):
    taken = unique("taken")
    client.create_experiment(taken)
    experiment_id = client.create_experiment(unique("free"))
    with pytest.raises(MlflowException):
        client.rename_experiment(experiment_id, taken)


def test_tags_are_set_overwritten_and_deleted(client, experiment):
    client.set_experiment_tag(experiment, "stage", "draft")
    client.set_experiment_tag(experiment, "stage", "final")
    client.set_experiment_tag(experiment, "mlflow.note.content", "# Why\n\nBecause.")
    tags = client.get_experiment(experiment).tags
    assert tags["stage"] == "final"
    assert tags["mlflow.note.content"] == "# Why\n\nBecause."


@pytest.mark.skipif(not hasattr(mlflow.MlflowClient, "delete_experiment_tag"), reason="this client has no such call")
def test_a_deleted_experiment_tag_is_gone(client, experiment):
    client.set_experiment_tag(experiment, "stage", "draft")
    client.delete_experiment_tag(experiment, "stage")
    assert "stage" not in client.get_experiment(experiment).tags


def test_deleting_an_experiment_deletes_its_runs_and_restoring_brings_them_back(client, experiment):
    run_id = client.create_run(experiment).info.run_id

    client.delete_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "deleted"
    assert client.get_run(run_id).info.lifecycle_stage == "deleted"

    client.restore_experiment(experiment)
    assert client.get_experiment(experiment).lifecycle_stage == "active"
    assert client.get_run(run_id).info.lifecycle_stage == "active"


def test_a_deleted_experiment_takes_no_runs_and_no_changes(client, experiment):
    client.delete_experiment(experiment)
    for change in (
        lambda: client.create_run(experiment),
        lambda: client.set_experiment_tag(experiment, "a", "b"),
        lambda: client.rename_experiment(experiment, "another"),
        lambda: client.delete_experiment(experiment),
    ):
        with pytest.raises(MlflowException):
            change()


def test_an_active_experiment_cannot_be_restored(client, experiment):
    with pytest.raises(MlflowException):
        client.restore_experiment(experiment)


def test_set_experiment_makes_the_experiment_once(uri, unique):
    mlflow.set_tracking_uri(uri)
    name = unique("fluent")
    first = mlflow.set_experiment(name)
    second = mlflow.set_experiment(name)
    assert first.experiment_id == second.experiment_id
    assert mlflow.get_experiment_by_name(name).experiment_id == first.experiment_id


def test_view_types_tell_active_from_deleted(client, unique):
    stem = unique("view")
    kept = client.create_experiment(f"{stem} kept")
    gone = client.create_experiment(f"{stem} gone")
    client.delete_experiment(gone)

    def found(view_type):
        matches = client.search_experiments(view_type=view_type, filter_string=f"name LIKE '{stem}%'")
        return {e.experiment_id for e in matches}

    assert found(ViewType.ACTIVE_ONLY) == {kept}
    assert found(ViewType.DELETED_ONLY) == {gone}
    assert found(ViewType.ALL) == {kept, gone}
