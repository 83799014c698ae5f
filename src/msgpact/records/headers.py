"""The headers of a message, from both places that hold them: the exact ones, and a contract's view."""

from collections.abc import Collection
from typing import NamedTuple

from msgpact.errors import DeclarationError
from msgpact.model import Message, is_content_type_key
from msgpact.records import text

__all__ = ["Header", "headers_of"]

_HEADER = "header:"


class Header(NamedTuple):
    """One header by its own name.

    Attributes:
        shown: Its value as metadata show it.
        exact: Its bytes, where the message holds them; None where it does not, and where the value is null.
    """

    name: str
    shown: object
    exact: bytes | None


def headers_of(message: Message, reserved: Collection[str], transport: str) -> list[Header]:
    """Every header of a message that a transport which has each name once is to hold.

    Where only the metadata state a content type it is the header `content-type`, unless that name is *reserved*.

    Raises:
        DeclarationError: a header stands there twice.
    """
    found: dict[str, Header] = {}
    known: set[str] = set()
    for name, value in message.headers:
        if name in found:
            raise DeclarationError(
                f"Cannot make {transport} message with the header {name!r} twice: there a name stands for one value. Say it once."
            )
        key = f"{_HEADER}{name}" if name in reserved else name
        known.add(key)
        found[name] = Header(name, message.metadata.get(key, text.from_bytes(value)), value)
    has_content_type = any(map(is_content_type_key, found))
    for key, stated in message.metadata.items():
        if key in reserved or key in known or (key == "contentType" and has_content_type):
            continue
        own = key.removeprefix(_HEADER)
        name = "content-type" if key == "contentType" else own if own in reserved else key
        found[name] = Header(name, stated, None)
    return list(found.values())
