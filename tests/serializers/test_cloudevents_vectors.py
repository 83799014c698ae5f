"""CloudEvents that the SDKs for Python and JavaScript wrote, read; and bad ones, refused."""

import base64
import datetime
import json
from typing import Any

import pytest
from shared_data import shared_cases

from msgpact.model import Headers
from msgpact.serializers import received
from msgpact.serializers.cloudevents import CloudEvents

Case = dict[str, Any]


def events(name: str) -> list[Any]:
    """The cases of a file that are CloudEvents."""
    cases: list[Any] = shared_cases(f"interop/binary/{name}.jsonl")
    return [each for each in cases if each.values[0].get("format", "cloudevents") == "cloudevents"]


def read(case: Case) -> dict[str, object]:
    headers: Headers = tuple((name, base64.b64decode(value)) for name, value in case.get("headers", {}).items())
    serializer = CloudEvents(mode=case["mode"], binding=case["binding"])
    reader, payload = received(serializer, base64.b64decode(case["body_base64"]), headers)
    document = reader.load(payload)
    assert isinstance(document, dict)
    return document


@pytest.mark.parametrize("case", events("cloudevents"))
def test_events_of_others_are_read(case: Case) -> None:
    if "disputed" in case:  # a string under application/json that is no JSON: the string, or an error
        with pytest.raises(ValueError, match=r"^of its data, it is not JSON"):
            read(case)
        return

    document = read(case)

    if isinstance(document.get("time"), str):
        document["time"] = instant(str(document["time"]))
    assert json_of(document) == json_of(case["value"])


def instant(text: str) -> dict[str, str]:
    """An instant as the vectors write it."""
    time = datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)
    fraction = f".{time.microsecond:06d}".rstrip("0") if time.microsecond else ""
    return {"$instant": f"{time:%Y-%m-%dT%H:%M:%S}{fraction}Z"}


def json_of(value: object) -> str:
    """A document as text, in which `1` and `1.0` differ, and bytes are written as the vectors do."""
    return json.dumps(value, sort_keys=True, default=lambda each: {"$bytes": base64.b64encode(each).decode()})


WORDS = {
    "bad-cloudevent": "^it is no CloudEvent: ",
    "bad-json": "^it is not JSON",
    "bad-utf8": r"^its header ce_subject is no UTF-8",
}


@pytest.mark.parametrize("case", events("negative"))
def test_bad_events_are_refused(case: Case) -> None:
    with pytest.raises(ValueError, match=WORDS[case["error"]]):
        read(case)


@pytest.mark.parametrize("case", [each for each in events("cloudevents") if "disputed" not in each.values[0]])
def test_what_was_read_is_written_and_read_again(case: Case) -> None:
    serializer = CloudEvents(mode=case["mode"], binding=case["binding"])
    document = read(case)

    contents, headers = serializer.sent(serializer.dump(document))
    reader, payload = received(serializer, contents, headers)

    assert reader.load(payload) == document
