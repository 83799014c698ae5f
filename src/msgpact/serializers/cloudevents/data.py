"""The data of a CloudEvent in a JSON event: a JSON value, text, or base64, as their content type says.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#31-handling-of-data
"""

import base64
import binascii
import contextlib
from collections.abc import Iterator, Mapping
from enum import Enum

from msgpact.errors import MsgpactError, shown
from msgpact.model import Serializer
from msgpact.rules import content_types
from msgpact.serializers import json, text
from msgpact.serializers.base import serializer_for

__all__ = ["DATA", "DATA_BASE64", "Kind", "kind_of", "member_of", "of_its_data", "payload_of", "reader_of"]

DATA, DATA_BASE64 = "data", "data_base64"


@contextlib.contextmanager
def of_its_data() -> Iterator[None]:
    """Say of what is wrong that it is so of the data."""
    try:
        yield
    except MsgpactError:
        raise
    except ValueError as error:
        raise ValueError(f"of its data, {error}") from None
    except TypeError as error:
        raise TypeError(f"of its data, {error}") from None


class Kind(Enum):
    """How data of a content type stand in a JSON event."""

    JSON = "a JSON value"
    TEXT = "text"
    BINARY = "base64"


def kind_of(content_type: object) -> Kind:
    """That of a content type; JSON where none is stated."""
    if not isinstance(content_type, str):
        return Kind.JSON
    parsed = content_types.parse(content_type)
    if parsed is not None and (parsed.is_json or "json" in (parsed.sub, parsed.suffix)):
        return Kind.JSON
    return Kind.TEXT if parsed is not None and parsed.is_text else Kind.BINARY


def reader_of(content_type: object) -> Serializer:
    """What reads and writes data where no serializer is given: XML and forms are text, what nobody knows is bytes."""
    found: Mapping[Kind, Serializer] = {Kind.JSON: json, Kind.TEXT: text}
    kind = kind_of(content_type)
    return found[kind] if kind in found else serializer_for(str(content_type))


def member_of(payload: bytes, content_type: object, *, is_binary: bool = False) -> dict[str, object]:
    """The member of a JSON event that holds data, given as bytes; *is_binary* says that they are nothing but that."""
    kind = Kind.BINARY if is_binary else kind_of(content_type)
    if kind is Kind.BINARY:
        return {DATA_BASE64: base64.b64encode(payload).decode("ascii")}
    return {DATA: json.load(payload) if kind is Kind.JSON else text.load(payload)}


def payload_of(event: Mapping[str, object]) -> bytes | None:
    """The bytes of the data of a JSON event; None where it has none.

    Raises:
        ValueError: it says them twice, or in a form that its content type does not have; a clause.
    """
    encoded, content_type = event.get(DATA_BASE64), event.get("datacontenttype")
    if encoded is not None and DATA in event:
        raise ValueError("it is no CloudEvent: it has both data and data_base64")
    if encoded is not None:
        try:
            return base64.b64decode(encoded, validate=True)  # type: ignore[arg-type]  # what is no text is refused
        except (binascii.Error, ValueError, TypeError):
            raise ValueError(f"it is no CloudEvent: its data_base64 is no base64: {shown(encoded)}") from None
    if DATA not in event:
        return None
    data = event[DATA]
    if kind_of(content_type) is Kind.JSON:
        return json.dump(data)
    if not isinstance(data, str):
        raise ValueError(f"it is no CloudEvent: its data are of type {content_type}, but no text: {shown(data)}")  # noqa: TRY004  (it was read, not given)
    return data.encode()
