"""What we write is read by the CloudEvents SDK for Python, to the same values; and what it has, we write."""

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from cloudevents.core.base import BaseCloudEvent
from cloudevents.core.bindings import amqp, http, kafka, rabbitmq
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from msgpact.serializers.cloudevents import CloudEvents

Strings = dict[str, str]
READERS: dict[str, Callable[[bytes, Strings], BaseCloudEvent]] = {
    "kafka": lambda body, headers: kafka.from_kafka(
        kafka.KafkaMessage({name: value.encode() for name, value in headers.items()}, None, body), JSONFormat()
    ),
    "amqp": lambda body, headers: amqp.from_amqp(
        amqp.AMQPMessage({"content-type": headers.pop("content-type")}, dict(headers), body), JSONFormat()
    ),
    "rabbitmq": lambda body, headers: rabbitmq.from_rabbitmq(
        rabbitmq.RabbitMQMessage(headers, headers.pop("content-type"), body), JSONFormat()
    ),
    "http": lambda body, headers: http.from_http(http.HTTPMessage(headers, body), JSONFormat()),
}

EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "1-a",
    "source": "/shop/x?y=1",
    "type": "com.example.created",
    "subject": "Zürich 50%",
    "time": "2026-11-20T12:00:00.000001+02:00",
    "dataschema": "https://example.org/s.json",
    "traceid": "k 1",
}


@pytest.mark.parametrize("binding", READERS)
@pytest.mark.parametrize("mode", ["structured", "binary"])
@pytest.mark.parametrize(
    ("content_type", "data"),
    [
        ("application/json", {"a": 1, "b": [None, True, "Zürich", 1.5]}),
        ("application/vnd.x+json", [1]),
        ("text/plain", "Zürich"),
        ("application/octet-stream", b"\x00\xff"),
        ("avro/binary", b"\x0a\x04h\xff"),  # the SDK makes text of bytes that could be text
    ],
    ids=lambda each: each if isinstance(each, str) and "/" in each else "",
)
def test_the_sdk_reads_what_we_write(binding: str, mode: Any, content_type: str, data: object) -> None:
    events = CloudEvents(mode=mode, binding=binding)

    body, headers = events.sent(events.dump({**EVENT, "datacontenttype": content_type, "data": data}))
    named = {name: value.decode() for name, value in headers if value is not None}
    found = READERS[binding](body, {"content-type": events.content_type, **named})

    assert found.get_data() == data
    assert {**found.get_attributes(), "time": None} == {**EVENT, "datacontenttype": content_type, "time": None}
    assert found.get_time() == datetime.datetime(2026, 11, 20, 10, 0, 0, 1, tzinfo=datetime.UTC)


def test_the_sdks_events_are_written() -> None:
    time = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.UTC)
    given = {"id": "1-a", "source": "/shop", "type": "created", "time": time, "sampled": True}

    assert CloudEvents().load(CloudEvents().dump(CloudEvent(dict(given), {"a": 1}))) == {
        **given, "specversion": "1.0", "time": "2026-11-20T10:00:00Z", "data": {"a": 1},
    }  # fmt: skip
    assert "data" not in CloudEvents().load(CloudEvents().dump(CloudEvent(dict(given))))


@pytest.mark.parametrize(("data", "read"), [({"a": 1}, {"a": 1}), (b"\x00", b"\x00")], ids=["json", "bytes"])
def test_the_sdks_events_are_made(data: object, read: object) -> None:
    content_type = "application/json" if isinstance(data, dict) else "image/png"
    event = CloudEvents().build(
        CloudEvents().dump({**EVENT, "datacontenttype": content_type, "data": data}), CloudEvent
    )

    assert isinstance(event, CloudEvent)
    assert event.get_data() == read
    assert event.get_subject() == "Zürich 50%"


def test_what_the_sdk_refuses() -> None:
    with pytest.raises(ValueError, match="CloudEvent does not take it: "):
        CloudEvents().build(CloudEvents().dump({**EVENT, "time": "2026-12-31T23:59:60Z"}), CloudEvent)
