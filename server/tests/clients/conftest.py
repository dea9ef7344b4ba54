"""The unchanged official client against the server at `MLFLOW_TRACKING_URI`.

The tests say what the reference does, so they pass against `mlflow server` too. `COUNTERSIGN_URI` names our own server,
for the tests that ask for more and for `test_twins.py`, which compares the two.
"""

import os
import uuid

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "1"
os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = "60"
os.environ["GIT_PYTHON_REFRESH"] = "quiet"
os.environ.setdefault("MPLBACKEND", "agg")

import mlflow  # noqa: E402  the settings above are read on import
import pytest  # noqa: E402
from mlflow import MlflowClient  # noqa: E402


def pytest_collection_modifyitems(items):
    if os.environ.get("COUNTERSIGN_URI"):
        return
    for item in items:
        marker = item.get_closest_marker("countersign")
        if marker and mlflow.__version__.startswith(marker.kwargs.get("instead_of", "")):
            item.add_marker(pytest.mark.skip(reason="the reference can't; COUNTERSIGN_URI is not set"))


@pytest.fixture(scope="session")
def uri():
    address = os.environ.get("MLFLOW_TRACKING_URI", "")
    if not address.startswith("http"):
        pytest.exit("set MLFLOW_TRACKING_URI to the server that the tests should use", returncode=2)
    return address.rstrip("/")


@pytest.fixture(scope="session")
def client(uri):
    return MlflowClient(uri)


@pytest.fixture
def unique():
    """Makes names that no other test, and no earlier pass of this one, has used."""
    return lambda stem: f"{stem} {uuid.uuid4().hex[:12]}"


@pytest.fixture
def experiment(uri, client, unique, request):
    """The id of a fresh experiment, which is also the active one of the fluent API."""
    mlflow.set_tracking_uri(uri)
    experiment_id = client.create_experiment(unique(request.node.name))
    mlflow.set_experiment(experiment_id=experiment_id)
    yield experiment_id
    while mlflow.active_run():
        mlflow.end_run()


@pytest.fixture
def run_id(client, experiment):
    """A running run of the fresh experiment."""
    return client.create_run(experiment).info.run_id
