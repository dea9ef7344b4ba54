"""Runs, their params and tags, batches, inputs and outputs."""

from .asking import Ask, Difference, get, post

REPEATABLE = Difference("what a client repeats is stored once, and answered as the first time")
TAGS_ARE_CHECKED = Difference("a run's first tags keep to the rules of all tags", 400, "INVALID_PARAMETER_VALUE")
TYPES_ARE_CHECKED = Difference("the reference takes 0 for a number that it can't read", 400, "INVALID_PARAMETER_VALUE")
NO_EXPERIMENT = Difference("an experiment has to be named", 400, "INVALID_PARAMETER_VALUE")


def run(name: str, **rest) -> dict:
    return {"experiment_id": "{exp}", "run_name": name, "start_time": 1000, **rest}


def batch(**rest) -> Ask:
    return post("runs/log-batch", {"run_id": "{run}", **rest})


def dataset(name="n", digest="d", tags=(), **rest) -> dict:
    return {
        "tags": list(tags),
        "dataset": {"name": name, "digest": digest, "source_type": "local", "source": "s", **rest},
    }


NOTED_MODEL = '{"artifact_path": "m", "flavors": {}, "utc_time_created": "x", "run_id": "r", "model_uuid": "u"}'

STORIES = {
    "made, changed, ended, deleted, restored": [
        post(
            "runs/create", run("a", user_id="ana", tags=[{"key": "x", "value": "y"}]), keep={"made": "run.info.run_id"}
        ),
        get("runs/get", run_id="{made}"),
        get("runs/get", run_uuid="{made}"),
        post("runs/update", {"run_id": "{made}", "run_name": "b"}),
        post("runs/update", {"run_id": "{made}", "status": "FINISHED", "end_time": 2000}),
        post("runs/update", {"run_id": "{made}"}),
        post("runs/update", {"run_id": "{made}", "status": "RUNNING"}),
        post("runs/update", {"run_uuid": "{made}", "status": "KILLED", "end_time": 3000}),
        post("runs/update", {"run_id": "{made}", "run_name": ""}),
        get("runs/get", run_id="{made}"),
        post("runs/delete", {"run_id": "{made}"}),
        post("runs/delete", {"run_id": "{made}"}),
        get("runs/get", run_id="{made}"),
        post("runs/restore", {"run_id": "{made}"}),
        post("runs/restore", {"run_id": "{made}"}),
        get("runs/get", run_id="{made}"),
    ],
    "statuses": [
        post("runs/update", {"run_id": "{run}", "status": "SCHEDULED"}),
        post("runs/update", {"run_id": "{run}", "status": 4}),
        post(
            "runs/update",
            {"run_id": "{run}", "status": "nonsense"},
            Difference("a status is one of the five", 400, "INVALID_PARAMETER_VALUE"),
        ),
        post("runs/update", {"run_id": "{run}", "end_time": "soon"}, names="end_time"),
        post("runs/update", {"run_id": "{run}", "end_time": "5"}),
        get("runs/get", run_id="{run}"),
    ],
    "names": [
        post("runs/create", run("same", tags=[{"key": "mlflow.runName", "value": "same"}])),
        post("runs/create", run("one", tags=[{"key": "mlflow.runName", "value": "another"}])),
        post(
            "runs/create",
            {"experiment_id": "{exp}", "start_time": 1, "tags": [{"key": "mlflow.runName", "value": "by tag"}]},
        ),
        post("runs/set-tag", {"run_id": "{run}", "key": "mlflow.runName", "value": "renamed"}),
        get("runs/get", run_id="{run}"),
    ],
    "wrong creations": [
        post("runs/create", {}, NO_EXPERIMENT),
        post("runs/create", {"experiment_id": "987654321"}),
        post("runs/create", {"experiment_id": "abc"}),
        post("runs/create", {"experiment_id": "{closed}"}),
        post("runs/create", {"experiment_id": ["{exp}"]}, names="experiment_id"),
        post("runs/create", run("a", start_time="soon"), names="start_time"),
        post("runs/create", run("a", start_time=1.5), TYPES_ARE_CHECKED, names="start_time"),
        post("runs/create", {"experiment_id": "{exp}", "run_name": 5}, names="run_name"),
        post("runs/create", run("a", tags=[{"key": "k" * 251, "value": "v"}]), TAGS_ARE_CHECKED, names="key"),
        post("runs/create", run("a", tags=[{"key": "../a", "value": "v"}]), TAGS_ARE_CHECKED, names="../a"),
    ],
    "wrong reads": [
        get("runs/get"),
        get("runs/get", run_id=""),
        get("runs/get", run_id="none"),
        get("runs/get", run_id="0" * 32),
        get("runs/get", run_id="'; DROP TABLE runs; --"),
        get("runs/get", run_id="a\0b"),
        post("runs/delete", {}, names="run_id"),
        post("runs/delete", {"run_id": "none"}),
        post("runs/delete", {"run_id": 5}, names="run_id"),
        post("runs/restore", {}, names="run_id"),
        post("runs/restore", {"run_id": "none"}),
        post("runs/restore", {"run_id": "{run}"}),
        post("runs/update", {}, names="run_id"),
        post("runs/update", {"run_id": "none", "status": "FINISHED"}),
        post("runs/update", {"run_id": "{gone}", "status": "FINISHED"}),
    ],
    "params": [
        post("runs/log-parameter", {"run_id": "{run}", "key": "lr", "value": "0.1"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "lr", "value": "0.1"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "lr", "value": "0.2"}, names="lr"),
        post("runs/log-parameter", {"run_uuid": "{run}", "key": "uuid", "value": "0.1"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "empty", "value": ""}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "long", "value": "v" * 7000}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "größe / 漢.字-_: x", "value": "größe"}),
        get("runs/get", run_id="{run}"),
    ],
    "wrong params": [
        post("runs/log-parameter", {}, names="run_id"),
        post("runs/log-parameter", {"run_id": "{run}", "value": "v"}, names="key"),
        post("runs/log-parameter", {"run_id": "{run}", "key": "", "value": "v"}, names="key"),
        post("runs/log-parameter", {"run_id": "{run}", "key": "a", "value": 5}, names="value"),
        post("runs/log-parameter", {"run_id": "{run}", "key": "k" * 251, "value": "v"}, names="key"),
        post("runs/log-parameter", {"run_id": "{run}", "key": "a%b", "value": "v"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "/a", "value": "v"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "a/../b", "value": "v"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "a/", "value": "v"}),
        post("runs/log-parameter", {"run_id": "{run}", "key": "a\nb", "value": "v"}),
        post("runs/log-parameter", {"run_id": "none", "key": "a", "value": "v"}),
        post("runs/log-parameter", {"run_id": "{gone}", "key": "a", "value": "v"}),
        get("runs/get", run_id="{run}"),
    ],
    "tags": [
        post("runs/set-tag", {"run_id": "{run}", "key": "a", "value": "1"}),
        post("runs/set-tag", {"run_id": "{run}", "key": "a", "value": "2"}),
        post("runs/set-tag", {"run_id": "{run}", "key": "long", "value": "v" * 8001}),
        post("runs/set-tag", {"run_id": "{run}", "key": "mlflow.note.content", "value": "# note"}),
        get("runs/get", run_id="{run}"),
        post("runs/delete-tag", {"run_id": "{run}", "key": "a"}),
        post("runs/delete-tag", {"run_id": "{run}", "key": "a"}),
        get("runs/get", run_id="{run}"),
    ],
    "wrong tags": [
        post("runs/set-tag", {}, names="run_id"),
        post("runs/set-tag", {"run_id": "{run}", "value": "v"}, names="key"),
        post("runs/set-tag", {"run_id": "{run}", "key": "a", "value": {"b": 1}}, names="value"),
        post("runs/set-tag", {"run_id": "{run}", "key": "k" * 251, "value": "v"}, names="key"),
        post("runs/set-tag", {"run_id": "{run}", "key": ".", "value": "v"}),
        post("runs/set-tag", {"run_id": "{gone}", "key": "a", "value": "v"}),
        post("runs/set-tag", {"run_id": "none", "key": "a", "value": "v"}),
        post("runs/delete-tag", {"run_id": "{run}"}, names="key"),
        post("runs/delete-tag", {"run_id": "{run}", "key": "never"}),
        post("runs/delete-tag", {"run_id": "{gone}", "key": "mlflow.runName"}),
        get("runs/get", run_id="{run}"),
    ],
    "batches": [
        batch(),
        batch(metrics=[], params=[], tags=[]),
        batch(
            metrics=[
                {"key": "loss", "value": 0.5, "timestamp": 10, "step": 1},
                {"key": "loss", "value": 0.4, "timestamp": 11, "step": 2},
            ],
            params=[{"key": "lr", "value": "0.1"}, {"key": "empty", "value": ""}],
            tags=[{"key": "a", "value": "1"}, {"key": "a", "value": "2"}],
        ),
        batch(params=[{"key": "lr", "value": "0.1"}]),
        batch(params=[{"key": "lr", "value": "0.2"}]),
        batch(params=[{"key": "fresh", "value": "1"}, {"key": "lr", "value": "0.2"}]),
        batch(params=[{"key": "twice", "value": "1"}, {"key": "twice", "value": "1"}]),
        get("runs/get", run_id="{run}"),
    ],
    "wrong batches": [
        post("runs/log-batch", {}, names="run_id"),
        post("runs/log-batch", {"run_id": "none"}),
        post("runs/log-batch", {"run_id": "{gone}", "tags": [{"key": "a", "value": "b"}]}),
        batch(metrics="x"),
        batch(metrics=[5]),
        batch(metrics=[{"value": 1, "timestamp": 1}]),
        batch(metrics=[{"key": "a", "timestamp": 1}]),
        batch(metrics=[{"key": "a", "value": 1}]),
        batch(metrics=[{"key": "a", "value": 1, "timestamp": -1}]),
        batch(metrics=[{"key": "ok", "value": 1, "timestamp": 1}, {"key": "b%d", "value": 1, "timestamp": 1}]),
        batch(metrics=[{"key": "k" * 251, "value": 1, "timestamp": 1}]),
        batch(metrics=[{"key": "a", "value": 1, "timestamp": n} for n in range(1001)]),
        batch(params=[{"value": "1"}]),
        batch(params=[{"key": "ok", "value": "1"}, {"key": "../b", "value": "1"}]),
        batch(params=[{"key": f"p{n}", "value": "1"} for n in range(101)]),
        batch(tags=[{"value": "1"}]),
        batch(tags=[{"key": f"t{n}", "value": "1"} for n in range(101)]),
        batch(
            metrics=[{"key": "a", "value": 1, "timestamp": n} for n in range(900)],
            params=[{"key": f"p{n}", "value": "1"} for n in range(60)],
            tags=[{"key": f"t{n}", "value": "1"} for n in range(60)],
        ),
        batch(tags=[{"key": "big", "value": "v" * 1_000_001}]),
        get("runs/get", run_id="{run}"),
    ],
    "numbers in a batch": [
        post(
            "runs/log-batch",
            {"run_id": "{run}", "metrics": [{"key": "a", "value": "high", "timestamp": 1}]},
            TYPES_ARE_CHECKED,
            names="value",
        ),
        post(
            "runs/log-batch",
            {"run_id": "{run}", "metrics": [{"key": "a", "value": 1, "timestamp": 1, "step": "x"}]},
            TYPES_ARE_CHECKED,
            names="step",
        ),
    ],
    "inputs": [
        post("runs/log-inputs", {"run_id": "{run}"}),
        post(
            "runs/log-inputs",
            {
                "run_id": "{run}",
                "datasets": [
                    dataset(tags=[{"key": "mlflow.data.context", "value": "train"}], schema="{}", profile="{}")
                ],
            },
        ),
        post(
            "runs/log-inputs",
            {"run_id": "{run}", "datasets": [dataset(tags=[{"key": "mlflow.data.context", "value": "other"}])]},
        ),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": [dataset(digest="e"), dataset(digest="e")]}),
        post("runs/log-inputs", {"run_id": "{run}", "models": [{"model_id": "{model}"}]}),
        get("runs/get", run_id="{run}"),
        post("/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": ["{exp}"]}),
        post("/ajax-api/2.0/mlflow/experiments/search-datasets", {}),
        post("/ajax-api/2.0/mlflow/experiments/search-datasets", {"experiment_ids": [str(n) for n in range(21)]}),
    ],
    "wrong inputs": [
        post("runs/log-inputs", {}, names="run_id"),
        post("runs/log-inputs", {"run_id": "none"}),
        post("runs/log-inputs", {"run_id": "{gone}", "datasets": [dataset()]}),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": "x"}, names="datasets"),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": [dataset("n" * 501)]}, names="name"),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": [dataset(digest="d" * 37)]}, names="digest"),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": [dataset(source="s" * 65_536)]}, names="source"),
        post("runs/log-inputs", {"run_id": "{run}", "datasets": [dataset(schema="s" * 1_048_576)]}, names="schema"),
        post(
            "runs/log-inputs",
            {"run_id": "{run}", "datasets": [dataset(tags=[{"key": "k" * 256, "value": "v"}])]},
            names="key",
        ),
        post(
            "runs/log-inputs",
            {"run_id": "{run}", "datasets": [dataset(tags=[{"key": "k", "value": "v" * 501}])]},
            names="value",
        ),
        get("runs/get", run_id="{run}"),
        post(
            "runs/log-inputs",
            {"run_id": "{run}", "datasets": [{"tags": []}]},
            Difference("an input without a data set is none", 400, "INVALID_PARAMETER_VALUE"),
            names="dataset",
        ),
    ],
    "outputs": [
        post("runs/outputs", {"run_id": "{run}", "models": [{"model_id": "{model}", "step": 3}]}),
        post("runs/outputs", {"run_id": "{run}", "models": [{"model_id": "{model}", "step": 3}]}, REPEATABLE),
        post("runs/outputs", {"run_id": "{run}", "models": []}),
        get("runs/get", run_id="{run}"),
        post("runs/outputs", {"run_id": "{run}"}, names="models"),
        post("runs/outputs", {"run_id": "{run}", "models": "x"}, names="models"),
        post("runs/outputs", {"run_id": "none", "models": [{"model_id": "{model}"}]}),
        post("runs/outputs", {"run_id": "{gone}", "models": [{"model_id": "{model}"}]}),
        post("runs/outputs", {"models": [{"model_id": "{model}"}]}, names="run_id"),
    ],
    "a model noted in the run": [
        post(
            "runs/log-model",
            {
                "run_id": "{run}",
                "model_json": NOTED_MODEL,
            },
        ),
        post("runs/log-model", {"run_id": "{run}", "model_json": "{"}, names="json"),
        post("runs/log-model", {"run_id": "{run}", "model_json": "{}"}, names="flavors"),
        post("runs/log-model", {"run_id": "{run}"}, names="model_json"),
        post("runs/log-model", {"model_json": "{}"}, names="run_id"),
        post(
            "runs/log-model",
            {
                "run_id": "none",
                "model_json": '{"artifact_path": "m", "flavors": {}, "utc_time_created": "x", "run_id": "r"}',
            },
        ),
        get("runs/get", run_id="{run}"),
    ],
}
