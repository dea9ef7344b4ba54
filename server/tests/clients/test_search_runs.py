"""`search_runs`: the filter grammar, order, ties and pages, over one small experiment."""

import math
import uuid

import pytest
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException

RUNS = {
    # name: (start time, status, params, metrics, tags)
    "one": (1000, "FINISHED", {"lr": "0.1", "solver": "Adam"}, {"loss": 0.5, "acc": 0.9}, {"team": "fraud"}),
    "two": (
        2000,
        "FAILED",
        {"lr": "0.01", "solver": "adam"},
        {"loss": 0.25, "acc": 0.9},
        {"team": "churn", "my tag": "x"},
    ),
    "three": (3000, "FINISHED", {"lr": "0.001"}, {"loss": math.nan}, {"team": "Fraud"}),
    "four": (4000, "RUNNING", {"solver": "sgd_1"}, {"loss": 1e300, "weird/key: with.all-of_it": 1.0}, {}),
    "five": (5000, "KILLED", {}, {"loss": -3.5, "acc": 0.1}, {"team": "50% off"}),
}


@pytest.fixture(scope="module")
def experiment_id(client):
    experiment_id = client.create_experiment(f"search {uuid.uuid4().hex[:10]}")
    for name, (start_time, status, params, metrics, tags) in RUNS.items():
        run_id = client.create_run(experiment_id, start_time=start_time, run_name=name).info.run_id
        client.log_batch(
            run_id,
            metrics=[Metric(key, value, 10, 1) for key, value in metrics.items()],
            params=[Param(*item) for item in params.items()],
            tags=[RunTag(*item) for item in tags.items()],
        )
        if status != "RUNNING":
            client.set_terminated(run_id, status, end_time=start_time + 500)
    return experiment_id


@pytest.fixture
def names(client, experiment_id):
    return lambda condition="", order_by=("start_time ASC",), **rest: [
        run.info.run_name for run in client.search_runs([experiment_id], condition, order_by=list(order_by), **rest)
    ]


EVERY = ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", EVERY),
        # Metrics. The reference compares NaN as if it were 0, so 0 is left out.
        ("metrics.loss < 0.3 AND metrics.loss != 0", ["two", "five"]),
        ("metrics.acc = 0.9", ["one", "two"]),
        ("metric.acc != 0.9", ["five"]),
        ("metrics.loss >= 0.25 and metrics.loss <= 0.5", ["one", "two"]),
        ("metrics.loss > 1e299", ["four"]),
        ("metrics.loss = -3.5", ["five"]),
        ("metrics.`weird/key: with.all-of_it` = 1", ["four"]),
        ('metrics."weird/key: with.all-of_it" > 0.5', ["four"]),
        ("metrics.unknown > 0", []),
        # Params
        ("params.lr = '0.1'", ["one"]),
        ('params.lr = "0.1"', ["one"]),
        ("param.lr != '0.1'", ["two", "three"]),
        ("parameters.lr LIKE '0.0%'", ["two", "three"]),
        ("params.solver LIKE 'adam'", ["two"]),
        ("params.solver ILIKE 'ADAM'", ["one", "two"]),
        ("params.solver LIKE 'sgd_1'", ["four"]),
        ("params.solver LIKE '_dam'", ["one", "two"]),
        ("params.lr = '0.1' AND params.solver = 'adam'", []),
        # Tags
        ("tags.team = 'fraud'", ["one"]),
        ("tag.team ILIKE 'FRAUD'", ["one", "three"]),
        ("tags.team != 'fraud'", ["two", "three", "five"]),
        ("tags.`my tag` = 'x'", ["two"]),
        ("tags.team LIKE '50\\% off'", []),
        ("tags.team LIKE '50%'", ["five"]),
        ("tags.mlflow.runName = 'two'", ["two"]),
        # Attributes
        ("attributes.status = 'FINISHED'", ["one", "three"]),
        ("status != 'FINISHED'", ["two", "four", "five"]),
        ("attribute.status LIKE 'F%'", ["one", "two", "three"]),
        ("attr.start_time > 2000", ["three", "four", "five"]),
        ("start_time >= 2000 AND start_time < 4000", ["two", "three"]),
        ("created <= 1000", ["one"]),
        ("attributes.end_time = 1500", ["one"]),
        ("run_name = 'four'", ["four"]),
        ("attributes.run_name LIKE 't%'", ["two", "three"]),
        ("attributes.`run name` ILIKE 'FIVE'", ["five"]),
        ("run.`Run Name` = 'one'", ["one"]),
        ("attributes.artifact_uri LIKE '%artifacts'", EVERY),
        ("run_id = 'nothing'", []),
        ("run_id NOT IN ('nothing', 'at all')", EVERY),
    ],
)
def test_a_filter_finds_what_it_says(names, condition, expected):
    assert names(condition) == expected


def test_runs_are_found_by_their_ids(client, experiment_id, names):
    ids = {run.info.run_name: run.info.run_id for run in client.search_runs([experiment_id])}
    assert names(f"run_id = '{ids['two']}'") == ["two"]
    assert names(f"run_id IN ('{ids['two']}', '{ids['five']}')") == ["two", "five"]
    assert names(f'attributes.run_id IN ("{ids["one"]}")') == ["one"]


@pytest.mark.skipif("__import__('mlflow').__version__.startswith('3.3.')", reason="came to the reference later")
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("tags.team IS NULL", ["four"]),
        ("tags.team IS NOT NULL", ["one", "two", "three", "five"]),
        ("params.lr IS NULL", ["four", "five"]),
        ("params.lr is not null AND params.solver IS NOT NULL", ["one", "two"]),
    ],
)
def test_a_missing_param_or_tag_can_be_asked_for(names, condition, expected):
    assert names(condition) == expected


@pytest.mark.parametrize(
    "broken",
    [
        "metrics.loss",
        "metrics.loss >",
        "metrics.loss > 'high'",
        "metrics.loss > high",
        "metrics.loss LIKE 1",
        "metrics.loss IN (1, 2)",
        "params.lr = 0.1",
        "params.lr > '0.1'",
        "params.lr = adam",
        "params.lr = 'a",
        "tags.team >= 'a'",
        "nonsense.key = 'a'",
        "nonsense = 'a'",
        "start_time = 'soon'",
        "start_time LIKE '1%'",
        "status > 'FINISHED'",
        "status IN (1)",
        "run_id IN ()",
        "metrics.loss > 1 OR metrics.loss < 0",
        "metrics.loss > 1; DROP TABLE runs",
        "dataset.nonsense = 'a'",
        "dataset.name > 'a'",
        "1 < metrics.loss",
        "metrics.loss = metrics.acc",
        "(metrics.loss > 1)",
    ],
)
def test_a_broken_filter_is_an_invalid_parameter(client, experiment_id, broken):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment_id], broken)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([], ["five", "four", "three", "two", "one"]),
        (["start_time DESC"], ["five", "four", "three", "two", "one"]),
        (["metrics.loss ASC"], ["five", "two", "one", "four", "three"]),
        (["metrics.loss DESC"], ["four", "one", "two", "five", "three"]),
        (["metrics.acc DESC", "start_time ASC"], ["one", "two", "five", "three", "four"]),
        (["metrics.acc DESC"], ["two", "one", "five", "four", "three"]),
        (["metrics.acc ASC"], ["five", "two", "one", "four", "three"]),
        (["params.lr ASC", "start_time ASC"], ["three", "two", "one", "four", "five"]),
        (["params.`lr` DESC", "start_time ASC"], ["one", "two", "three", "four", "five"]),
        (["tags.team", "start_time ASC"], ["five", "three", "two", "one", "four"]),
        (["attributes.status", "start_time ASC"], ["two", "one", "three", "five", "four"]),
        (["attributes.run_name desc"], ["two", "three", "one", "four", "five"]),
        (["end_time ASC"], ["one", "two", "three", "five", "four"]),
        (["end_time DESC"], ["five", "three", "two", "one", "four"]),
        (["metrics.`weird/key: with.all-of_it` ASC", "start_time ASC"], ["four", "one", "two", "three", "five"]),
        (["created ASC"], ["one", "two", "three", "four", "five"]),
    ],
)
def test_the_order_is_the_one_asked_for(names, order_by, expected):
    assert names(order_by=order_by) == expected


@pytest.mark.parametrize(
    "broken", ["nonsense", "metrics.loss SIDEWAYS", "metrics.loss ASC DESC", "nonsense.a", "start_time, end_time"]
)
def test_a_broken_order_is_an_invalid_parameter(client, experiment_id, broken):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment_id], order_by=[broken])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "order_by", [[], ["metrics.acc DESC"], ["metrics.loss ASC"], ["params.lr DESC"], ["tags.team"], ["status"]]
)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_small_pages_add_up_to_the_whole(client, experiment_id, names, order_by, size):
    found, token = [], None
    while True:
        page = client.search_runs([experiment_id], order_by=order_by, max_results=size, page_token=token)
        assert len(page) <= size
        found += [run.info.run_name for run in page]
        token = page.token
        if not token:
            break
    assert found == names(order_by=order_by)
    assert sorted(found) == sorted(EVERY)


@pytest.mark.countersign
def test_pages_neither_repeat_nor_skip_while_runs_arrive(client, experiment):
    made = [client.create_run(experiment, start_time=1000 + n).info.run_id for n in range(6)]
    page = client.search_runs([experiment], order_by=["start_time DESC"], max_results=4)
    client.create_run(experiment, start_time=2000)
    rest = client.search_runs([experiment], order_by=["start_time DESC"], max_results=4, page_token=page.token)
    assert [run.info.run_id for run in [*page, *rest]] == made[::-1]


def test_several_experiments_are_searched_at_once(client, experiment, experiment_id):
    run_id = client.create_run(experiment).info.run_id
    found = client.search_runs([experiment, experiment_id])
    assert len(found) == 6 and run_id in {run.info.run_id for run in found}
    assert client.search_runs(["987654321"]) == []


def test_view_types_tell_active_from_deleted(client, experiment):
    kept, gone = (client.create_run(experiment).info.run_id for _ in range(2))
    client.delete_run(gone)

    def found(view_type):
        return {run.info.run_id for run in client.search_runs([experiment], run_view_type=view_type)}

    assert found(ViewType.ACTIVE_ONLY) == {kept}
    assert found(ViewType.DELETED_ONLY) == {gone}
    assert found(ViewType.ALL) == {kept, gone}


def test_a_page_holds_at_most_fifty_thousand(client, experiment_id):
    with pytest.raises(MlflowException) as error:
        client.search_runs([experiment_id], max_results=50_001)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_token_that_was_never_given_is_refused(client, experiment_id):
    for token in ("nonsense", "e30=", "%%%"):
        with pytest.raises(MlflowException) as error:
            client.search_runs([experiment_id], page_token=token)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_filter_uses_the_last_value_of_a_metric(client, experiment):
    run_id = client.create_run(experiment).info.run_id
    for step, value in enumerate([0.9, 0.1, 0.5]):
        client.log_metric(run_id, "loss", value, step=step)
    assert len(client.search_runs([experiment], "metrics.loss = 0.5")) == 1
    assert client.search_runs([experiment], "metrics.loss = 0.1") == []
