"""Logged models: made, changed, searched; their metrics, params, tags and artifacts."""

from .asking import Ask, Difference, delete, each, get, patch, post, put

ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
REPEATABLE = Difference("what a client repeats is stored once, and answered as the first time")
GONE = Difference("a deleted model isn't finalized", 404, "RESOURCE_DOES_NOT_EXIST")
KNOWN_STATUS = Difference("a status is one of the three", 400, "INVALID_PARAMETER_VALUE")
EMPTY = Difference("an upload is answered with an empty object, as the old reference does", body={})
MISSING = Difference("as every other missing parameter", 400, "INVALID_PARAMETER_VALUE")
KINDER = "what is plain to read is taken"


def model(name: str, keep: str, **rest) -> Ask:
    return post("logged-models", {"experiment_id": "{exp}", "name": name, **rest}, keep={keep: "model.info.model_id"})


def metric(model: str, key: str, value, step: int = 1, dataset: str | None = None, timestamp: int = 10) -> Ask:
    body = {
        "run_id": "{run}",
        "key": key,
        "value": value,
        "timestamp": timestamp,
        "step": step,
        "model_id": f"{{{model}}}",
    }
    return post("runs/log-metric", body | ({"dataset_name": dataset, "dataset_digest": "d"} if dataset else {}))


MODELS = [
    delete("logged-models/{model}"),
    model(
        "ada", "ada", model_type="tree", params=[{"key": "depth", "value": "2"}], tags=[{"key": "team", "value": "a"}]
    ),
    model(
        "bea", "bea", model_type="tree", params=[{"key": "depth", "value": "4"}], tags=[{"key": "team", "value": "A"}]
    ),
    model("cleo", "cleo", model_type="net", params=[{"key": "depth", "value": "4"}, {"key": "lr", "value": "0.1"}]),
    model("dora", "dora", source_run_id="{run}"),
    metric("ada", "acc", 0.5, 1, "train"),
    metric("ada", "acc", 0.9, 2, "train", 20),
    metric("bea", "acc", 0.7, 1, "train"),
    metric("bea", "acc", 0.8, 2, "test", 20),
    metric("cleo", "acc", 0.95, 1, "train"),
    metric("cleo", "loss", -2.5),
]


def search(filter_: str = "", *differs: Difference, order_by=("name",), **rest) -> Ask:
    orders = [{"field_name": order} if isinstance(order, str) else order for order in order_by]
    body = {"experiment_ids": ["{exp}"], "order_by": orders, **rest}
    return post("logged-models/search", body | ({"filter": filter_} if filter_ else {}), *differs)


def by(field_name: str, ascending: bool = True, **rest) -> dict:
    return {"field_name": field_name, "ascending": ascending, **rest}


def data(name: str, digest: str | None = "d") -> dict:
    return {"dataset_name": name} | ({"dataset_digest": digest} if digest else {})


STORIES = {
    "made, read, changed, finalized, deleted": [
        model(
            "one",
            "one",
            model_type="Agent",
            source_run_id="{run}",
            params=[{"key": "a", "value": "1"}],
            tags=[{"key": "t", "value": "x"}],
        ),
        get("logged-models/{one}"),
        post("logged-models/{one}/params", {"model_id": "{one}", "params": [{"key": "b", "value": "2"}]}),
        post("logged-models/{one}/params", {"model_id": "{one}", "params": [{"key": "b", "value": "2"}]}, REPEATABLE),
        patch("logged-models/{one}/tags", {"tags": [{"key": "t", "value": "y"}, {"key": "u", "value": "z"}]}),
        delete("logged-models/{one}/tags/u"),
        delete("logged-models/{one}/tags/u"),
        patch("logged-models/{one}", {"model_id": "{one}", "status": "LOGGED_MODEL_READY"}),
        patch("logged-models/{one}", {"model_id": "{one}", "status": "LOGGED_MODEL_UPLOAD_FAILED"}),
        patch("logged-models/{one}", {"model_id": "{one}", "status": 2}),
        get("/ajax-api/2.0/mlflow/logged-models/{one}"),
        delete("logged-models/{one}"),
        get("logged-models/{one}"),
        delete("logged-models/{one}"),
        patch("logged-models/{one}", {"model_id": "{one}", "status": "LOGGED_MODEL_READY"}, GONE),
    ],
    "wrong creations": [
        post("logged-models", {}, names="experiment_id"),
        post("logged-models", {"experiment_id": "987654321"}),
        post("logged-models", {"experiment_id": "{closed}", "name": "a"}),
        *(
            post("logged-models", {"experiment_id": "{exp}", "name": name})
            for name in ("a/b", "a:b", "a.b", "a%b", "it's", 'a"b')
        ),
        post("logged-models", {"experiment_id": "{exp}", "name": 5}, names="name"),
        post("logged-models", {"experiment_id": "{exp}", "params": "x"}, names="params"),
        post("logged-models", {"experiment_id": "{exp}", "tags": 5}, names="tags"),
    ],
    "wrong changes": [
        get("logged-models/m-none"),
        delete("logged-models/m-none"),
        patch("logged-models/m-none", {"model_id": "m-none", "status": 2}),
        patch("logged-models/m-none/tags", {"tags": [{"key": "a", "value": "b"}]}),
        delete("logged-models/m-none/tags/a"),
        post("logged-models/m-none/params", {"model_id": "m-none", "params": [{"key": "a", "value": "b"}]}),
        patch("logged-models/{model}", {"model_id": "{model}"}, names="status"),
        patch("logged-models/{model}", {"status": "LOGGED_MODEL_READY"}, Difference(KINDER)),
        patch("logged-models/{model}", {"model_id": "{model}", "status": "nonsense"}, KNOWN_STATUS, names="status"),
        patch("logged-models/{model}", {"model_id": "{model}", "status": 99}, KNOWN_STATUS, names="status"),
        patch("logged-models/{model}/tags", {"tags": "x"}, names="tags"),
        post("logged-models/{model}/params", {"model_id": "{model}", "params": "x"}, names="params"),
    ],
    "any key for params and tags": [
        patch("logged-models/{model}/tags", {"model_id": "{model}", "tags": [{"key": "a/b c%20", "value": "3"}]}),
        post(
            "logged-models/{model}/params",
            {"model_id": "{model}", "params": [{"key": "a;b", "value": "x" * 9000}]},
        ),
        get("logged-models/{model}"),
    ],
    "metrics of a model": [
        metric("model", "acc", 0.5, 1, "train"),
        metric("model", "acc", 0.6, 2, "train"),
        metric("model", "acc", 0.6, 2, "train"),
        metric("model", "loss", -1),
        post(
            "runs/log-batch",
            {
                "run_id": "{run}",
                "metrics": [{"key": "f1", "value": 0.1, "timestamp": 5, "step": 4, "model_id": "{model}"}],
            },
        ),
        get("logged-models/{model}"),
        get("runs/get", run_id="{run}"),
    ],
    "a metric of a model that isn't there": [
        post(
            "runs/log-metric",
            {"run_id": "{run}", "key": "acc", "value": 1, "timestamp": 1, "model_id": "m-none"},
            Difference("told apart from other bad requests", 404, "RESOURCE_DOES_NOT_EXIST"),
        ),
    ],
    "searched": MODELS
    + [
        search(condition)
        for condition in each(
            """
            name = 'ada'
            attributes.name != 'ada'
            name LIKE '%a'
            name LIKE 'A%'
            name ILIKE 'A%'
            name IN ('ada', 'dora')
            name NOT IN ('ada')
            name IN ('ada')
            model_type = 'net'
            model_type != 'net'
            params.depth = '4'
            params.depth != '4'
            params.depth LIKE '_'
            params.depth IN ('2', '3')
            params.depth = '4' AND params.lr = '0.1'
            tags.team = 'a'
            tags.`team` ILIKE 'A'
            tags.team NOT IN ('a')
            metrics.acc > 0.85
            metrics.acc >= 0.7 AND metrics.acc < 0.9
            metrics.loss = -2.5
            metrics.loss != 0
            metrics.never > 0
            metrics.acc > 1e-3
            creation_timestamp > 1000
            creation_time < 1000
            last_updated_timestamp >= 1000
            source_run_id = '{run}'
            model_id = '{ada}'
            model_id IN ('{ada}', '{bea}')
            experiment_id = 'x'
            name = 'ada' and model_type = 'tree'
            lifecycle_stage = 'active'
            """,
            "",
        )
    ],
    "narrowed by data sets": MODELS
    + [
        search("metrics.acc > 0.75", datasets=[data("train")]),
        search("metrics.acc > 0.75", datasets=[data("test")]),
        search("metrics.acc > 0.75", datasets=[data("train"), data("test")]),
        search(datasets=[data("test")]),
        search(datasets=[data("test", "other")]),
        search(datasets=[{}]),
        search(datasets=[{"dataset_digest": "d"}]),
        search(datasets="x"),
        search("", Difference("a data set without a digest is any of that name"), datasets=[data("test", None)]),
    ],
    "in order": MODELS
    + [
        search(order_by=orders)
        for orders in (
            ["name"],
            [by("name", False)],
            [by("metrics.acc"), "name"],
            [by("metrics.acc", False), "name"],
            [by("metrics.acc", False, dataset_name="train", dataset_digest="d"), "name"],
            [by("metrics.acc", dataset_name="test"), by("name", False)],
            [by("metrics.loss"), "name"],
            [by("metrics.never"), "name"],
            [by("model_type"), "name"],
            [by("model_type", False), by("name", False)],
            [by("creation_time"), "name"],
            [by("creation_timestamp", False), "name"],
            [by("last_updated_timestamp"), "name"],
            [by("source_run_id"), "name"],
            ["nonsense"],
            ["params.depth"],
            ["tags.team"],
            [""],
            [{}],
        )
    ]
    + [search("", Difference(KINDER), order_by=["attributes.name"])],
    "in pages": MODELS
    + [
        Ask(
            "POST",
            "logged-models/search",
            body={"experiment_ids": ["{exp}"], "order_by": [by("name")], "max_results": 3},
            keep={"token": "next_page_token"},
        ),
        search(max_results=3, page_token="{token}"),
        search(max_results=1, page_token="{token}"),
        search(max_results=4),
        search(max_results=0),
        search("name = 'ada'", page_token="{token}"),
        search(order_by=[by("name", False)], page_token="{token}"),
        post("logged-models/search", {"experiment_ids": ["0"], "order_by": [by("name")], "page_token": "{token}"}),
        search(page_token="nonsense"),
        search(page_token="Zm9v"),
        search("", Difference("a page has a size", 400, "INVALID_PARAMETER_VALUE"), max_results=-1),
        search(max_results="many"),
    ],
    "wrong searches": [
        post("logged-models/search", {}, names="experiment_ids"),
        post("logged-models/search", {"experiment_ids": []}, names="experiment_ids"),
        post("logged-models/search", {"experiment_ids": "x"}, names="experiment_ids"),
        post("logged-models/search", {"experiment_ids": ["987654321"]}),
    ]
    + [
        search(condition)
        for condition in each(
            """
            name
            name =
            name = 'a' OR name = 'b'
            nonsense.a = 'b'
            metrics.a LIKE 'b'
            metrics.a IN (1)
            name > 'a'
            params.a < 'b'
            tags.a >= 'b'
            metrics.a > 'high'
            metrics.a > b
            unknown = 'a'
            attributes.unknown = 'a'
            creation_time LIKE 'a'
            creation_time > 'a'
            name = 'a'; name = 'b'
            (name = 'a')
            name BETWEEN 'a' AND 'b'
            1 = 1
            """
        )
    ]
    + [search("name IN (1)", Difference("as every other broken filter", 400, "INVALID_PARAMETER_VALUE"))]
    + [search("metric.a > 1", Difference(KINDER, body={})), search('name = "model"', Difference("both quotes quote"))],
    "artifacts of a model": [
        get("logged-models/{model}/artifacts/directories"),
        put(f"{ARTIFACTS}/{{exp}}/models/{{model}}/artifacts/a/b.txt", b"hello", EMPTY),
        put(f"{ARTIFACTS}/{{exp}}/models/{{model}}/artifacts/MLmodel", b"flavors: {}", EMPTY),
        get("logged-models/{model}/artifacts/directories"),
        get("logged-models/{model}/artifacts/directories", artifact_directory_path="a"),
        get("logged-models/{model}/artifacts/directories", artifact_directory_path="a/b.txt"),
        get("logged-models/{model}/artifacts/directories", artifact_directory_path="never"),
        get("logged-models/{model}/artifacts/directories", artifact_directory_path="../x"),
        get("logged-models/m-none/artifacts/directories"),
        get("/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files", artifact_file_path="a/b.txt"),
        get("/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files", artifact_file_path="../../x"),
        get("/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files", MISSING),
        get("/ajax-api/2.0/mlflow/logged-models/m-none/artifacts/files", artifact_file_path="a"),
        get(
            "/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files",
            Difference("the old reference fails", 404, "RESOURCE_DOES_NOT_EXIST", reference="3.3."),
            artifact_file_path="never.txt",
        ),
    ],
}
