"""`search_experiments`: its filter grammar, order and pages."""

import pytest
from mlflow.exceptions import MlflowException


@pytest.fixture(scope="module")
def stem(client):
    import uuid

    stem = f"sx{uuid.uuid4().hex[:10]}"
    for name, tags in [
        ("Alpha", {"team": "fraud", "level": "1"}),
        ("beta", {"team": "Churn"}),
        ("gamma_1", {"team": "churn", "my tag": "odd"}),
        ("delta", {}),
    ]:
        client.create_experiment(f"{stem} {name}", tags=tags)
    return stem


@pytest.fixture
def names(client, stem):
    """The short names of what a filter finds among this module's experiments, in the order given."""

    def search(condition="", order_by=("name ASC",), **rest):
        mine = f"name LIKE '{stem} %'"
        found = client.search_experiments(
            filter_string=f"{mine} AND {condition}" if condition else mine, order_by=list(order_by), **rest
        )
        return [e.name.removeprefix(f"{stem} ") for e in found]

    return search


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("", ["Alpha", "beta", "delta", "gamma_1"]),
        ("name LIKE '%a'", ["Alpha", "beta", "delta"]),
        ("name LIKE '%ALPHA'", []),
        ("name ILIKE '%ALPHA'", ["Alpha"]),
        ("attribute.name LIKE '%m_a_'", []),
        ("attribute.name LIKE '%ma__'", ["gamma_1"]),
        ("name != 'nothing'", ["Alpha", "beta", "delta", "gamma_1"]),
        ("tags.team = 'churn'", ["gamma_1"]),
        ("tag.team != 'churn'", ["Alpha", "beta"]),
        ("tags.team LIKE '%hurn'", ["beta", "gamma_1"]),
        ("tags.team ILIKE 'CHURN'", ["beta", "gamma_1"]),
        ('tags.`team` = "fraud"', ["Alpha"]),
        ("tags.\"my tag\" = 'odd'", ["gamma_1"]),
        ("tags.`my tag` = 'odd'", ["gamma_1"]),
        ("tags.team = 'fraud' AND tags.level = '1'", ["Alpha"]),
        ("tags.team = 'fraud' and tags.level = '2'", []),
        ("creation_time > 0", ["Alpha", "beta", "delta", "gamma_1"]),
        ("creation_time <= 1", []),
        ("attribute.last_update_time >= 1000", ["Alpha", "beta", "delta", "gamma_1"]),
    ],
)
def test_a_filter_finds_what_it_says(names, condition, expected):
    assert names(condition) == expected


@pytest.mark.parametrize(
    "broken",
    [
        "name",
        "name = ",
        "name = beta",
        "name > 'beta'",
        "nonsense = 'x'",
        "metrics.loss > 1",
        "tags.team > 'x'",
        "creation_time = 'x'",
        "creation_time LIKE '1%'",
        "name = 'a' OR name = 'b'",
    ],
)
def test_a_broken_filter_is_an_invalid_parameter(client, broken):
    with pytest.raises(MlflowException) as error:
        client.search_experiments(filter_string=broken)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize(
    ("order_by", "expected"),
    [
        (["name"], ["Alpha", "beta", "delta", "gamma_1"]),
        (["name DESC"], ["gamma_1", "delta", "beta", "Alpha"]),
        (["attribute.name desc"], ["gamma_1", "delta", "beta", "Alpha"]),
        (["experiment_id ASC"], ["Alpha", "beta", "gamma_1", "delta"]),
        (["creation_time ASC", "experiment_id ASC"], ["Alpha", "beta", "gamma_1", "delta"]),
        (["last_update_time DESC", "experiment_id DESC"], ["delta", "gamma_1", "beta", "Alpha"]),
        ([], ["delta", "gamma_1", "beta", "Alpha"]),
    ],
)
def test_the_order_is_the_one_asked_for(names, order_by, expected):
    assert names(order_by=order_by) == expected


@pytest.mark.parametrize("broken", ["nonsense", "name sideways", "name, experiment_id", "tags.team", ""])
def test_a_broken_order_is_an_invalid_parameter(client, broken):
    with pytest.raises(MlflowException) as error:
        client.search_experiments(order_by=[broken])
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_small_pages_add_up_to_the_whole(client, stem, size):
    found, token = [], None
    while True:
        page = client.search_experiments(
            filter_string=f"name LIKE '{stem} %'", order_by=["name"], max_results=size, page_token=token
        )
        assert len(page) <= size
        found += [e.name for e in page]
        token = page.token
        if not token:
            break
    assert found == [f"{stem} {name}" for name in ("Alpha", "beta", "delta", "gamma_1")]


@pytest.mark.parametrize("size", [0, -1, 50_001])
def test_a_page_size_out_of_range_is_refused(client, size):
    with pytest.raises(MlflowException) as error:
        client.search_experiments(max_results=size)
    assert error.value.error_code == "INVALID_PARAMETER_VALUE"
