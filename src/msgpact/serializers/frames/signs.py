"""What a message looks like that is not framed as it should be: the words in which a provider is told."""

from collections.abc import Callable, Iterable

from msgpact.model import Headers
from msgpact.serializers.framed import Framed, MadeUpIds, RegisteredSchema, Registry

__all__ = ["frame_unasked", "header_of", "no_frame", "sized", "to_be_framed"]

Sign = Callable[[bytes, frozenset[str]], bool]

CONFLUENT_HEADERS = frozenset({"__value_schema_id", "__key_schema_id"})
APICURIO_HEADERS = frozenset(
    f"apicurio.{part}.{kind}" for part in ("value", "key") for kind in ("globalId", "contentId")
)

_FRAMES: tuple[tuple[str, str, Sign], ...] = (
    ("Confluent", "with the id in a header", lambda contents, names: bool(names & CONFLUENT_HEADERS)),
    ("Apicurio", "in headers", lambda contents, names: bool(names & APICURIO_HEADERS)),
    ("Glue", "", lambda contents, names: contents[:1] == b"\x03" and contents[1:2] in (b"\0", b"\5") and len(contents) > 17),
    ("Apicurio", "with an id of 8 bytes in front", lambda contents, names: contents[:5] == bytes(5) and len(contents) > 8),
    ("Confluent", "with the id in front", lambda contents, names: contents[:1] == b"\0" and len(contents) > 4),
)  # fmt: skip
"""Whose frame it is, in which form, and how it is known; the surer ones first."""

_FORMS: tuple[tuple[bytes, str], ...] = (
    (b"{", "JSON"),
    (b"[", "JSON"),
    (b"<", "XML"),
    (b"\xc3\x01", "Avro's single-object encoding"),
    (b"Obj\x01", "an Avro container file"),
)


def header_of(headers: Headers, names: Iterable[str]) -> tuple[str, bytes | None] | None:
    """The last header of one of the *names*, as Kafka's clients take it."""
    wanted = frozenset(names)
    return next((header for header in reversed(headers) if header[0] in wanted), None)


def no_frame(vendor: str, form: str, wanted: str, contents: bytes, headers: Headers) -> ValueError:
    """That contents are not framed by *vendor* in that *form*: *wanted* says what is missing, this what is there instead."""
    names = frozenset(name for name, _ in headers)
    for theirs, their_form, holds in _FRAMES:
        if (theirs, their_form) != (vendor, form) and holds(contents, names):
            if theirs == vendor:
                return ValueError(f"it is framed as {vendor}'s {their_form}, not {form}")
            return ValueError(f"it is framed as {theirs}'s{their_form and ' '}{their_form}, not {vendor}'s")
    looks = next((f"; it looks like {what}" for start, what in _FORMS if contents.startswith(start)), "")
    return ValueError(f"it has no {vendor} frame: {wanted}{looks}")


def frame_unasked(contents: bytes, headers: Headers) -> str:
    """Of contents that cannot be read without a frame: whose frame it looks like; empty if nobody's."""
    names = frozenset(name for name, _ in headers)
    for theirs, form, holds in _FRAMES:
        if holds(contents, names):
            return f"it looks framed as {theirs}'s{form and ' '}{form}, and the contract states no frame"
    return ""


def sized(contents: bytes, size: int) -> None:
    """Refuse a frame that is shorter than its *size*."""
    if len(contents) < size:
        raise ValueError(f"its frame is cut off after {len(contents)} of {size} bytes")


def begins_with(contents: bytes, wanted: str) -> str:
    """With what contents begin instead of what is *wanted*."""
    return f"it begins with {contents[0]:#04x}, not {wanted}" if contents else "it is empty"


def to_be_framed(framed: Framed, subject: str | None, frame: str, registry: Registry) -> tuple[RegisteredSchema, str]:
    """The schema of what is wrapped and the subject under which it is registered; refuse to go on without."""
    if framed.schema is None:
        raise ValueError("nothing says which schema it is written with")
    if subject is None and isinstance(registry, MadeUpIds):
        return framed.schema, ""
    if subject is None:
        raise ValueError(
            f"nothing says under which subject its schema is registered: write {frame}(registry, subject=…)"
        )
    return framed.schema, subject
