"""The context attributes of a CloudEvent: which there are, what they may hold, and how they are written as text.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
"""

import base64
import datetime
import re
from collections.abc import Mapping

from msgpact.errors import shown
from msgpact.rules import content_types
from msgpact.serializers import json

__all__ = ["NAME", "REQUIRED", "as_text", "checked", "plain"]

REQUIRED = ("specversion", "id", "source", "type")
_TEXTS = frozenset({*REQUIRED, "datacontenttype", "dataschema", "subject", "time"})

NAME = re.compile(r"[a-z0-9]+")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:)(\d\d)(?:\.\d+)?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII
)  # RFC 3339
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def checked(attributes: Mapping[str, object]) -> dict[str, object]:
    """The attributes of an event that are set.

    Raises:
        ValueError: they make no event; a clause that names the attribute.
    """
    found = {name: value for name, value in attributes.items() if value is not None}
    for name in REQUIRED:
        if name not in found:
            raise ValueError(f"it is no CloudEvent: it has no {name}")
    for name, value in found.items():
        if why := _wrong(name, value):
            raise ValueError(f"it is no CloudEvent: its {name} {why}")
    return found


def _wrong(name: str, value: object) -> str | None:
    """What is wrong with an attribute, as the end of a clause."""
    if not NAME.fullmatch(name):
        return f"is no name of an attribute, which has lower-case letters and digits only ({shown(name)})"
    if name not in _TEXTS:
        return _wrong_extension(value)
    if not isinstance(value, str):
        return f"is no text: {shown(value)}"
    if not value:
        return "is empty"
    if name == "specversion" and value != "1.0":
        return f"is {value!r}, of which nothing is known here: '1.0' is"
    if name == "time" and not _is_time(value):
        return f"is no time with an offset, like 2026-11-20T10:00:00Z: {shown(value)}"
    if name == "datacontenttype" and content_types.parse(value) is None:
        return f"is no content type: {shown(value)}"
    return _wrong_text(value)


def _wrong_extension(value: object) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return None if -(2**31) <= value < 2**31 else f"does not fit into 32 bits: {shown(value)}"
    return _wrong_text(value) if isinstance(value, str) else f"is no text, integer or boolean: {shown(value)}"


def _wrong_text(value: str) -> str | None:
    return f"holds a control character: {shown(value)}" if _CONTROLS.search(value) else None


def _is_time(text: str) -> bool:
    found = _TIME.fullmatch(text)
    if found is None:
        return False
    date, minutes, seconds = found.groups()
    try:
        datetime.datetime.fromisoformat(f"{date}T{minutes}{'59' if seconds == '60' else seconds}")
    except ValueError:
        return False
    return True


def plain(value: object) -> object:
    """An attribute's value as an event holds it: a time, a UUID, an enum as text.

    Raises:
        TypeError: it has none.
        ValueError: it has none.
    """
    if value is None or type(value) in (str, int, bool):
        return value
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    return json.load(json.dump(value))


def as_text(value: object) -> str:
    """The canonical text of a value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
