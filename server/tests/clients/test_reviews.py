"""A team that reviews what goes to production, by the clients that it has: mlflow's and Databricks'.

The server is one of its own, with people who sign in: `COUNTERSIGN` names the program.
"""

import html
import os
import re
import subprocess
import time

import mlflow
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import NotFound, PermissionDenied, ResourceAlreadyExists
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException, RestException

PROGRAM = os.environ.get("COUNTERSIGN")
PASSWORD = "correct horse battery staple"
TEAM = {
    "ada": ["admin"],
    "dana": ["data_scientist"],
    "erin": ["ml_engineer"],
    "otto": ["ops_engineer"],
    "vera": ["viewer"],
}

pytestmark = pytest.mark.skipif(not PROGRAM, reason="COUNTERSIGN does not name the program under test")


class Team:
    def __init__(self, uri):
        self.uri = uri
        self.tokens = {name: self.token(name) for name in TEAM}

    def token(self, name):
        """Signs in as a browser does, and makes a token for everything."""
        session = requests.Session()
        session.headers.update({"Origin": self.uri, "Accept": "text/html"})
        signed_in = session.post(f"{self.uri}/sign-in", data={"name": name, "password": PASSWORD})
        assert signed_in.ok, signed_in.text
        fields = {"label": "tests", "expires": "", "scopes": ["read", "write", "review"]}
        page = session.post(f"{self.uri}/account/tokens/create", data=fields).text
        return html.unescape(re.search(r'value="(cs_[0-9a-f]+)"', page).group(1))

    def databricks(self, name):
        config = Config(host=self.uri, token=self.tokens[name], retry_timeout_seconds=5)
        return WorkspaceClient(config=config).model_registry

    def get(self, path, name="dana"):
        answer = requests.get(f"{self.uri}{path}", headers={"Authorization": f"Bearer {self.tokens[name]}"})
        answer.raise_for_status()
        return answer.json()

    def wait_for_files(self, review):
        for _ in range(100):
            if self.get(f"/api/v1/reviews/{review}")["files_state"] == "done":
                return
            time.sleep(0.05)
        raise AssertionError("the version's files are never read")


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    data = tmp_path_factory.mktemp("team")
    for name, roles in TEAM.items():
        arguments = [PROGRAM, "user", "add", name, "--password-stdin", "--data", str(data)]
        arguments += [part for role in roles for part in ("--role", role)]
        subprocess.run(arguments, input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0", "--data", str(data)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield Team(server.stdout.readline().split()[-1])
    finally:
        server.terminate()
        server.wait()


@pytest.fixture
def as_dana(team, monkeypatch):
    """The mlflow client, with the token of the data scientist."""
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", team.tokens["dana"])
    mlflow.set_tracking_uri(team.uri)
    yield MlflowClient(team.uri, registry_uri=team.uri)
    mlflow.set_tracking_uri(os.environ["MLFLOW_TRACKING_URI"])


@pytest.fixture
def version(as_dana, unique):
    """A fresh version of a fresh model, with files."""
    name = unique("churn")
    as_dana.create_registered_model(name)
    run = as_dana.create_run(as_dana.create_experiment(name)).info
    as_dana.log_metric(run.run_id, "auc", 0.9)
    as_dana.log_text(run.run_id, "flavors: {}\n", "model/MLmodel")
    as_dana.set_terminated(run.run_id)
    return as_dana.create_model_version(name, f"{run.artifact_uri}/model", run.run_id)


def test_databricks_client_takes_a_version_through_its_review(team, version):
    dana, erin, otto, vera = (team.databricks(name) for name in ("dana", "erin", "otto", "vera"))
    of = {"name": version.name, "version": str(version.version), "stage": "Production"}
    asked = dana.create_transition_request(**of, comment="better than what we have").request
    assert asked.user_id == "dana" and asked.to_stage == "Production"
    with pytest.raises(ResourceAlreadyExists):
        erin.create_transition_request(**of)
    review = team.get("/api/v1/reviews?state=open")["reviews"][0]["id"]
    team.wait_for_files(review)

    listed = team.get(f"/api/2.0/mlflow/transition-requests/list?name={version.name}&version=1", "erin")
    assert "APPROVE_TRANSITION_REQUEST" in listed["requests"][0]["available_actions"]
    assert [one.to_stage for one in erin.list_transition_requests(version.name, "1")] == ["Production"]
    with pytest.raises(PermissionDenied):
        dana.approve_transition_request(**of, archive_existing_versions=True)
    with pytest.raises(PermissionDenied):
        vera.approve_transition_request(**of, archive_existing_versions=True)

    first = erin.approve_transition_request(**of, archive_existing_versions=True, comment="looked at auc").activity
    assert first.activity_type.value == "APPROVED_REQUEST"
    assert "ops_engineer" in first.system_comment
    assert team.get(f"/api/v1/reviews/{review}")["state"] == "open"
    last = otto.approve_transition_request(**of, archive_existing_versions=True).activity
    assert "now in Production" in last.system_comment
    latest = list(dana.get_latest_versions(version.name, stages=["Production"]))
    assert [one.version for one in latest] == ["1"]
    assert list(dana.list_transition_requests(version.name, "1")) == []
    model = dana.get_model(version.name).registered_model_databricks
    assert model.id.isdigit() and model.permission_level.value == "CAN_MANAGE"
    assert erin.get_model(version.name).registered_model_databricks.permission_level.value == "CAN_EDIT"
    assert vera.get_model(version.name).registered_model_databricks.permission_level.value == "CAN_READ"


def test_databricks_client_rejects_and_cancels(team, version):
    dana, erin = team.databricks("dana"), team.databricks("erin")
    of = {"name": version.name, "version": str(version.version), "stage": "Production"}
    with pytest.raises(NotFound):
        erin.reject_transition_request(**of)
    dana.create_transition_request(**of)
    rejected = erin.reject_transition_request(**of, comment="the data is old").activity
    assert rejected.activity_type.value == "REJECTED_REQUEST"
    dana.create_transition_request(**of)
    with pytest.raises(NotFound):
        erin.delete_transition_request(**of, creator="erin")
    with pytest.raises(PermissionDenied):
        erin.delete_transition_request(**of, creator="dana")
    cancelled = dana.delete_transition_request(**of, creator="dana").activity
    assert cancelled.activity_type.value == "CANCELLED_REQUEST"


def test_databricks_client_deletes_models_versions_and_their_tags(team, version):
    dana = team.databricks("dana")
    name, number = version.name, str(version.version)
    dana.set_model_tag(name, "team", "risk")
    dana.set_model_version_tag(name, number, "checked", "yes")
    dana.delete_model_version_tag(name, number, "checked")
    dana.delete_model_tag(name, "team")
    dana.delete_model_version(name, number)
    with pytest.raises(NotFound):
        dana.get_model_version(name, number)
    dana.delete_model(name)
    with pytest.raises(NotFound):
        dana.get_model(name)


def test_databricks_client_comments(team, version):
    dana, erin = team.databricks("dana"), team.databricks("erin")
    comment = erin.create_comment(version.name, str(version.version), "which data?").comment
    assert comment.user_id == "erin"
    with pytest.raises(PermissionDenied):
        dana.update_comment(comment.id, "something else")
    assert erin.update_comment(comment.id, "which data, exactly?").comment.comment == "which data, exactly?"
    erin.delete_comment(comment.id)
    with pytest.raises(NotFound):
        erin.delete_comment(comment.id)


def test_a_plain_call_is_refused_with_the_address_to_go_to(team, as_dana, version):
    with pytest.raises(RestException) as refused:
        as_dana.transition_model_version_stage(version.name, version.version, "Production")
    assert refused.value.error_code == "PERMISSION_DENIED"
    assert f"{team.uri}/models/" in str(refused.value)
    with pytest.raises(PermissionDenied):
        team.databricks("ada").transition_stage(version.name, "1", "Production", archive_existing_versions=True)
    assert as_dana.transition_model_version_stage(version.name, version.version, "Archived")


def test_who_shows_no_token_or_a_wrong_one_is_told_so(team, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN", raising=False)
    client = MlflowClient(team.uri, registry_uri=team.uri)
    with pytest.raises(MlflowException) as refused:
        client.search_experiments()
    assert refused.value.error_code == "UNAUTHENTICATED"
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "dana")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", PASSWORD)
    assert client.search_experiments()
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", team.tokens["erin"])
    with pytest.raises(MlflowException):
        client.search_experiments()


def test_databricks_client_asks_for_a_stage_of_the_teams_own(team, version, as_dana):
    ada = {"Authorization": f"Bearer {team.tokens['ada']}"}

    def put(path, body):
        requests.put(f"{team.uri}{path}", json=body, headers=ada).raise_for_status()

    put("/api/v1/stages", {"stages": ["Staging", "Canary", "Production"]})
    text = 'format = 1\n[stage.Canary]\nsign_off = [{ role = "ml_engineer" }]\n'
    put(f"/api/v1/models/{version.name}/policy", {"text": text})
    of = {"name": version.name, "version": str(version.version), "stage": "Canary"}
    with pytest.raises(RestException, match="reaches Canary by a review"):
        as_dana.transition_model_version_stage(version.name, version.version, "Canary")
    asked = team.databricks("dana").create_transition_request(**of).request
    assert asked.to_stage == "Canary"
    erin = team.databricks("erin")
    [request] = erin.list_transition_requests(version.name, str(version.version))
    team.wait_for_files(request.id)
    erin.approve_transition_request(**of, archive_existing_versions=False)
    [latest] = as_dana.get_latest_versions(version.name, stages=["Canary"])
    assert latest.current_stage == "Canary"
