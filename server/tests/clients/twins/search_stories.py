"""Searches of runs: the whole grammar, the orders, the pages."""

from .asking import Ask, Difference, each, post

STRICTER = Difference("a filter is conditions joined by AND, and each has a key", 400, "INVALID_PARAMETER_VALUE")
KINDER = "what is plain to read is taken"
KNOWN_VIEWS = Difference("a view is one of the three", 400, "INVALID_PARAMETER_VALUE")

OLD_NAN = Difference("the old reference takes NaN for 0", reference="3.3.")
OLD_LAST_PAGE = Difference("the old reference gives a token to an empty page", reference="3.3.")

# Where the new reference learned something that the old one refuses or gets wrong.
LATER = {"since": "3.17"}


def runs(
    filter_: str = "", *differs: Difference, order_by=("attributes.start_time", "attributes.run_name"), since="", **rest
) -> Ask:
    body = {"experiment_ids": ["{data}"], "filter": filter_, "order_by": list(order_by), **rest}
    return post("runs/search", body, *differs, since=since)


def by(*order_by: str, differs=()) -> Ask:
    """The runs in that order, and by name where it leaves them level, for the reference goes on by random ids."""
    named = any("run_name" in order.lower() for order in order_by)
    return runs("", *differs, order_by=order_by if named else [*order_by, "run_name DESC"])


def pages(path: str, size: int, **body) -> list[Ask]:
    """Three pages; the last one has to be asked for with what the second one gave."""
    first = post(path, {**body, "max_results": size}, keep={"token": "next_page_token"})
    second = post(path, {**body, "max_results": size, "page_token": "{token}"}, keep={"token": "next_page_token"})
    return [first, second, post(path, {**body, "max_results": size, "page_token": "{token}"}, OLD_LAST_PAGE)]


METRIC_FILTERS = [
    f"metrics.loss {operator} {value}"
    for operator in ("<", "<=", ">", ">=", "=", "!=")
    for value in ("0.5", "-7", "1e300", "0.4999999")
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
        for condition in each(
            """
            metric.acc = 1
            metrics.acc = 1.0
            metrics.acc > -3
            metrics.acc = -2.5
            metrics.`odd/key: x.y-z` = 1
            metrics."odd/key: x.y-z" = 1
            metrics.never > 0
            metrics.loss > 0 AND metrics.acc > 1
            metrics.loss>0.1 and metrics.acc<2
            metrics.loss > 1e2
            metrics.acc > .5
            metrics.acc > 0.
            metrics.acc > 1E-1
            """,
            "  metrics.loss   >   0.1  ",
        )
    ],
    "params, tags, and how they are quoted": [
        runs(condition)
        for condition in each(
            """
            params.lr = '0.1'
            params.lr = "0.1"
            param.lr = '0.1'
            parameter.lr = '0.1'
            parameters.lr = '0.1'
            params.lr = ''
            params.`lr` = '0.1'
            params.`my param` = "it's"
            params.größe = 'größe'
            params.`größe` = 'größe'
            tags.`my tag` = 'say "hi"'
            tags."my tag" LIKE '%hi%'
            tag.team = 'a'
            tags.mlflow.runName = 'r1'
            tags.`mlflow.runName` != 'r1'
            params.lr LIKE '0.%' AND tags.team = 'a'
            params.never = 'a'
            params.never != 'a'
            params.lr = '0.1' and params.lr = '0.01'
            """
        )
    ],
    "attributes": [
        runs(condition)
        for condition in each(
            """
            attributes.status = 'FINISHED'
            status = 'finished'
            status != 'FINISHED'
            status LIKE 'F%'
            attribute.status ILIKE 'f%'
            attr.status = 'RUNNING'
            start_time = 1000
            start_time > 1000
            start_time >= 1000 AND start_time < 4000
            created > 3000
            Created = 3000
            end_time > 1400
            end_time = 1500
            end_time != 1500
            run_name = 'r1'
            attributes.`run name` = 'r1'
            attributes.`Run Name` LIKE 'r%'
            run.status = 'KILLED'
            run_id = '{r1}'
            run_id != '{r1}'
            run_id IN ('{r1}', '{r2}')
            attributes.run_id NOT IN ('{r1}')
            run_id LIKE '%'
            artifact_uri LIKE '%artifacts'
            user_id = 'user r1'
            attributes.user_id LIKE 'user%'
            run_id IN ('{r1}','{r1}')
            """
        )
    ],
    "data sets": [
        runs(condition)
        for condition in each(
            """
            dataset.name = 'wine'
            datasets.name = 'wine'
            dataset.name != 'wine'
            dataset.name LIKE '%igits'
            dataset.name ILIKE 'DIGITS'
            dataset.name IN ('wine', 'digits')
            dataset.digest = 'd1'
            dataset.digest LIKE 'd_'
            dataset.digest IN ('d1', 'd3')
            dataset.context = 'train'
            dataset.context LIKE '%a%'
            dataset.context != 'train'
            dataset.context IN ('train')
            dataset.name = 'wine' AND dataset.context = 'eval'
            dataset.name = 'digits' AND dataset.digest = 'd3'
            dataset.name LIKE '50%'
            dataset.name NOT IN ('wine')
            """
        )
    ],
    "what is missing": [
        runs(condition, **LATER)
        for condition in (
            "params.lr IS NULL",
            "params.lr IS NOT NULL",
            "tags.team is null",
            "tags.`my tag` IS NOT NULL",
            "params.lr IS NULL AND tags.team IS NOT NULL",
            "params.never IS NULL",
        )
    ],
    "broken conditions": [
        runs(condition)
        for condition in each(
            """
            metrics.loss
            metrics.loss >
            > 1
            metrics.loss > 'a'
            metrics.loss > a
            metrics.loss LIKE 1
            metrics.loss LIKE '1'
            metrics.loss IN (1)
            metrics.loss == 1
            params.lr = 0.1
            params.lr > '1'
            params.lr = a
            params.lr = 'a
            params.lr = a'
            params.lr IN ('a')
            tags.team <= 'a'
            tags.team = 1
            nonsense = 'a'
            nonsense.a = 'a'
            status = 1
            status > 'a'
            status IN ('FINISHED')
            start_time = 'a'
            start_time LIKE '1'
            start_time IN (1)
            run_id IN ()
            run_id IN (1, 2)
            run_id IN ('a', 1)
            run_id IN 'a'
            run_id IN ('a'
            dataset.nonsense = 'a'
            dataset.name > 'a'
            dataset.name = 5
            dataset.name = a
            metrics.loss > 1 OR metrics.loss < 2
            NOT metrics.loss > 1
            metrics.loss > 1; DROP TABLE runs
            (metrics.loss > 1)
            1 < metrics.loss
            metrics.loss = metrics.acc
            metrics..loss > 1
            .loss > 1
            =
            '
            `
            (
            ))
            metrics.loss BETWEEN 1 AND 2
            params.lr = NULL
            🚀 = 1
            """,
            "\x00",
        )
    ],
    "conditions that the reference lets pass": [
        runs(condition, STRICTER) for condition in ("metrics.loss > 1 metrics.acc > 1", "metrics. > 1", "AND")
    ],
    "orders": [
        by("metrics.loss"),
        by("metrics.loss ASC"),
        by("metrics.loss DESC"),
        by("metrics.loss desc", "attributes.run_name"),
        by("metric.acc asc"),
        by("metrics.`odd/key: x.y-z` DESC"),
        by("metrics.never"),
        by("params.lr"),
        by("params.lr DESC"),
        by("params.`lr` ASC"),
        by('params."lr" DESC'),
        by("param.kind", "metrics.acc DESC"),
        by("tags.team"),
        by("tags.team DESC"),
        by("tag.`my tag`"),
        by("attributes.status"),
        by("status DESC"),
        by("start_time ASC", "run_name DESC"),
        by("attributes.start_time DESC", "run_name"),
        by("created", "run_name DESC"),
        by("end_time"),
        by("end_time DESC"),
        by("run_name"),
        by("attributes.`Run Name` DESC", differs=(Difference(KINDER),)),
        by("user_id DESC"),
        by("metrics.loss", "metrics.loss DESC", differs=(Difference(KINDER),)),
        by("  metrics.loss   DESC  ", differs=(Difference(KINDER),)),
        by("tags.mlflow.runName DESC"),
        by("params.größe DESC", "run_name"),
    ],
    "broken orders": [
        runs(order_by=[order])
        for order in each(
            """
            nonsense
            nonsense.a
            metrics.loss SIDEWAYS
            metrics.loss ASC DESC
            metrics.loss, metrics.acc
            metrics
            DESC
            dataset.name
            attributes.nonsense
            1
            'a'
            metrics.loss DESC; DROP
            """,
            "",
            " ",
        )
    ],
    "pages of runs": [
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["start_time", "run_name"]),
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["metrics.loss DESC", "run_name"]),
        *pages("runs/search", 2, experiment_ids=["{data}"], order_by=["tags.team", "run_name"]),
        *pages(
            "runs/search",
            1,
            experiment_ids=["{data}"],
            filter="params.lr LIKE '0.%' AND metrics.acc > 0",
            order_by=["run_name"],
        )[:1],
        runs("", OLD_LAST_PAGE, max_results=6),
        runs(max_results=7),
        runs(max_results="3"),
    ],
    "which runs": [
        runs(run_view_type="ACTIVE_ONLY"),
        runs(run_view_type="DELETED_ONLY"),
        runs(run_view_type="ALL"),
        runs(run_view_type=2),
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
}
