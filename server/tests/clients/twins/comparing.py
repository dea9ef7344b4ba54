"""When two answers are the same: equal status, error code and JSON, once ids and times are put aside."""

import email.message
import json
import math
import re
import urllib.parse
from typing import Any

import requests

from .asking import Ask, Difference, Twin

TIMES = {"creation_time", "last_update_time", "creation_timestamp_ms", "last_updated_timestamp_ms"}
# Which the reference leaves to its database.
UNORDERED = {"metrics", "params", "tags", "dataset_inputs", "model_inputs", "model_outputs", "dataset_summaries"}
# Of features that Countersign doesn't have: the newest reference names a workspace in each experiment.
ABSENT = {"workspace", "effective_trace_archival_retention"}
# Which say as much as no field at all; when the reference leaves them out differs from call to call.
EMPTY = [("file_size", 0), ("inputs", {}), ("outputs", {})]


def normal(value: Any, twin: Twin, key: str = "") -> Any:
    if isinstance(value, dict):
        shown = {name: part for name, part in value.items() if name not in ABSENT and (name, part) not in EMPTY}
        return {name: normal(part, twin, name) for name, part in shown.items()}
    if isinstance(value, list):
        parts = [normal(part, twin, key) for part in value]
        return sorted(parts, key=lambda part: json.dumps(part, sort_keys=True)) if key in UNORDERED else parts
    if key in TIMES:
        return "<time>"
    if key == "next_page_token":
        return "<token>"
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, str):
        if value.startswith("[{"):  # A list that the client keeps in a tag; the order of its keys is nobody's.
            return normal(json.loads(value), twin)
        return named(value, twin, key)
    return value


def named(text: str, twin: Twin, key: str) -> str:
    """`text` with the story's names in the place of this server's ids, and every other id put aside."""
    by_id = {found: name for name, found in twin.ids.items()}
    if key == "experiment_id":
        return f"<{by_id.get(text, 'experiment')}>"
    text = re.sub(
        r"^(mlflow-artifacts:)/(\d+)(?=/|$)", lambda match: f"{match[1]}/<{by_id.get(match[2], 'experiment')}>", text
    )
    return re.sub(r"(m-)?[0-9a-f]{32}", lambda match: f"<{by_id.get(match[0], 'id')}>", text)


def answer(reply: requests.Response) -> Any:
    try:
        return reply.json()
    except ValueError:
        return None


def file_name(reply: requests.Response) -> str | None:
    """The name under which a browser would keep the answer; none unless it is an attachment."""
    disposition = reply.headers.get("content-disposition", "")
    extended = re.search(r"filename\*=UTF-8''([^;]+)", disposition)
    if extended:
        return urllib.parse.unquote(extended[1])
    message = email.message.Message()
    message["Content-Disposition"] = disposition
    return message.get_filename() if message.get_content_disposition() == "attachment" else None


def mistakes(
    request: Ask, reference: requests.Response, ours: requests.Response, twins: tuple[Twin, Twin], version: str
):
    """What is wrong with our answer, as sentences; nothing if it is as it should be."""
    difference = next((one for one in request.differs if version.startswith(one.reference)), None)
    if difference is None and reference.status_code == 500:
        difference = Difference("the reference fails", 400, "INVALID_PARAMETER_VALUE")
    theirs, mine = answer(reference), answer(ours)
    both = f"ours: {ours.text[:300]}; reference: {reference.text[:300]}"

    if difference is not None:
        status, error_code = difference.status, difference.error_code
    else:
        status, error_code = reference.status_code, theirs.get("error_code") if isinstance(theirs, dict) else None
    if ours.status_code != status:
        yield f"status {ours.status_code}, should be {status}; {both}"
        return

    if status >= 400:
        if not isinstance(mine, dict) or not {"error_code", "message"} <= mine.keys():
            yield f"an error without error_code and message: {ours.text[:300]}"
        elif error_code is not None and mine["error_code"] != error_code:
            yield f"error code {mine['error_code']}, should be {error_code}; {both}"
        elif request.names and request.names.lower() not in mine["message"].lower():
            yield f"the message doesn't name `{request.names}`: {mine['message']}"
    elif difference is not None:
        if difference.body is not None and normal(mine, twins[1]) != difference.body:
            yield f"should be {difference.body}; ours: {normal(mine, twins[1])}"
    elif theirs is not None:
        theirs, mine = normal(theirs, twins[0]), normal(mine, twins[1])
        if theirs != mine:
            yield f"another body:\n    reference {json.dumps(theirs)}\n    ours      {json.dumps(mine)}"
    elif reference.content != ours.content:
        yield f"other bytes: {ours.content[:100]!r}, should be {reference.content[:100]!r}"
    if status < 400 and "content-disposition" in reference.headers:
        if file_name(reference) != file_name(ours):
            yield f"another file name: {ours.headers.get('content-disposition')}, should be {file_name(reference)}"
        if ours.headers.get("x-content-type-options") != "nosniff":
            yield "a download that may be sniffed"
