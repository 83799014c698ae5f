"""What a serializer is, and which one a content type calls for."""

import functools
import importlib
from typing import Protocol, cast

from msgpact.model import Headers, Serializer
from msgpact.rules import content_types

__all__ = ["Enveloped", "Serializer", "received", "sent", "serializer_for"]


class Enveloped(Serializer, Protocol):
    """A serializer whose payloads travel in an envelope: a registry's frame, headers.

    Its `dump`, `load` and `build` are about the bare payload, which is what a pact holds.
    """

    def sent(self, payload: bytes, /) -> tuple[bytes, Headers]:
        """The contents and the headers that carry a payload."""

    def received(self, contents: bytes, headers: Headers, /) -> tuple[Serializer, bytes]:
        """The payload, and what reads it: by the schema that its writer used.

        Raises:
            ValueError: it is in another envelope, or in none; a clause that says what is there instead.
            Unavailable: the registry that knows the schema does not answer.
        """


def sent(serializer: Serializer, payload: bytes) -> tuple[bytes, Headers]:
    """The contents and the headers that carry a payload; without an envelope it is the contents."""
    wrap = getattr(serializer, "sent", None)
    return (payload, ()) if wrap is None else wrap(payload)


def received(serializer: Serializer, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
    """The payload that contents carry, and what reads it. Raises as `Enveloped.received`."""
    unwrap = getattr(serializer, "received", None)
    return (serializer, contents) if unwrap is None else unwrap(contents, headers)


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
