"""Webhooks by the clients that teams have: mlflow's and Databricks', told of what they do by a real receiver.

The server is one of its own, whose configuration lets webhooks call this machine: `COUNTERSIGN` names the program.
"""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import mlflow
import pytest
import requests
from databricks.sdk import WorkspaceClient
from databricks.sdk.config import Config
from databricks.sdk.errors import BadRequest, NotFound
from databricks.sdk.service.ml import HttpUrlSpec, RegistryWebhookEvent, RegistryWebhookStatus
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

PROGRAM = os.environ.get("COUNTERSIGN")
SECRET = "a secret, as it is typed: ü"

pytestmark = pytest.mark.skipif(not PROGRAM, reason="COUNTERSIGN does not name the program under test")


class Receiver:
    """Keeps what comes; a path like `/503/2` answers that status twice before it is content."""

    def __init__(self):
        self.received = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802  the name is the library's
                body = self.rfile.read(int(self.headers["Content-Length"]))
                earlier = len(receiver.at(self.path))
                receiver.received.append((self.path, self.headers, body))
                parts = self.path.strip("/").split("/")
                fails = len(parts) == 2 and parts[0].isdigit() and earlier < int(parts[1])
                self.send_response(int(parts[0]) if fails else 200)
                self.end_headers()
                self.wfile.write(b'{"ok":true}')

            def log_message(self, *arguments):
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def at(self, path):
        return [(headers, body) for where, headers, body in self.received if where == path]

    def wait_for(self, path, count):
        for _ in range(300):
            if len(self.at(path)) >= count:
                return self.at(path)
            time.sleep(0.05)
        raise AssertionError(f"{len(self.at(path))} of {count} came: {self.at(path)}")


@pytest.fixture(scope="module")
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    data = tmp_path_factory.mktemp("hooks")
    (data / "countersign.toml").write_text('[webhooks]\nallow = ["127.0.0.1"]\nallow_http = true\n')
    process = subprocess.Popen(
        [PROGRAM, "serve", "--open", "--port", "0", "--data", str(data)], stdout=subprocess.PIPE, text=True
    )
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def hooks(server, uri):
    mlflow.set_tracking_uri(server)
    yield MlflowClient(server, registry_uri=server)
    # Setting it has overwritten the environment, too.
    mlflow.set_tracking_uri(uri)


@pytest.fixture
def databricks(server):
    return WorkspaceClient(config=Config(host=server, token="none", retry_timeout_seconds=5)).model_registry


def is_signed_as_mlflow_documents(headers, body):
    signed = f"{headers['X-MLflow-Delivery-Id']}.{headers['X-MLflow-Timestamp']}.{body.decode()}"
    signature = base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()).decode()
    assert abs(int(headers["X-MLflow-Timestamp"]) - time.time()) < 300
    return hmac.compare_digest(headers["X-MLflow-Signature"], f"v1,{signature}")


def test_mlflow_client_makes_changes_lists_and_deletes_webhooks(hooks, receiver):
    events = ["model_version.created", "registered_model.created"]
    made = hooks.create_webhook("ci", f"{receiver.url}/m0", events, description="d", secret=SECRET)
    assert (made.name, made.description, made.status.value) == ("ci", "d", "ACTIVE")
    assert sorted(str(event) for event in made.events) == events
    assert made.secret is None and SECRET not in repr(hooks.get_webhook(made.webhook_id))
    other = hooks.create_webhook("other", f"{receiver.url}/m0", [events[0]], status="DISABLED")
    page = hooks.list_webhooks(max_results=1)
    assert [one.name for one in page] == ["other"]
    assert [one.name for one in hooks.list_webhooks(max_results=1, page_token=page.token)] == ["ci"]
    changed = hooks.update_webhook(made.webhook_id, name="cd", events=["model_version_alias.created"])
    assert (changed.name, changed.url, len(changed.events)) == ("cd", f"{receiver.url}/m0", 1)
    for wrong in [
        {"name": "a b", "url": receiver.url, "events": events},
        {"name": "x", "url": "ftp://127.0.0.1/", "events": events},
        {"name": "x", "url": "https://169.254.169.254/", "events": events},
        {"name": "x", "url": "https://[::1]/", "events": events},
    ]:
        with pytest.raises(MlflowException) as refused:
            hooks.create_webhook(**wrong)
        assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    for one in (made, other):
        hooks.delete_webhook(one.webhook_id)
        with pytest.raises(MlflowException):
            hooks.get_webhook(one.webhook_id)


def test_mlflow_webhooks_are_told_in_mlflows_words_and_signed(hooks, receiver, unique):
    events = ["registered_model.created", "model_version.created", "model_version_tag.set"]
    events += ["model_version_tag.deleted", "model_version_alias.created", "model_version_alias.deleted"]
    hook = hooks.create_webhook("all", f"{receiver.url}/m1", events, secret=SECRET)
    name = unique("churn")
    hooks.create_registered_model(name, tags={"team": "risk"}, description="who leaves")
    version = hooks.create_model_version(name, "s3://bucket/churn", tags={"k": "v"}).version
    hooks.set_model_version_tag(name, version, "t", "1")
    hooks.set_registered_model_alias(name, "champion", version)
    hooks.delete_model_version_tag(name, version, "t")
    hooks.delete_registered_model_alias(name, "champion")
    told = receiver.wait_for("/m1", 6)
    assert all(is_signed_as_mlflow_documents(headers, body) for headers, body in told)
    assert len({headers["X-MLflow-Delivery-Id"] for headers, _ in told}) == 6
    bodies = sorted((json.loads(body) for _, body in told), key=lambda body: body["timestamp"])
    assert [f"{body['entity']}.{body['action']}" for body in bodies] == events[:3] + [
        "model_version_alias.created",
        "model_version_tag.deleted",
        "model_version_alias.deleted",
    ]
    assert bodies[0]["data"] == {"name": name, "tags": {"team": "risk"}, "description": "who leaves"}
    assert bodies[1]["data"]["source"] == "s3://bucket/churn" and bodies[1]["data"]["version"] == "1"
    assert bodies[2]["data"] == {"name": name, "version": "1", "key": "t", "value": "1"}
    hooks.delete_webhook(hook.webhook_id)
    hooks.set_model_version_tag(name, version, "t", "2")
    time.sleep(1.5)
    assert len(receiver.at("/m1")) == 6


def test_a_delivery_that_fails_comes_again_with_the_same_id(hooks, receiver, unique):
    hook = hooks.create_webhook("flaky", f"{receiver.url}/503/1", ["registered_model.created"], secret=SECRET)
    hooks.create_registered_model(unique("churn"))
    first, second = receiver.wait_for("/503/1", 2)
    assert first[0]["X-MLflow-Delivery-Id"] == second[0]["X-MLflow-Delivery-Id"]
    assert first[1] == second[1] and is_signed_as_mlflow_documents(*second)
    hooks.delete_webhook(hook.webhook_id)


def test_mlflow_client_tries_a_webhook_out(hooks, receiver):
    hook = hooks.create_webhook("try", f"{receiver.url}/m2", ["model_version_tag.set"], status="DISABLED")
    result = hooks.test_webhook(hook.webhook_id)
    assert (result.success, result.response_status, result.response_body) == (True, 200, '{"ok":true}')
    hooks.test_webhook(hook.webhook_id, event="registered_model.created")
    bodies = [json.loads(body) for _, body in receiver.wait_for("/m2", 2)]
    assert bodies[0]["data"]["key"] == "example_key" and bodies[1]["data"]["name"] == "example_model"
    hooks.update_webhook(hook.webhook_id, url=f"{receiver.url}/404/9")
    result = hooks.test_webhook(hook.webhook_id)
    assert (result.success, result.response_status) == (False, 404)
    hooks.delete_webhook(hook.webhook_id)


def test_databricks_client_makes_changes_tries_and_deletes_webhooks(databricks, hooks, receiver, unique):
    name = unique("churn")
    hooks.create_registered_model(name)
    version = hooks.create_model_version(name, "s3://bucket/churn").version
    spec = HttpUrlSpec(
        url=f"{receiver.url}/d1", secret=SECRET, authorization="Bearer abc", enable_ssl_verification=True
    )
    stages = [
        RegistryWebhookEvent.MODEL_VERSION_TRANSITIONED_STAGE,
        RegistryWebhookEvent.MODEL_VERSION_TRANSITIONED_TO_STAGING,
        RegistryWebhookEvent.COMMENT_CREATED,
    ]
    made = databricks.create_webhook(events=stages, http_url_spec=spec, model_name=name, description="d").webhook
    assert made.model_name == name and made.status == RegistryWebhookStatus.ACTIVE
    assert SECRET not in repr(made) and "abc" not in repr(made)
    assert [one.id for one in databricks.list_webhooks(model_name=name)] == [made.id]
    assert [one.id for one in databricks.list_webhooks(events=[stages[2]], model_name=name)] == [made.id]
    created = RegistryWebhookEvent.MODEL_VERSION_CREATED
    assert not list(databricks.list_webhooks(events=[created], model_name=name))

    hooks.transition_model_version_stage(name, version, "Staging")
    databricks.create_comment(name, str(version), "looks well")
    told = receiver.wait_for("/d1", 3)
    for headers, body in told:
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert headers["X-Databricks-Signature"] == signature
        assert headers["Authorization"] == "Bearer abc"
    bodies = {body["event"]: body for body in (json.loads(body) for _, body in told)}
    assert set(bodies) == {event.value for event in stages}
    moved = bodies["MODEL_VERSION_TRANSITIONED_STAGE"]
    assert (moved["from_stage"], moved["to_stage"], moved["webhook_id"]) == ("None", "Staging", made.id)
    assert bodies["COMMENT_CREATED"]["comment"] == "looks well"

    tried = databricks.test_registry_webhook(made.id, event=created)
    assert (tried.status_code, tried.body) == (200, '{"ok":true}')
    changed = databricks.update_webhook(made.id, status=RegistryWebhookStatus.TEST_MODE).webhook
    assert changed.status == RegistryWebhookStatus.TEST_MODE and len(changed.events) == 3
    with pytest.raises(BadRequest):
        databricks.create_webhook(events=stages, http_url_spec=HttpUrlSpec(url="https://167772161/"))
    databricks.delete_webhook(id=made.id)
    with pytest.raises(NotFound):
        databricks.delete_webhook(id=made.id)


def test_a_review_is_told_in_our_own_words(server, hooks, receiver, unique):
    made = requests.post(
        f"{server}/api/v1/webhooks",
        json={
            "name": "own",
            "url": f"{receiver.url}/o1",
            "events": ["review.opened", "review.applied", "model_version.transitioned"],
        },
    ).json()
    key = base64.b64decode(made["secret"].removeprefix("whsec_"))
    name = unique("churn")
    hooks.create_registered_model(name)
    version = hooks.create_model_version(name, "s3://bucket/churn").version
    hooks.transition_model_version_stage(name, version, "Staging")
    headers, body = receiver.wait_for("/o1", 1)[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{signature}"
    told = json.loads(body)
    assert told["type"] == "model_version.transitioned" and told["data"]["to_stage"] == "Staging"
    assert told["data"]["url"].startswith(server)
    requests.delete(f"{server}/api/v1/webhooks/{made['id']}").raise_for_status()
