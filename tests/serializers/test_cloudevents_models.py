"""What users have as CloudEvents, and what handlers want as one."""

import dataclasses
import datetime
import json
from typing import Any, Generic, TypeVar

import messagepack
import pytest
from event_notation import DATUM, ORDER, REQUIRED, in_headers
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from msgpact.model import Serializer
from msgpact.serializers import binary, received
from msgpact.serializers import json as json_serializer
from msgpact.serializers.avro import Avro
from msgpact.serializers.cloudevents import CloudEvents


class Order(BaseModel):
    id: int
    token: bytes = b""


class OrderEvent(BaseModel, extra="allow"):
    id: str
    source: str
    type: str
    time: datetime.datetime | None = None
    data: Order | None = None


@dataclasses.dataclass
class Created:
    id: str
    source: str
    type: str
    data: Order


class Named(BaseModel):
    id: str
    source: str
    type: str
    payload: dict[str, int] = Field(alias="data")


@pytest.mark.parametrize(
    ("value", "more"),
    [
        (OrderEvent(id="1-a", source="/shop", type="created"), {}),
        (OrderEvent(id="1-a", source="/shop", type="created", traceid="7"), {"traceid": "7"}),  # type: ignore[call-arg]  # extra
        (OrderEvent(id="1-a", source="/shop", type="created", data=Order(id=1)), {"data": {"id": 1, "token": ""}}),
        (Created("1-a", "/shop", "created", Order(id=1)), {"data": {"id": 1, "token": ""}}),
        (Named(id="1-a", source="/shop", type="created", data={"id": 1}), {"data": {"id": 1}}),
    ],
    ids=["model", "extra", "data", "dataclass", "alias"],
)
def test_models_are_events(value: object, more: dict[str, object]) -> None:
    assert CloudEvents().load(CloudEvents().dump(value)) == {**REQUIRED, **more}


def test_data_of_a_model_are_written_by_their_serializer() -> None:
    event = Created("1-a", "/shop", "created", Order(id=42, token=b"\x00\xff"))

    assert CloudEvents(Avro(ORDER)).load(CloudEvents(Avro(ORDER)).dump(event))["data"] == DATUM


@pytest.mark.parametrize("value", ["text", 7, [], object], ids=str)
def test_what_is_no_event(value: object) -> None:
    with pytest.raises(TypeError, match=r"^it is no CloudEvent, but .*: give a dict of its attributes and data"):
        CloudEvents().dump(value)


def test_names_are_text() -> None:
    with pytest.raises(TypeError, match=r"^a name of an attribute is no text: \{1: 2\}"):
        CloudEvents().dump({1: 2})


Data = TypeVar("Data")


class Event(BaseModel, Generic[Data]):
    id: str
    data: Data


class Typed(TypedDict):
    id: str
    data: dict[str, int]


@pytest.mark.parametrize(
    ("events", "data", "into", "built"),
    [
        (CloudEvents(), {"id": 1}, dict, {**REQUIRED, "data": {"id": 1}}),
        (CloudEvents(), {"id": 1}, Event[Order], Event[Order](id="1-a", data=Order(id=1))),
        (CloudEvents(), {"id": 1}, Typed, {**REQUIRED, "data": {"id": 1}}),
        (CloudEvents(), {"id": 1}, Created, Created("1-a", "/shop", "created", Order(id=1))),
        (CloudEvents(messagepack), DATUM, Event[Order], Event[Order](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(messagepack), DATUM, Event[Order | None], Event[Order | None](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(Avro(ORDER)), DATUM, Event[Order], Event[Order](id="1-a", data=Order.model_validate(DATUM))),
        (CloudEvents(Avro(ORDER)), DATUM, Event[dict[str, Any]], Event[dict[str, Any]](id="1-a", data=DATUM)),
        (CloudEvents(Avro(ORDER)), DATUM, Event[bytes], Event[bytes](id="1-a", data=b"\x54\x04\x00\xff")),
        (CloudEvents(Avro(ORDER)), DATUM, Event[Any], Event[Any](id="1-a", data=DATUM)),
    ],
    ids=["dict", "model", "typed dict", "dataclass", "other", "union", "avro", "avro as dict", "avro as bytes", "avro as any"],
)  # fmt: skip
@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_what_a_handler_is_given(events: CloudEvents, data: object, into: Any, built: object, mode: Any) -> None:
    events = dataclasses.replace(events, mode=mode)
    content_type = {} if events.data is None else {"datacontenttype": "application/msgpack"}

    contents, headers = events.sent(events.dump({**REQUIRED, **content_type, "data": data}))
    reader, payload = received(events, contents, headers)
    found = reader.build(payload, into)

    if isinstance(found, dict):
        found.pop("datacontenttype", None)  # stated in headers where the event does not
    if into is Typed:
        built = {"id": "1-a", "data": {"id": 1}}
    assert found == built


@pytest.mark.parametrize(
    ("events", "into", "error", "said"),
    [
        (CloudEvents(), Event[str], ValueError, "data: Input should be a valid string"),
        (CloudEvents(), int, ValueError, "the whole: Input should be a valid integer"),
        (CloudEvents(messagepack), Event[str], ValueError, "of its data, (.|\n)*Input should be a valid string"),
        (CloudEvents(messagepack), OrderEvent, ValueError, "Field required"),
        (CloudEvents(binary), Event[int], TypeError, "of its data, no serializer is known"),
        (CloudEvents(messagepack), Serializer, TypeError, "Pydantic cannot make it: "),
    ],
    ids=["json", "whole", "other", "model", "bytes", "no schema"],
)
def test_what_cannot_be_given(events: CloudEvents, into: Any, error: Any, said: str) -> None:
    contents = events.dump(
        {
            **REQUIRED,
            "datacontenttype": "application/json" if events.data is None else "x/y",
            "data": b"\0" if events.data is binary else {"a": 1},
        }
    )

    with pytest.raises(error, match=said):
        events.build(contents, into)


def test_what_reads_one_event_writes_as_all_do() -> None:
    events = CloudEvents(mode="binary")
    reader, _ = received(events, b"[1]", in_headers(content_type="application/json"))

    assert reader.dump({**REQUIRED, "data": [1]}) == events.dump({**REQUIRED, "data": [1]})
    assert reader.build(b"[1]", dict) == {**REQUIRED, "datacontenttype": "application/json", "data": [1]}


def test_a_json_serializer_may_be_named() -> None:
    assert json.loads(CloudEvents(json_serializer).dump({**REQUIRED, "data": {"a": 1}}))["data"] == {"a": 1}
