"""What a serializer is, and which one a content type calls for."""

import functools
import importlib
from typing import Protocol, cast

from msgpact.rules import content_types

__all__ = ["Serializer", "serializer_for"]


class Serializer(Protocol):
    """Bytes of one content type. A module with these three functions is one.

    All three raise ValueError or TypeError with a clause that says what is wrong; whoever calls them knows whose value
    it was and says so.
    """

    def dump(self, value: object) -> bytes:
        """The bytes that production would send for *value*."""

    def load(self, contents: bytes) -> object:
        """The document that matching rules are applied to."""

    def build(self, contents: bytes, into: object) -> object:
        """An instance of *into*, the type that a handler annotates."""


_JSON, _XML, _FORM, _TEXT, _BINARY = (
    f"msgpact.serializers.{name}" for name in ("json", "xml", "form", "text", "binary")
)


@functools.lru_cache(maxsize=256)
def serializer_for(content_type: str | None) -> Serializer:
    """The serializer of a content type; JSON where none is stated, raw bytes where it is not known."""
    parsed = content_types.parse(content_type) if content_type else None
    if content_type is None or (parsed is not None and parsed.is_json):
        name = _JSON
    elif parsed is not None and parsed.is_xml:
        name = _XML
    elif parsed is not None and parsed.is_form:
        name = _FORM
    elif parsed is not None and parsed.is_text:
        name = _TEXT
    else:
        name = _BINARY
    return cast(Serializer, importlib.import_module(name))
