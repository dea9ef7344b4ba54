"""Single metrics, special values, histories and their pages, and the browser's bulk reads."""

from .asking import Ask, Difference, get, post

BULK = "/ajax-api/2.0/mlflow/metrics/get-history-bulk"
OLD_PAGES = "3.3."
WITHOUT_A_SIZE = Difference("without max_results the old reference loses the points", reference=OLD_PAGES)
KEPT = "infinity is kept, where the reference makes it the largest double"


def metric(key="loss", value=0.5, timestamp=10, **rest) -> dict:
    return {"run_id": "{run}", "key": key, "value": value, "timestamp": timestamp, **rest}


def log(*, differs=(), names=None, **rest) -> Ask:
    return Ask("POST", "runs/log-metric", body=metric(**rest), differs=differs, names=names)


def curve(key="loss", run="{run}", points=30) -> Ask:
    metrics = [{"key": key, "value": (n * 7) % 10, "timestamp": 1000 + n // 2, "step": n // 3} for n in range(points)]
    return post("runs/log-batch", {"run_id": run, "metrics": metrics})


def infinity(sign: str) -> list:
    return [{"key": "i", "value": f"{sign}Infinity", "timestamp": 10, "step": 0}]


STORIES = {
    "single metrics": [
        log(),
        log(step=3, value=0.25),
        log(step=2, value=9.0),
        log(step=3, value=0.1),
        log(step=3, value=0.1, timestamp=11),
        log(key="text", value="0.5"),
        log(key="whole", value=3),
        log(key="nan", value="NaN"),
        log(key="tiny", value=5e-324),
        log(key="huge", value=1.7976931348623157e308),
        log(key="bits", value=123456789.123456789),
        log(key="negative", value=-1.5, step=-4),
        log(key="a/b c.d-e_f: g", value=1),
        Ask(
            "POST",
            "runs/log-metric",
            body={"run_uuid": "{run}", "key": "by uuid", "value": 1, "timestamp": "10", "step": "2"},
        ),
        get("runs/get", run_id="{run}"),
        get("metrics/get-history", run_id="{run}", metric_key="loss", max_results=100),
        get("metrics/get-history", run_id="{run}", metric_key="nan", max_results=100),
    ],
    "NaN among equals": [
        log(key="m", value=1, step=1, timestamp=1),
        log(key="m", value="NaN", step=1, timestamp=1),
        log(key="m", value=0.5, step=1, timestamp=1),
        log(key="n", value=-1, step=1, timestamp=1),
        log(key="n", value="NaN", step=1, timestamp=1),
        log(key="n", value=-0.5, step=1, timestamp=1),
        get("runs/get", run_id="{run}"),
    ],
    "infinity": [
        log(key="i", value="Infinity"),
        get(
            "metrics/get-history",
            Difference(KEPT, body={"metrics": infinity("")}),
            run_id="{run}",
            metric_key="i",
            max_results=9,
        ),
    ],
    "minus infinity": [
        log(key="i", value="-Infinity"),
        get(
            "metrics/get-history",
            Difference(KEPT, body={"metrics": infinity("-")}),
            run_id="{run}",
            metric_key="i",
            max_results=9,
        ),
    ],
    "wrong metrics": [
        post("runs/log-metric", {}, names="run_id"),
        post("runs/log-metric", {"run_id": "{run}", "value": 1, "timestamp": 1}, names="key"),
        post("runs/log-metric", {"run_id": "{run}", "key": "a", "timestamp": 1}, names="value"),
        post("runs/log-metric", {"run_id": "{run}", "key": "a", "value": 1}, names="timestamp"),
        log(key="", names="key"),
        log(key="k" * 251),
        log(key="a%b"),
        log(key="../a"),
        log(value="high", names="value"),
        log(value=None, names="value"),
        log(value=[1], names="value"),
        log(timestamp=-1, names="timestamp"),
        log(timestamp="soon", names="timestamp"),
        log(step="far", names="step"),
        post("runs/log-metric", metric() | {"run_id": "none"}),
        post("runs/log-metric", metric() | {"run_id": "{gone}"}),
        get("runs/get", run_id="{run}"),
    ],
    "a step is whole": [
        log(
            step=1.5,
            names="step",
            differs=(
                Difference("the reference takes 0 for a number that it can't read", 400, "INVALID_PARAMETER_VALUE"),
            ),
        ),
    ],
    "a history in pages": [
        curve(),
        get("metrics/get-history", WITHOUT_A_SIZE, run_id="{run}", metric_key="loss"),
        get("metrics/get-history", WITHOUT_A_SIZE, run_uuid="{run}", metric_key="loss"),
        get("metrics/get-history", run_id="{run}", metric_key="loss", max_results=30),
        Ask(
            "GET",
            "metrics/get-history",
            query={"run_id": "{run}", "metric_key": "loss", "max_results": 12},
            keep={"token": "next_page_token"},
        ),
        Ask(
            "GET",
            "metrics/get-history",
            query={"run_id": "{run}", "metric_key": "loss", "max_results": 12, "page_token": "{token}"},
            keep={"token": "next_page_token"},
        ),
        get("metrics/get-history", run_id="{run}", metric_key="loss", max_results=12, page_token="{token}"),
        get("metrics/get-history", run_id="{run}", metric_key="never", max_results=12),
    ],
    "wrong histories": [
        get("metrics/get-history", run_id="{run}"),
        get("metrics/get-history", metric_key="loss"),
        get("metrics/get-history", run_id="{run}", metric_key="loss", max_results=5, page_token="nonsense"),
        get("metrics/get-history", run_id="{run}", metric_key="loss", max_results=5, page_token="e30="),
        get(
            "metrics/get-history",
            Difference("a page has a size", 400, "INVALID_PARAMETER_VALUE", reference=OLD_PAGES),
            run_id="{run}",
            metric_key="loss",
            max_results=0,
        ),
        get(
            "metrics/get-history",
            Difference("a page has a size", 400, "INVALID_PARAMETER_VALUE", reference=OLD_PAGES),
            run_id="{run}",
            metric_key="loss",
            max_results=-1,
        ),
        get(
            "metrics/get-history",
            Difference("a page has a size", 400, "INVALID_PARAMETER_VALUE"),
            run_id="{run}",
            metric_key="loss",
            max_results="many",
        ),
        get(
            "metrics/get-history",
            Difference("an unknown run has no metrics"),
            run_id="none",
            metric_key="loss",
            max_results=5,
        ),
    ],
    "histories in bulk": [
        curve(points=7),
        curve(run="{gone}"),
        post(
            "runs/create",
            {"experiment_id": "{exp}", "run_name": "b", "start_time": 1},
            keep={"other": "run.info.run_id"},
        ),
        curve(run="{other}", points=5),
        get(BULK, run_id="{run}", metric_key="loss"),
        get(BULK, run_id="{run}", metric_key="loss", max_results=3),
        get(BULK, run_id="none", metric_key="loss"),
        get(BULK, run_id="{run}", metric_key="never"),
        get(BULK, metric_key="loss"),
        get(BULK, run_id="{run}"),
        get(BULK, run_id=["{run}"] * 101, metric_key="loss"),
        get(BULK, run_id="{run}", metric_key="loss", max_results="many"),
    ],
    "histories in bulk, thinned": [
        curve(points=7),
        post("runs/log-batch", {"run_id": "{run}", "metrics": [metric("rising", n, n, step=n) for n in range(20)]}),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss"),
        get(f"{BULK}-interval", run_ids="{run}", metric_key="loss"),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", start_step=1, end_step=1),
        Ask(
            "GET",
            "metrics/get-history-bulk-interval",
            query={"run_ids": "{run}", "metric_key": "rising", "max_results": 6},
            differs=(Difference("the old reference takes one more", reference="3.3."),),
        ),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="never"),
        get("metrics/get-history-bulk-interval", run_ids="none", metric_key="loss"),
        get("metrics/get-history-bulk-interval", metric_key="loss"),
        get("metrics/get-history-bulk-interval", run_ids="{run}"),
        get("metrics/get-history-bulk-interval", run_ids=["{run}"] * 101, metric_key="loss"),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", max_results=0),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", max_results=2501),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", start_step=1),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", end_step=1),
        get("metrics/get-history-bulk-interval", run_ids="{run}", metric_key="loss", start_step=2, end_step=1),
    ],
}
