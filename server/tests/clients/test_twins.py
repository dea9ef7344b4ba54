"""Countersign and the reference get the same requests, good and bad, and must give the same answers.

A story is a list of requests about things of its own: an experiment `{exp}`, a run `{run}`, a deleted run `{gone}`,
a deleted experiment `{closed}`, a logged model `{model}`. The stories are in `twins/`, with the few differences that
are meant, each with its reason.
"""

import os
import uuid

import mlflow
import pytest

from twins import (
    artifact_stories,
    experiment_search_stories,
    experiment_stories,
    logged_model_stories,
    metric_stories,
    reference,
    run_stories,
    search_stories,
    searched,
)
from twins.asking import Twin, post
from twins.comparing import mistakes

STORIES = {
    f"{subject.__name__.removeprefix('twins.').removesuffix('_stories').replace('_', ' ')}: {title}": story
    for subject in (
        experiment_stories,
        run_stories,
        metric_stories,
        search_stories,
        experiment_search_stories,
        logged_model_stories,
        artifact_stories,
    )
    for title, story in subject.STORIES.items()
}


@pytest.fixture(scope="module")
def addresses(tmp_path_factory):
    ours = os.environ.get("COUNTERSIGN_URI")
    if not ours:
        pytest.skip("COUNTERSIGN_URI is not set: there is no twin to compare")
    with reference.running(tmp_path_factory.mktemp("reference")) as theirs:
        yield theirs, ours


@pytest.fixture(scope="module")
def ids_to_search(addresses):
    """The ids, on each server, of the experiment that the searches are about."""
    pair = tuple(map(Twin, addresses))
    mark = uuid.uuid4().hex[:12]
    for twin in pair:
        twin.ids = {"mark": mark}
        for request in searched.DATA:
            assert twin.ask(request).ok, request
    return [twin.ids for twin in pair]


@pytest.fixture
def twins(addresses, ids_to_search):
    pair = tuple(map(Twin, addresses))
    mark = uuid.uuid4().hex[:12]
    for twin, ids in zip(pair, ids_to_search, strict=True):
        twin.ids = ids | {"unique": f"story {mark}"}
        twin.ask(post("experiments/create", {"name": f"story {mark}"}, keep={"exp": "experiment_id"}))
        twin.ask(post("experiments/create", {"name": f"closed {mark}"}, keep={"closed": "experiment_id"}))
        twin.ask(post("experiments/delete", {"experiment_id": "{closed}"}))
        for name in ("run", "gone"):
            body = {"experiment_id": "{exp}", "run_name": name, "start_time": 1000, "user_id": "ana"}
            twin.ask(post("runs/create", body, keep={name: "run.info.run_id"}))
        twin.ask(post("runs/delete", {"run_id": "{gone}"}))
        twin.ask(
            post("logged-models", {"experiment_id": "{exp}", "name": "model"}, keep={"model": "model.info.model_id"})
        )
    return pair


@pytest.mark.parametrize("title", STORIES)
def test_both_answer_alike(twins, title):
    wrong = []
    for request in STORIES[title]:
        if request.since and tuple(map(int, mlflow.__version__.split(".")[:2])) < tuple(
            map(int, request.since.split("."))
        ):
            continue
        replies = [twin.ask(request) for twin in twins]
        wrong += [f"{request}\n  {mistake}" for mistake in mistakes(request, *replies, twins, mlflow.__version__)]
    assert not wrong, "\n" + "\n".join(wrong)
