"""`search_logged_models`: its own grammar, order by metric of a data set, and pages."""

import uuid

import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def models(client):
    """An experiment with five models; the ids by name."""
    experiment_id = client.create_experiment(f"logged models {uuid.uuid4().hex[:10]}")
    run_id = client.create_run(experiment_id).info.run_id
    ids = {}
    for name, kind, params, tags in [
        ("ada", "tree", {"depth": "2"}, {"team": "fraud"}),
        ("bea", "tree", {"depth": "4"}, {"team": "Fraud"}),
        ("cleo", "net", {"depth": "4", "lr": "0.1"}, {}),
        ("dora", "net", {}, {"team": "churn"}),
        ("gone", "net", {}, {}),
    ]:
        ids[name] = client.create_logged_model(experiment_id, name, model_type=kind, params=params, tags=tags).model_id

    def metric(name, key, value, step, dataset=None):
        dataset_name, digest = dataset or (None, None)
        return Metric(
            key,
            value,
            1000 + step,
            step,
            model_id=ids[name],
            dataset_name=dataset_name,
            dataset_digest=digest,
            run_id=run_id,
        )

    train, test = ("train", "d1"), ("test", "d2")
    client.log_batch(
        run_id,
        metrics=[
            metric("ada", "acc", 0.5, 1, train),
            metric("ada", "acc", 0.9, 2, train),
            metric("ada", "acc", 0.6, 3, test),
            metric("bea", "acc", 0.7, 1, train),
            metric("bea", "acc", 0.8, 2, test),
            metric("cleo", "acc", 0.95, 1, train),
            metric("cleo", "loss", -2.5, 1),
        ],
    )
    client.delete_logged_model(ids["gone"])
    return experiment_id, ids


@pytest.fixture
def names(client, models):
    experiment_id, _ = models
    return lambda condition=None, order_by=None, **rest: [
        model.name
        for model in client.search_logged_models(
            [experiment_id], filter_string=condition, order_by=order_by or [{"field_name": "name"}], **rest
        )
    ]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (None, ["ada", "bea", "cleo", "dora"]),
        ("name = 'ada'", ["ada"]),
        ("attributes.name != 'ada'", ["bea", "cleo", "dora"]),
        ("name LIKE '%a'", ["ada", "bea", "dora"]),
        ("name ILIKE 'D%A'", ["dora"]),
        ("name IN ('ada', 'dora')", ["ada", "dora"]),
        ("name NOT IN ('ada', 'dora')", ["bea", "cleo"]),
        ("model_type = 'net'", ["cleo", "dora"]),
        ("params.depth = '4'", ["bea", "cleo"]),
        ("params.depth != '4'", ["ada"]),
        ("params.depth = '4' AND params.lr = '0.1'", ["cleo"]),
        ("tags.team = 'fraud'", ["ada"]),
        ("tags.`team` ILIKE 'fraud'", ["ada", "bea"]),
        ("metrics.acc > 0.85", ["ada", "cleo"]),
        ("metrics.acc >= 0.6 AND metrics.acc < 0.9", ["ada", "bea"]),
        ("metrics.loss = -2.5", ["cleo"]),
        ("metrics.loss > -3 AND model_type = 'net'", ["cleo"]),
        ("creation_timestamp > 1000", ["ada", "bea", "cleo", "dora"]),
        ("last_updated_timestamp < 1000", []),
    ],
)
def test_a_filter_finds_what_it_says(names, condition, expected):
    assert list(dict.fromkeys(names(condition))) == expected


def test_a_source_run_is_an_attribute(client, models, names):
    experiment_id, _ = models
    assert names("source_run_id = 'none'") == []


def test_data_sets_narrow_a_metric_condition(names):
    train = [{"dataset_name": "train", "dataset_digest": "d1"}]
    test = [{"dataset_name": "test", "dataset_digest": "d2"}]
    assert set(names("metrics.acc > 0.65", datasets=train)) == {"ada", "bea", "cleo"}
    assert set(names("metrics.acc > 0.65", datasets=test)) == {"bea"}
    assert set(names("metrics.acc > 0.65", datasets=train + test)) == {"ada", "bea", "cleo"}
    assert set(names(datasets=test)) == {"ada", "bea"}


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        ([{"field_name": "name", "ascending": False}], ["dora", "cleo", "bea", "ada"]),
        ([{"field_name": "creation_time", "ascending": True}, {"field_name": "name"}], ["ada", "bea", "cleo", "dora"]),
        ([{"field_name": "metrics.acc"}, {"field_name": "name"}], ["ada", "bea", "cleo", "dora"]),
        ([{"field_name": "metrics.acc", "ascending": False}, {"field_name": "name"}], ["cleo", "bea", "ada", "dora"]),
        (
            [{"field_name": "metrics.acc", "ascending": False, "dataset_name": "train", "dataset_digest": "d1"}],
            ["cleo", "ada", "bea", "dora"],
        ),
        (
            [{"field_name": "metrics.acc", "dataset_name": "test"}, {"field_name": "name", "ascending": False}],
            ["ada", "bea", "dora", "cleo"],
        ),
        ([{"field_name": "model_type"}, {"field_name": "name", "ascending": False}], ["dora", "cleo", "bea", "ada"]),
    ],
)
def test_the_order_is_the_one_asked_for(names, order_by, expected):
    assert names(order_by=order_by) == expected


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_small_pages_add_up_to_the_whole(client, models, size):
    experiment_id, _ = models
    found, token = [], None
    while True:
        page = client.search_logged_models(
            [experiment_id], order_by=[{"field_name": "name"}], max_results=size, page_token=token
        )
        assert len(page) <= size
        found += [model.name for model in page]
        token = page.token
        if not token:
            break
    assert found == ["ada", "bea", "cleo", "dora"]


def test_a_page_belongs_to_its_search(client, models):
    experiment_id, _ = models
    token = client.search_logged_models([experiment_id], max_results=1).token
    for other in (
        {"experiment_ids": ["0"]},
        {"experiment_ids": [experiment_id], "filter_string": "name = 'ada'"},
        {"experiment_ids": [experiment_id], "order_by": [{"field_name": "name"}]},
    ):
        with pytest.raises(MlflowException) as error:
            client.search_logged_models(**other, max_results=1, page_token=token)
        assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    "broken",
    [
        "name",
        "name = ",
        "nothing.acc > 1",
        "metrics.acc LIKE '1'",
        "name > 'a'",
        "name = 'a' OR name = 'b'",
        "name = 'a'; name = 'b'",
    ],
)
def test_a_broken_filter_is_an_invalid_parameter(client, models, broken):
    with pytest.raises(MlflowException) as error:
        client.search_logged_models([models[0]], filter_string=broken)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.countersign
@pytest.mark.parametrize("broken", ["unknown = 'a'", "metrics.acc > 'high'", "name IN (1, 2)", "name IN ()"])
def test_a_wrong_key_or_value_is_an_invalid_parameter_too(client, models, broken):
    with pytest.raises(MlflowException) as error:
        client.search_logged_models([models[0]], filter_string=broken)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("field", ["nonsense", "params.depth", "tags.team", ""])
def test_a_broken_order_is_an_invalid_parameter(client, models, field):
    with pytest.raises(MlflowException) as error:
        client.search_logged_models([models[0]], order_by=[{"field_name": field}])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
