"""Searches of experiments, over those of `searched`."""

from .asking import Ask, Difference, each, get, post

KINDER = Difference("what is plain to read is taken", body={})
KNOWN_VIEWS = Difference("a view is one of the three", 400, "INVALID_PARAMETER_VALUE")
OLD_LACKS_IT = Difference("the old reference can't", reference="3.3.")


def experiments(filter_: str = "", *differs: Difference, order_by=("name",), **rest) -> Ask:
    mine = "name ILIKE 'data {mark}%'"
    body = {
        "filter": f"{mine} AND {filter_}" if filter_ else mine,
        "order_by": list(order_by),
        "max_results": 100,
        **rest,
    }
    return post("experiments/search", body, *differs)


STORIES = {
    "experiments": [
        experiments(condition)
        for condition in each(
            """
            name = 'data {mark}'
            name != 'data {mark}'
            name LIKE 'data%'
            name LIKE 'DATA%'
            attribute.name ILIKE '%SECOND'
            tags.t = 'x'
            tag.t = 'x'
            tags.t != 'x'
            tags.t LIKE '%'
            tags.`my tag` ILIKE 'y'
            tags."my tag" = 'Y'
            tags.never = 'x'
            creation_time > 0
            last_update_time >= 0
            creation_time < 5
            tags.t = 'x' AND creation_time > 5
            """,
            "",
        )
    ]
    + [experiments("experiment_id = '{data}'", OLD_LACKS_IT)],
    "broken experiment conditions": [
        experiments(condition)
        for condition in each(
            """
            nonsense
            nonsense = 'a'
            name
            name = 5
            name = a
            name > 'a'
            creation_time = 'a'
            creation_time LIKE 'a'
            tags.t > 'a'
            metrics.a > 1
            params.a = 'b'
            name = 'a' OR name = 'b'
            name IN ('a')
            """
        )
    ]
    + [experiments("attributes.name = 'a'", KINDER)],
    "experiments in order and in pages": [
        experiments(order_by=["name"]),
        experiments(order_by=["name DESC"]),
        experiments(order_by=["attribute.name ASC"]),
        experiments(order_by=["experiment_id"]),
        experiments(order_by=["creation_time", "experiment_id DESC"]),
        experiments(order_by=["last_update_time DESC", "experiment_id"]),
        experiments(order_by=[]),
        experiments(order_by=["nonsense"]),
        experiments(order_by=["tags.t"]),
        experiments(order_by=["name sideways"]),
        experiments(order_by=[""]),
        experiments(view_type="ALL"),
        experiments(view_type="DELETED_ONLY"),
        experiments(view_type="ACTIVE_ONLY"),
        experiments(view_type=3),
        Ask(
            "POST",
            "experiments/search",
            body={"filter": "name ILIKE 'data {mark}%'", "max_results": 1, "order_by": ["name"]},
            keep={"token": "next_page_token"},
        ),
        experiments(max_results=1, page_token="{token}"),
        get("experiments/search", max_results=1, filter_="name = 'data {mark}'"),
        get(
            "experiments/search",
            max_results=5,
            filter_="name ILIKE 'data {mark}%'",
            order_by=["name DESC", "experiment_id"],
            view_type="ALL",
        ),
        experiments(max_results=0),
        experiments(max_results=-1),
        experiments(max_results=50_001),
        experiments(max_results="many"),
        experiments(page_token="nonsense"),
        experiments(page_token="e30="),
        experiments("", KNOWN_VIEWS, view_type="nonsense"),
    ],
}
