"""Experiments: every call, rightly and wrongly."""

from .asking import Ask, Difference, get, post

ESCAPES = Difference("a location outside the artifact root is refused", 400, "INVALID_PARAMETER_VALUE")
TAKEN = Difference("a taken name is told apart from other failures", 400, "RESOURCE_ALREADY_EXISTS")
OLD_IS_LAX = Difference("the old reference doesn't check it", 400, "INVALID_PARAMETER_VALUE", reference="3.3.")
UNSIZED = Difference("without max_results a page has the default size")

LONG = "n" * 501

STORIES = {
    "made, read, changed, deleted, restored": [
        post(
            "experiments/create",
            {"name": "{unique} a", "tags": [{"key": "team", "value": "fraud"}]},
            keep={"made": "experiment_id"},
        ),
        get("experiments/get", experiment_id="{made}"),
        post("experiments/set-experiment-tag", {"experiment_id": "{made}", "key": "team", "value": "churn"}),
        post("experiments/set-experiment-tag", {"experiment_id": "{made}", "key": "empty", "value": ""}),
        get("experiments/get-by-name", experiment_name="{unique} a"),
        post("experiments/update", {"experiment_id": "{made}", "new_name": "{unique} b"}),
        get("experiments/get", experiment_id="{made}"),
        get("experiments/get-by-name", experiment_name="{unique} a"),
        post("experiments/delete-experiment-tag", {"experiment_id": "{made}", "key": "team"}),
        post("experiments/delete-experiment-tag", {"experiment_id": "{made}", "key": "team"}),
        post("experiments/delete", {"experiment_id": "{made}"}),
        get("experiments/get", experiment_id="{made}"),
        get("experiments/get-by-name", experiment_name="{unique} b"),
        post("experiments/delete", {"experiment_id": "{made}"}),
        post("experiments/restore", {"experiment_id": "{made}"}),
        post("experiments/restore", {"experiment_id": "{made}"}),
        get("experiments/get", experiment_id="{made}"),
    ],
    "the browser's prefix does the same": [
        post("/ajax-api/2.0/mlflow/experiments/create", {"name": "{unique} a"}, keep={"made": "experiment_id"}),
        get("/ajax-api/2.0/mlflow/experiments/get", experiment_id="{made}"),
        post("/ajax-api/2.0/mlflow/experiments/search", {"filter": "name = '{unique} a'"}, UNSIZED),
    ],
    "an artifact location of its own": [
        post(
            "experiments/create",
            {"name": "{unique} a", "artifact_location": "mlflow-artifacts:/mine"},
            keep={"made": "experiment_id"},
        ),
        get("experiments/get", experiment_id="{made}"),
        post("runs/create", {"experiment_id": "{made}", "run_name": "r", "start_time": 1}),
    ],
    "wrong locations": [
        post("experiments/create", {"name": "{unique} a", "artifact_location": "mlflow-artifacts:/a#b"}),
        post("experiments/create", {"name": "{unique} b", "artifact_location": "mlflow-artifacts:/a/../../b"}, ESCAPES),
        post("experiments/create", {"name": "{unique} c", "artifact_location": 5}, names="artifact_location"),
    ],
    "wrong creations": [
        post("experiments/create", {}, names="name"),
        post("experiments/create", {"name": ""}, names="name"),
        post("experiments/create", {"name": None}, names="name"),
        post("experiments/create", {"name": 5}, names="name"),
        post("experiments/create", {"name": ["a"]}, names="name"),
        post("experiments/create", {"name": {"a": 1}}, names="name"),
        post("experiments/create", {"name": LONG}, names="name"),
        post("experiments/create", {"name": "{unique}"}),
        post("experiments/create", {"name": "{unique} t", "tags": "x"}, names="tags"),
        post(
            "experiments/create",
            {"name": "{unique} u", "tags": [{"key": "k" * 251, "value": "v"}]},
            OLD_IS_LAX,
            names="key",
        ),
        post(
            "experiments/create",
            {"name": "{unique} v", "tags": [{"key": "a", "value": "v" * 20_001}]},
            OLD_IS_LAX,
            names="value",
        ),
        post(
            "experiments/create",
            {"name": "{unique} w", "tags": [{"key": "a\nb", "value": "v"}]},
            OLD_IS_LAX,
            names="key",
        ),
    ],
    "unknown fields are passed over": [
        post("experiments/create", {"name": "{unique} a", "colour": "red", "deep": {"a": [1]}}),
    ],
    "wrong reads": [
        get("experiments/get"),
        get("experiments/get", experiment_id=""),
        get("experiments/get", experiment_id="987654321"),
        get("experiments/get", experiment_id="abc"),
        get("experiments/get", experiment_id="-1"),
        get("experiments/get", experiment_id="99999999999999999999"),
        get("experiments/get-by-name"),
        get("experiments/get-by-name", experiment_name="{unique} nowhere"),
    ],
    "wrong changes": [
        post("experiments/update", {"experiment_id": "{exp}"}, names="new_name"),
        post("experiments/update", {"experiment_id": "{exp}", "new_name": ""}, names="new_name"),
        post("experiments/update", {"experiment_id": "{exp}", "new_name": LONG}, OLD_IS_LAX, names="name"),
        post("experiments/update", {"new_name": "x"}, names="experiment_id"),
        post("experiments/update", {"experiment_id": "987654321", "new_name": "x"}),
        post("experiments/update", {"experiment_id": "{closed}", "new_name": "x"}),
        post("experiments/update", {"experiment_id": "{exp}", "new_name": "Default"}, TAKEN),
        post("experiments/delete", {}, names="experiment_id"),
        post("experiments/delete", {"experiment_id": "987654321"}),
        post("experiments/restore", {}, names="experiment_id"),
        post("experiments/restore", {"experiment_id": "{exp}"}),
        post("experiments/restore", {"experiment_id": "987654321"}),
    ],
    "wrong tags": [
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "value": "v"}, names="key"),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "", "value": "v"}, names="key"),
        post("experiments/set-experiment-tag", {"key": "a", "value": "v"}, names="experiment_id"),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "k" * 251, "value": "v"}, names="key"),
        post(
            "experiments/set-experiment-tag",
            {"experiment_id": "{exp}", "key": "a", "value": "v" * 20_001},
            names="value",
        ),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "../a", "value": "v"}),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "a%b", "value": "v"}),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "a", "value": 5}, names="value"),
        post("experiments/set-experiment-tag", {"experiment_id": "{closed}", "key": "a", "value": "v"}),
        post("experiments/set-experiment-tag", {"experiment_id": "987654321", "key": "a", "value": "v"}),
        post("experiments/set-experiment-tag", {"experiment_id": "{exp}", "key": "a"}),
        post("experiments/delete-experiment-tag", {"experiment_id": "{exp}", "key": "never"}),
        post("experiments/delete-experiment-tag", {"experiment_id": "{exp}"}, names="key"),
        post("experiments/delete-experiment-tag", {"experiment_id": "{closed}", "key": "a"}),
    ],
    "bodies that are no object": [
        Ask("POST", "experiments/create", data=b"{", headers={"Content-Type": "application/json"}),
        Ask("POST", "experiments/create", data=b"", headers={"Content-Type": "application/json"}, names="name"),
        Ask("POST", "experiments/create", data=b"[]", headers={"Content-Type": "application/json"}),
        Ask("POST", "experiments/create", data=b"5", headers={"Content-Type": "application/json"}),
        Ask("POST", "experiments/create", data=b"null", headers={"Content-Type": "application/json"}, names="name"),
        Ask("POST", "experiments/create", data=b"[" * 5000, headers={"Content-Type": "application/json"}),
        Ask("POST", "experiments/create", data=b'{"name": "\xff"}', headers={"Content-Type": "application/json"}),
        Ask("POST", "experiments/create", data=b'{"name": "x"}', headers={"Content-Type": "text/plain"}),
        Ask("POST", "experiments/create", data=b'{"name": "x"}', headers={"Content-Type": "application/xml"}),
    ],
    "a charset beside the content type": [
        Ask(
            "POST",
            "experiments/search",
            data=b'{"max_results": 1, "filter": "name = \'Default\'"}',
            headers={"Content-Type": "application/json; charset=utf-8"},
        ),
    ],
    "a path or method that isn't there": [
        get("experiments/nonsense"),
        get("nonsense"),
        get("experiments/create"),
        post("experiments/get", {"experiment_id": "{exp}"}),
        Ask("PUT", "runs/create", body={}),
    ],
}
