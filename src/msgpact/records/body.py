"""The bodies of SQS and SNS, which are text: contents that are none are base64, and an attribute says so.

What we write is the attribute `content-transfer-encoding` of the value `base64` (MIME's words, RFC 2045). Read are also
`content-encoding` of that value, however the two are spelled, and `JMS_SQSMessageType` of the value `byte` (the Amazon SQS Java
Messaging Library's). Whoever states one of them has the contents sent so.

Contents are base64 by themselves where their content type is one of bytes (Avro, Protobuf, images, `application/octet-stream`),
where they are no UTF-8, and where they hold characters that SQS does not take, unless their content type says that they are text.
"""

import base64
import re
from collections.abc import Iterable

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.model import Message
from msgpact.records.headers import Header
from msgpact.rules import content_types

__all__ = ["MARKER", "REFUSED", "decoded", "encoded", "is_base64"]

MARKER = ("content-transfer-encoding", "base64")
"""The attribute that says of a body that it is base64."""

REFUSED = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What a text of SQS may not hold: the body's, an attribute's."""

_MARKERS = {("contenttransferencoding", "base64"), ("contentencoding", "base64"), ("jmssqsmessagetype", "byte")}
_BYTES = ("audio", "font", "image", "video")


def is_base64(attributes: Iterable[tuple[str, object]]) -> bool:
    """Whether one of these attributes, by name and value, says that the body is base64."""
    return any(
        isinstance(value, str) and (re.sub("[-_]", "", name.lower()), value.lower()) in _MARKERS
        for name, value in attributes
    )


def decoded(body: object, attributes: Iterable[tuple[str, object]], transport: str) -> bytes:
    """The contents of a body.

    Raises:
        UsageError: it is no text, or is not the base64 that its attributes say it is.
    """
    if not isinstance(body, str):
        raise UsageError(
            f"Cannot read {transport} message with the body {shown(body)}: it is a {type(body).__name__}, not text. "
            "Give it as the client has it."
        )
    if not is_base64(attributes):
        return body.encode()
    try:
        return base64.b64decode("".join(body.split()), validate=True)  # MIME's has lines
    except ValueError as error:
        raise UsageError(
            f"Cannot read {transport} message with the body {shown(body)}: its attributes say that it is base64, and it is "
            f"not ({str(error).rstrip('.')}). Mend what sends it."
        ) from None


def encoded(message: Message, headers: Iterable[Header], transport: str, *, any_text: bool) -> tuple[str, bool]:
    """The body that holds a message's contents, and whether an attribute is still to say that it is base64.

    *any_text* says whether the service takes any text, and not only what SQS does.

    Raises:
        DeclarationError: the service has no such body.
    """
    contents = message.contents
    if not contents:
        what = "a tombstone" if contents is None else "empty"
        raise DeclarationError(
            f"Cannot make {transport} message of {message!r}: its contents are {what}, and a body there has at least one "
            "character. Say what happened in the contents."
        )
    said = is_base64((each.name, each.shown) for each in headers)
    plain = None if said or _is_bytes(message.content_type) else _plain(message, contents, transport, any_text)
    return (base64.b64encode(contents).decode("ascii"), not said) if plain is None else (plain, False)


def _plain(message: Message, contents: bytes, transport: str, any_text: bool) -> str | None:
    """The contents as a body that is text; None where they are no such text."""
    try:
        plain = contents.decode()
    except UnicodeDecodeError:
        return None
    found = REFUSED.search(plain)
    if found is None:
        return plain
    content_type = content_types.parse(message.content_type or "")
    if content_type is None or not content_type.is_text:
        return None
    if any_text:
        return plain
    raise DeclarationError(
        f"Cannot make {transport} message of {message!r}: its contents hold {found[0]!r} at character {found.start()}, which no "
        f"body there may hold. Escape it, or have them sent as base64: metadata={{{MARKER[0]!r}: {MARKER[1]!r}}}."
    )


def _is_bytes(content_type: str | None) -> bool:
    parsed = content_types.parse(content_type or "")
    return parsed is not None and (
        parsed.schema is not None or parsed.main in _BYTES or parsed.name == "application/octet-stream"
    )
