"""Searches of runs and experiments over one experiment, `{data}`, with ties, NaN, missing values and odd names."""

from .asking import Ask, Difference, get, post


def made(name: str, start_time: int, metrics=None, params=None, tags=None, end=None) -> list[Ask]:
    body = {"experiment_id": "{data}", "run_name": name, "start_time": start_time, "user_id": f"user {name}"}
    listed = [{"key": key, "value": value, "timestamp": 1, "step": 1} for key, value in (metrics or {}).items()]
    pairs = [[{"key": key, "value": value} for key, value in (each or {}).items()] for each in (params, tags)]
    asks = [
        post("runs/create", body, keep={name: "run.info.run_id"}),
        post("runs/log-batch", {"run_id": f"{{{name}}}", "metrics": listed, "params": pairs[0], "tags": pairs[1]}),
    ]
    if end:
        asks.append(post("runs/update", {"run_id": f"{{{name}}}", "status": end[0], "end_time": end[1]}))
    return asks


def with_dataset(run: str, name: str, digest: str, context: str | None = None) -> Ask:
    tags = [{"key": "mlflow.data.context", "value": context}] if context else []
    dataset = {"name": name, "digest": digest, "source_type": "local", "source": "s"}
    return post("runs/log-inputs", {"run_id": f"{{{run}}}", "datasets": [{"tags": tags, "dataset": dataset}]})


DATA = [
    post("experiments/create", {"name": "data {mark}", "tags": [{"key": "t", "value": "x"}, {"key": "my tag", "value": "Y"}]}, keep={"data": "experiment_id"}),
    *made("r1", 1000, {"loss": 0.5, "acc": 1}, {"lr": "0.1", "kind": "Adam"}, {"team": "a"}, ("FINISHED", 1500)),
    *made("r2", 1000, {"loss": 0.5, "acc": 2}, {"lr": "0.01", "kind": "adam"}, {"team": "A"}, ("FAILED", 1400)),
    *made("r3", 3000, {"loss": "NaN", "acc": -2.5}, {"lr": "1e-3"}, {"team": "b_c"}, ("KILLED", 3100)),
    *made("r4", 4000, {"loss": 1e300, "odd/key: x.y-z": 1}, {"kind": "50%", "my param": "it's"}, {"my tag": 'say "hi"'}),
    *made("r5", 5000, {"loss": -7}, {"lr": "", "größe": "größe"}, {"team": "b-c"}, ("FINISHED", 5500)),
    *made("r6", 6000),
    *made("r7", 7000, {"loss": 0.25}, {"lr": "0.1"}, {"team": "a"}),
    post("runs/delete", {"run_id": "{r7}"}),
    with_dataset("r1", "wine", "d1", "train"),
    with_dataset("r1", "Digits", "d2", "eval"),
    with_dataset("r2", "wine", "d1", "eval"),
    with_dataset("r3", "digits", "d3"),
    with_dataset("r5", "50%", "d_4", "train"),
    post("experiments/create", {"name": "DATA {mark} second"}, keep={"second": "experiment_id"}),
    post("experiments/create", {"name": "data {mark} third"}, keep={"third": "experiment_id"}),
    post("experiments/delete", {"experiment_id": "{third}"}),
]

STRICTER = Difference("a filter is conditions joined by AND, and each has a key", 400, "INVALID_PARAMETER_VALUE")
KINDER = "what is plain to read is taken"
KNOWN_VIEWS = Difference("a view is one of the three", 400, "INVALID_PARAMETER_VALUE")

OLD_NAN = Difference("the old reference takes NaN for 0", reference="3.3.")
OLD_LAST_PAGE = Difference("the old reference gives a token to an empty page", reference="3.3.")
OLD_LACKS_IT = Difference("the old reference can't", reference="3.3.")

# Where the new reference learned something that the old one refuses or gets wrong.
LATER = {"since": "3.17"}


def runs(filter_: str = "", *differs: Difference, order_by=("attributes.start_time", "attributes.run_name"), since="", **rest) -> Ask:
    body = {"experiment_ids": ["{data}"], "filter": filter_, "order_by": list(order_by), **rest}
    return post("runs/search", body, *differs, since=since)


def by(*order_by: str, differs=()) -> Ask:
    """The runs in that order, and by name where it leaves them level, for the reference goes on by random ids."""
    named = any("run_name" in order.lower() for order in order_by)
    return runs("", *differs, order_by=order_by if named else [*order_by, "run_name DESC"])


def experiments(filter_: str = "", *differs: Difference, order_by=("name",), **rest) -> Ask:
    mine = "name ILIKE 'data {mark}%'"
    body = {"filter": f"{mine} AND {filter_}" if filter_ else mine, "order_by": list(order_by), "max_results": 100, **rest}
    return post("experiments/search", body, *differs)


def pages(path: str, size: int, **body) -> list[Ask]:
    """Three pages; the last one has to be asked for with what the second one gave."""
    first = post(path, {**body, "max_results": size}, keep={"token": "next_page_token"})
    second = post(path, {**body, "max_results": size, "page_token": "{token}"}, keep={"token": "next_page_token"})
    return [first, second, post(path, {**body, "max_results": size, "page_token": "{token}"}, OLD_LAST_PAGE)]


METRIC_FILTERS = [
    f"metrics.loss {operator} {value}" for operator in ("<", "<=", ">", ">=", "=", "!=") for value in ("0.5", "-7", "1e300", "0.4999999")
]
TEXT_FILTERS = [
    f"{key} {operator} '{value}'"
    for key in ("params.kind", "tags.team", "attributes.run_name")
    for operator in ("=", "!=", "LIKE", "ILIKE", "like")
    for value in ("adam", "a%", "b_c", "r_", "%", "", "R1", "50%")
]

STORIES = {
    "metrics compared": [runs(condition, OLD_NAN) for condition in METRIC_FILTERS],
    "texts compared": [runs(condition) for condition in TEXT_FILTERS],
    "metric names and numbers": [
        runs(condition)
        for condition in (
            "metric.acc = 1", "metrics.acc = 1.0", "metrics.acc > -3", "metrics.acc = -2.5", "metrics.`odd/key: x.y-z` = 1",
            'metrics."odd/key: x.y-z" = 1', "metrics.never > 0", "metrics.loss > 0 AND metrics.acc > 1", "metrics.loss>0.1 and metrics.acc<2",
            "  metrics.loss   >   0.1  ", "metrics.loss > 1e2", "metrics.acc > .5", "metrics.acc > 0.", "metrics.acc > 1E-1",
        )
    ],
    "params, tags, and how they are quoted": [
        runs(condition)
        for condition in (
            "params.lr = '0.1'", 'params.lr = "0.1"', "param.lr = '0.1'", "parameter.lr = '0.1'", "parameters.lr = '0.1'", "params.lr = ''",
            "params.`lr` = '0.1'", "params.`my param` = \"it's\"", "params.größe = 'größe'", "params.`größe` = 'größe'", "tags.`my tag` = 'say \"hi\"'",
            'tags."my tag" LIKE \'%hi%\'', "tag.team = 'a'", "tags.mlflow.runName = 'r1'", "tags.`mlflow.runName` != 'r1'", "params.lr LIKE '0.%' AND tags.team = 'a'",
            "params.never = 'a'", "params.never != 'a'", "params.lr = '0.1' and params.lr = '0.01'",
        )
    ],
    "attributes": [
        runs(condition)
        for condition in (
            "attributes.status = 'FINISHED'", "status = 'finished'", "status != 'FINISHED'", "status LIKE 'F%'", "attribute.status ILIKE 'f%'", "attr.status = 'RUNNING'",
            "start_time = 1000", "start_time > 1000", "start_time >= 1000 AND start_time < 4000", "created > 3000", "Created = 3000", "end_time > 1400",
            "end_time = 1500", "end_time != 1500", "run_name = 'r1'", "attributes.`run name` = 'r1'", "attributes.`Run Name` LIKE 'r%'", "run.status = 'KILLED'",
            "run_id = '{r1}'", "run_id != '{r1}'", "run_id IN ('{r1}', '{r2}')", "attributes.run_id NOT IN ('{r1}')", "run_id LIKE '%'", "artifact_uri LIKE '%artifacts'",
            "user_id = 'user r1'", "attributes.user_id LIKE 'user%'", "run_id IN ('{r1}','{r1}')",
        )
    ],
    "data sets": [
        runs(condition)
        for condition in (
            "dataset.name = 'wine'", "datasets.name = 'wine'", "dataset.name != 'wine'", "dataset.name LIKE '%igits'", "dataset.name ILIKE 'DIGITS'", "dataset.name IN ('wine', 'digits')",
            "dataset.digest = 'd1'", "dataset.digest LIKE 'd_'", "dataset.digest IN ('d1', 'd3')", "dataset.context = 'train'", "dataset.context LIKE '%a%'", "dataset.context != 'train'",
            "dataset.context IN ('train')", "dataset.name = 'wine' AND dataset.context = 'eval'", "dataset.name = 'digits' AND dataset.digest = 'd3'", "dataset.name LIKE '50%'", "dataset.name NOT IN ('wine')",
        )
    ],
    "what is missing": [
        runs(condition, **LATER)
        for condition in (
            "params.lr IS NULL", "params.lr IS NOT NULL", "tags.team is null", "tags.`my tag` IS NOT NULL", "params.lr IS NULL AND tags.team IS NOT NULL", "params.never IS NULL",
        )
    ],
    "broken conditions": [
        runs(condition)
        for condition in (
            "metrics.loss", "metrics.loss >", "> 1", "metrics.loss > 'a'", "metrics.loss > a", "metrics.loss LIKE 1", "metrics.loss LIKE '1'", "metrics.loss IN (1)", "metrics.loss == 1",
            "params.lr = 0.1", "params.lr > '1'", "params.lr = a", "params.lr = 'a", "params.lr = a'", "params.lr IN ('a')", "tags.team <= 'a'", "tags.team = 1",
            "nonsense = 'a'", "nonsense.a = 'a'", "status = 1", "status > 'a'", "status IN ('FINISHED')", "start_time = 'a'", "start_time LIKE '1'", "start_time IN (1)",
            "run_id IN ()", "run_id IN (1, 2)", "run_id IN ('a', 1)", "run_id IN 'a'", "run_id IN ('a'", "dataset.nonsense = 'a'", "dataset.name > 'a'", "dataset.name = 5", "dataset.name = a",
            "metrics.loss > 1 OR metrics.loss < 2", "NOT metrics.loss > 1", "metrics.loss > 1; DROP TABLE runs", "(metrics.loss > 1)", "1 < metrics.loss",
            "metrics.loss = metrics.acc", "metrics..loss > 1", ".loss > 1", "=", "'", "`", "(", "))", "\0", "metrics.loss BETWEEN 1 AND 2", "params.lr = NULL", "🚀 = 1",
        )
    ],
    "conditions that the reference lets pass": [runs(condition, STRICTER) for condition in ("metrics.loss > 1 metrics.acc > 1", "metrics. > 1", "AND")],
    "orders": [
        by("metrics.loss"), by("metrics.loss ASC"), by("metrics.loss DESC"), by("metrics.loss desc", "attributes.run_name"), by("metric.acc asc"), by("metrics.`odd/key: x.y-z` DESC"),
        by("metrics.never"), by("params.lr"), by("params.lr DESC"), by("params.`lr` ASC"), by('params."lr" DESC'), by("param.kind", "metrics.acc DESC"), by("tags.team"), by("tags.team DESC"), by("tag.`my tag`"),
        by("attributes.status"), by("status DESC"), by("start_time ASC", "run_name DESC"), by("attributes.start_time DESC", "run_name"), by("created", "run_name DESC"), by("end_time"), by("end_time DESC"),
        by("run_name"), by("attributes.`Run Name` DESC", differs=(Difference(KINDER),)), by("user_id DESC"), by("metrics.loss", "metrics.loss DESC", differs=(Difference(KINDER),)), by("  metrics.loss   DESC  ", differs=(Difference(KINDER),)), by("tags.mlflow.runName DESC"),
        by("params.größe DESC", "run_name"),
    ],
    "broken orders": [
        runs(order_by=[order])
        for order in ("nonsense", "nonsense.a", "metrics.loss SIDEWAYS", "metrics.loss ASC DESC", "metrics.loss, metrics.acc", "metrics", "", " ", "DESC", "dataset.name", "attributes.nonsense", "1", "'a'", "metrics.loss DESC; DROP")
    ],
    "pages of runs": [
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["start_time", "run_name"]),
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["metrics.loss DESC", "run_name"]),
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["tags.team", "run_name"]),
        *pages("runs/search", 1, experiment_ids=["{data}"], filter="params.lr LIKE '0.%' AND metrics.acc > 0", order_by=["run_name"])[:1],
        runs("", OLD_LAST_PAGE, max_results=6),
        runs(max_results=7),
        runs(max_results="3"),
    ],
    "which runs": [
        runs(run_view_type="ACTIVE_ONLY"), runs(run_view_type="DELETED_ONLY"), runs(run_view_type="ALL"), runs(run_view_type=2),
        runs(run_view_type="ALL", order_by=["metrics.loss", "run_name"]),
        post("runs/search", {"experiment_ids": ["{second}"]}),
        post("runs/search", {"experiment_ids": ["987654321"]}),
        post("runs/search", {"experiment_ids": ["{data}", "{second}", "{data}"], "order_by": ["run_name"]}),
        post("runs/search", {"experiment_ids": []}),
        post("runs/search", {}),
        post("/ajax-api/2.0/mlflow/runs/search", {"experiment_ids": ["{data}"], "order_by": ["run_name"]}),
    ],
    "wrong searches": [
        post("runs/search", {"experiment_ids": "x"}, names="experiment_ids"),
        post("runs/search", {"experiment_ids": ["abc"]}),
        runs(max_results=50_001),
        runs(max_results=-1),
        runs(max_results="many"),
        runs(page_token="nonsense"),
        runs(page_token="e30="),
        runs(page_token="eyJvZmZzZXQiOiAiYSJ9"),
        post("runs/search", {"experiment_ids": ["{data}"], "filter": 5}, names="filter"),
        post("runs/search", {"experiment_ids": ["{data}"], "order_by": "run_name"}, names="order_by"),
        post("runs/search", {"experiment_ids": ["{data}"], "order_by": [5]}, names="order_by"),
        post("runs/search", {"experiment_ids": ["{data}"], "run_view_type": "SOME"}, KNOWN_VIEWS),
    ],
    "experiments": [
        experiments(condition)
        for condition in (
            "", "name = 'data {mark}'", "name != 'data {mark}'", "name LIKE 'data%'", "name LIKE 'DATA%'", "attribute.name ILIKE '%SECOND'", "tags.t = 'x'", "tag.t = 'x'", "tags.t != 'x'", "tags.t LIKE '%'",
            "tags.`my tag` ILIKE 'y'", 'tags."my tag" = \'Y\'', "tags.never = 'x'", "creation_time > 0", "last_update_time >= 0", "creation_time < 5", "tags.t = 'x' AND creation_time > 5",
        )
    ]
    + [experiments("experiment_id = '{data}'", OLD_LACKS_IT)],
    "broken experiment conditions": [
        experiments(condition)
        for condition in ("nonsense", "nonsense = 'a'", "name", "name = 5", "name = a", "name > 'a'", "creation_time = 'a'", "creation_time LIKE 'a'", "tags.t > 'a'", "metrics.a > 1", "params.a = 'b'", "name = 'a' OR name = 'b'", "name IN ('a')")
    ]
    + [experiments("attributes.name = 'a'", Difference(KINDER, body={}))],
    "experiments in order and in pages": [
        experiments(order_by=["name"]), experiments(order_by=["name DESC"]), experiments(order_by=["attribute.name ASC"]), experiments(order_by=["experiment_id"]), experiments(order_by=["creation_time", "experiment_id DESC"]),
        experiments(order_by=["last_update_time DESC", "experiment_id"]), experiments(order_by=[]), experiments(order_by=["nonsense"]), experiments(order_by=["tags.t"]), experiments(order_by=["name sideways"]), experiments(order_by=[""]),
        experiments(view_type="ALL"), experiments(view_type="DELETED_ONLY"), experiments(view_type="ACTIVE_ONLY"), experiments(view_type=3),
        Ask("POST", "experiments/search", body={"filter": "name ILIKE 'data {mark}%'", "max_results": 1, "order_by": ["name"]}, keep={"token": "next_page_token"}),
        experiments(max_results=1, page_token="{token}"),
        get("experiments/search", max_results=1, filter_="name = 'data {mark}'"),
        get("experiments/search", max_results=5, filter_="name ILIKE 'data {mark}%'", order_by=["name DESC", "experiment_id"], view_type="ALL"),
        experiments(max_results=0), experiments(max_results=-1), experiments(max_results=50_001), experiments(max_results="many"), experiments(page_token="nonsense"), experiments(page_token="e30="), experiments("", KNOWN_VIEWS, view_type="nonsense"),
    ],
}
