"""CloudEvents 1.0: an event is its attributes and its data, in one JSON document or with the attributes in headers.

https://github.com/cloudevents/spec/tree/v1.0.2/cloudevents
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Literal, get_args

from msgpact.errors import DeclarationError, shown
from msgpact.model import Headers, Serializer
from msgpact.serializers import json
from msgpact.serializers.base import lacking, received, sent, serializer_for
from msgpact.serializers.cloudevents.attributes import checked
from msgpact.serializers.cloudevents.contract import JSON_EVENT, binary_parts, document_parts
from msgpact.serializers.cloudevents.data import (
    DATA,
    DATA_BASE64,
    Kind,
    kind_of,
    member_of,
    of_its_data,
    payload_of,
    reader_of,
)
from msgpact.serializers.cloudevents.event import NO_DATA, Event, taken_apart
from msgpact.serializers.cloudevents.headers import BINDINGS
from msgpact.serializers.members import Parts, usual_content_type

__all__ = ["CloudEvents", "Mode"]

Mode = Literal["structured", "binary"]


@dataclass(frozen=True, slots=True)
class CloudEvents:
    """Events as they travel; a document is a dict of the attributes that are set, and `data`.

    `dump` takes such dicts, models and dataclasses with these fields, and events of the `cloudevents` SDK; `specversion`
    may be left out. `build` makes any of them. In binary mode an attribute is text, whatever it was.

    Args:
        data: Reads and writes the data: `Avro(…)`, `Protobuf(…)`. If None, their content type says it.
        mode: Whether the body is the whole event, or its data, with the attributes in headers.
        binding: Whose headers: `kafka` (`ce_id`), `amqp` (`cloudEvents_id`), `rabbitmq` or `http` (`ce-id`).
    """

    data: Serializer | None = None
    _: KW_ONLY
    mode: Mode = "structured"
    binding: str = "kafka"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode):
            raise DeclarationError(
                f"Cannot use CloudEvents in the mode {self.mode!r}: there is none. Write 'structured' or 'binary'."
            )
        if self.binding not in BINDINGS:
            raise DeclarationError(
                f"Cannot use the binding {self.binding!r} of CloudEvents: it is not known. Choose one of: {', '.join(BINDINGS)}."
            )
        if self.data is not None and lacking(self.data):
            raise DeclarationError(
                f"Cannot use {shown(self.data)} for the data of CloudEvents: it is no serializer. "
                "Give one with dump, load and build, such as Avro(…)."
            )

    @property
    def content_type(self) -> str:
        """Of the message: that of the whole event, or what the data are where an event does not say it."""
        return JSON_EVENT if self.mode == "structured" else self._usual or "application/json"

    @property
    def fixed(self) -> tuple[str, ...]:
        """Attributes that a contract states exactly where it is derived from an example."""
        return ("specversion", "type", "datacontenttype")

    @property
    def framing(self) -> object:
        """What stands around the data where they are the body; None where nothing does."""
        return getattr(self.data, "framing", None) if self.mode == "binary" else None

    @property
    def schema(self) -> object:
        """By what schema the data are written where they are the body; None where none is known."""
        return getattr(self.data, "schema", None) if self.mode == "binary" else None

    @property
    def _usual(self) -> str | None:
        """The content type of the data where an event does not say it."""
        return usual_content_type(self.data)

    # -- the whole event ---------------------------------------------------------------------------------------------

    def dump(self, value: object, /) -> bytes:
        attributes, data = taken_apart(value)
        stated = checked({"specversion": "1.0", **attributes})
        if data is NO_DATA:
            return json.dump(stated)
        if self._usual is not None and kind_of(self._usual) is not Kind.JSON:
            stated.setdefault("datacontenttype", self._usual)
        return json.dump({**stated, **self._member(data, stated.get("datacontenttype"))})

    def _member(self, data: object, content_type: object) -> dict[str, object]:
        """The member of the JSON event that holds the data."""
        if self.data is None and isinstance(data, bytes | bytearray | memoryview):
            return member_of(bytes(data), content_type, is_binary=True)
        if self.data is None and kind_of(content_type) is Kind.JSON:
            return {DATA: data}
        serializer = self.data or serializer_for(str(content_type))
        headers: Headers = ()
        with of_its_data():
            payload = contents = serializer.dump(data)
            if self.mode == "structured":
                contents, headers = sent(serializer, payload)
        if headers:
            raise ValueError("its data are framed by headers, which an event in structured mode does not have")
        return member_of(contents, content_type, is_binary=contents != payload)

    def load(self, contents: bytes, /) -> dict[str, object]:
        return self._event(contents).document()

    def build(self, contents: bytes, into: object, /) -> object:
        return self._event(contents).built(into)

    def _event(self, contents: bytes) -> Event:
        event = json.load(contents)
        if not isinstance(event, dict):
            raise ValueError(f"it is no CloudEvent, but {shown(event)}")  # noqa: TRY004  (it was read, not given)
        attributes = checked({name: each for name, each in event.items() if name not in (DATA, DATA_BASE64)})
        payload, content_type = payload_of(event), attributes.get("datacontenttype")
        if self.data is None:
            # Bytes of which nobody says what they are stay bytes.
            return Event(attributes, payload, reader_of(content_type if DATA in event or content_type else _BYTES))
        if payload is None or self.mode == "binary":
            return Event(attributes, payload, self.data)
        return Event(attributes, *_unwrapped(self.data, payload, ()))

    # -- in headers --------------------------------------------------------------------------------------------------

    def sent(self, payload: bytes, /) -> tuple[bytes, Headers]:
        """The event as a message: in binary mode its data, and a header for each attribute."""
        if self.mode == "structured":
            return payload, ()
        event = json.load(payload)
        assert isinstance(event, dict)
        data = payload_of(event)
        if DATA in event:
            event.setdefault("datacontenttype", "application/json")
        binding = BINDINGS[self.binding]
        headers = tuple(
            (binding.name(name), binding.value(value).encode())
            for name, value in event.items()
            if name not in (DATA, DATA_BASE64)
        )
        if data is None or self.data is None:
            return data or b"", headers
        contents, frame = sent(self.data, data)
        framed = {name.lower() for name, _ in frame}  # a frame may be the content type
        return contents, (*(each for each in headers if each[0].lower() not in framed), *frame)

    def received(self, contents: bytes, headers: Headers, /) -> tuple[Serializer, bytes]:
        """What reads the event of a message; in binary mode it has the attributes that headers hold."""
        binding = BINDINGS[self.binding]
        content_type = next((value for name, value in headers if name.lower() == "content-type"), None) or b""
        is_structured = content_type.lower().startswith(b"application/cloudevents")
        if self.mode == "structured":
            if not is_structured and binding.holds(headers):
                raise ValueError(
                    "it is a CloudEvent in binary mode, with its attributes in headers, not in structured mode"
                )
            return self, contents
        if is_structured:
            raise ValueError(
                f"it is a CloudEvent in structured mode ({content_type.decode(errors='replace')}), not in binary mode"
            )
        attributes = checked(binding.read(headers))
        reader = self.data or reader_of(attributes.get("datacontenttype"))
        if not contents and (reader is json or "datacontenttype" not in attributes):
            return _InHeaders(self, attributes, None), contents
        payload, reader = _unwrapped(reader, contents, headers)
        return _InHeaders(self, attributes, reader), payload

    def holds(self, headers: Headers) -> bool:
        """Whether a message with these headers is an event even if it has no contents."""
        return self.mode == "binary" and BINDINGS[self.binding].holds(headers)

    # -- in a contract -----------------------------------------------------------------------------------------------

    def parts(self, template: object, metadata: Mapping[str, object], content_type: str | None, /) -> Parts:
        """What a template of an event states of a message, so that every tool that reads pacts can verify it.

        Raises:
            DeclarationError: it states what a message in this mode cannot show.
        """
        if self.mode == "structured":
            return document_parts(template, metadata, content_type, usual=self._usual, member_of=self._member)
        usual = self._usual or "application/json"
        found = binary_parts(template, metadata, content_type, usual=usual, binding=BINDINGS[self.binding])
        stated = found.content_type
        follows = isinstance(stated, str) and self.data is serializer_for(stated)
        return found if follows else dataclasses.replace(found, serializer=self.data)


@dataclass(frozen=True, slots=True)
class _InHeaders:
    """Reads the data of one event, of which the attributes have been read; *reader* is None where it has none."""

    events: CloudEvents
    attributes: Mapping[str, object]
    reader: Serializer | None

    def dump(self, value: object, /) -> bytes:
        return self.events.dump(value)

    def load(self, contents: bytes, /) -> dict[str, object]:
        return self._event(contents).document()

    def build(self, contents: bytes, into: object, /) -> object:
        return self._event(contents).built(into)

    def _event(self, contents: bytes) -> Event:
        return Event(self.attributes, None if self.reader is None else contents, self.reader or json)


_BYTES = "application/octet-stream"


def _unwrapped(serializer: Serializer, contents: bytes, headers: Headers) -> tuple[bytes, Serializer]:
    """Data out of their envelope, and what reads them."""
    with of_its_data():
        reader, payload = received(serializer, contents, headers)
    return payload, reader
