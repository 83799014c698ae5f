"""The message attributes of SQS and SNS: typed values by name, in the spellings of the two services, boto3 and Lambda.

| an attribute of the type | is in `Message.metadata` |
|---|---|
| `String` | its text |
| `Number` | a number |
| `Binary` | its bytes as text, or as `base64:…` where they are none |
| `String.Array` | a list |

The name `type:NAME` is the type of the attribute NAME where the value does not say it: a label of the user's own such as
`Number.int`, a `Binary` that is text.
"""

import base64
import math
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.model import is_content_type_key
from msgpact.records import text
from msgpact.records.body import REFUSED
from msgpact.records.headers import Header

__all__ = [
    "BOTO",
    "LAMBDA",
    "NOTIFICATION",
    "Attribute",
    "Read",
    "Spelling",
    "attributes_of",
    "in_other_words",
    "read",
    "spelled",
]

_TYPE = "type:"
_ARRAY = "String.Array"
_KINDS = ("String", "Number", "Binary")
_NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{0,40})?([eE][+-]?\d{1,3})?", re.ASCII)
_NAME = re.compile(r"(?!(?i:aws|amazon)\.)[\w-]+(\.[\w-]+)*", re.ASCII)


class Attribute(NamedTuple):
    """One attribute: its type with its label, and its value."""

    type: str
    value: str | bytes

    @property
    def as_bytes(self) -> bytes:
        return self.value.encode() if isinstance(self.value, str) else self.value


class Spelling(NamedTuple):
    """How a document spells an attribute: the names of its type, its text and its bytes."""

    type: str
    text: str
    bytes: str
    in_base64: bool


BOTO = Spelling("DataType", "StringValue", "BinaryValue", in_base64=False)
LAMBDA = Spelling("dataType", "stringValue", "binaryValue", in_base64=True)
NOTIFICATION = Spelling("Type", "Value", "Value", in_base64=True)


# -- attributes to headers -------------------------------------------------------------------------------------------


class Read(NamedTuple):
    """Attributes as the headers of a message: exact, as the view shows them, and the types it would not show."""

    headers: list[tuple[str, bytes]]
    shown: dict[str, object]
    types: dict[str, object]


def read(native: Mapping[str, Any] | None, spelling: Spelling) -> Read:
    """The attributes of a native document.

    Raises:
        UsageError: one of them has no value, or is no such document.
    """
    found = Read([], {}, {})
    for name, attribute in _native(native, spelling).items():
        value = text.from_bytes(attribute.as_bytes) if is_content_type_key(name) else _shown(attribute)
        found.headers.append((name, attribute.as_bytes))
        found.shown[name] = value
        if _type_of(value) != attribute.type:
            found.types[f"{_TYPE}{name}"] = attribute.type
    return found


def _native(native: Mapping[str, Any] | None, spelling: Spelling) -> dict[str, Attribute]:
    return {name: _attribute(name, document, spelling) for name, document in (native or {}).items()}


def _attribute(name: str, document: Any, spelling: Spelling) -> Attribute:
    try:
        kind = document[spelling.type]
        if not kind.startswith("Binary"):
            value = document[spelling.text]
            return Attribute(kind, value if isinstance(value, str) else value.decode())
        value = document[spelling.bytes]
        if spelling.in_base64:
            return Attribute(kind, base64.b64decode(value, validate=True))
        return Attribute(kind, value.encode() if isinstance(value, str) else bytes(value))
    except (AttributeError, LookupError, TypeError, ValueError):
        raise UsageError(
            f"Cannot read the attribute {name!r}, {shown(document)}: it is not as the service and boto3 write it. "
            f"Give it {spelling.type} and {' or '.join(dict.fromkeys((spelling.text, spelling.bytes)))}."
        ) from None


def _shown(attribute: Attribute) -> object:
    if isinstance(attribute.value, bytes):
        return text.from_bytes(attribute.value)
    if attribute.type.startswith("Number"):
        return _number(attribute.value)
    if attribute.type == _ARRAY:
        try:
            items = orjson.loads(attribute.value)
        except orjson.JSONDecodeError:
            return attribute.value
        return items if isinstance(items, list) else attribute.value
    return attribute.value


def _number(value: str) -> object:
    match = _NUMBER.fullmatch(value)
    if match is None:
        return value
    if match[1] is None and match[2] is None:
        return int(value)
    return number if math.isfinite(number := float(value)) else value


# -- headers to attributes -------------------------------------------------------------------------------------------


def attributes_of(headers: Iterable[Header], transport: str) -> dict[str, Attribute]:
    """The attributes that hold a message's headers.

    Raises:
        DeclarationError: one of them cannot be an attribute.
    """
    headers = list(headers)
    types = {each.name.removeprefix(_TYPE): each.shown for each in headers if each.name.startswith(_TYPE)}
    names = {each.name for each in headers}
    found = {}
    for each in headers:
        if each.name.startswith(_TYPE):
            continue
        if _NAME.fullmatch(each.name) is None or len(each.name) > 256:
            raise DeclarationError(
                f"Cannot make {transport} attribute called {each.name!r}: a name is at most 256 letters, digits, '_', '-' "
                "and single '.' between them, and does not begin with 'AWS.' or 'Amazon.'. Call it otherwise."
            )
        found[each.name] = _made(each, types.pop(_named(each.name, types, names), None), transport)
    if types:
        name = next(iter(types))
        raise DeclarationError(
            f"Cannot make {transport} attribute {name!r} of {_TYPE + name!r} alone: it has no value. "
            f"State metadata={{{name!r}: …}}."
        )
    return found


def _named(name: str, types: Iterable[str], names: Collection[str]) -> str:
    """The name by which *types* know an attribute: in a view a content type is spelled in its own way."""
    if name in types or not is_content_type_key(name):
        return name
    return next((each for each in types if is_content_type_key(each) and each not in names), name)


def _made(header: Header, stated: object, transport: str) -> Attribute:
    kind = _type_of(header.shown) if stated is None else stated
    if kind is None:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of {shown(header.shown)}: it is a "
            f"{type(header.shown).__name__}, and an attribute is text, a number or bytes. State it as one of them."
        )
    if not isinstance(kind, str) or kind.partition(".")[0] not in _KINDS:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of the type {kind!r}: there is none. "
            "Write String, Number or Binary, with a label of your own after a dot if you like."
        )
    value = _value(header, kind)
    if not value:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of {shown(header.shown)}: an attribute is never empty. "
            "Leave it out."
        )
    if kind.startswith("Binary"):
        return Attribute(kind, value)
    try:
        plain = value.decode()
    except UnicodeDecodeError:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of the type {kind} of {shown(value)}: it is no text. "
            "State the type Binary."
        ) from None
    if (match := REFUSED.search(plain)) is not None:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of {shown(plain)}: text may not hold {match[0]!r}. "
            f"State the type Binary: metadata={{'{_TYPE}{header.name}': 'Binary'}}."
        )
    if kind.startswith("Number") and _number(plain) is plain:
        raise DeclarationError(
            f"Cannot make {transport} attribute {header.name!r} of the type {kind} of {shown(plain)}: it is no number. "
            "State one."
        )
    return Attribute(kind, plain)


def _type_of(value: object) -> str | None:
    """The type of an attribute that metadata show as *value*; None where there is none."""
    match value:
        case bool():
            return None
        case int() | float():
            return "Number"
        case str():
            return "String" if text.to_bytes(value) == value.encode() else "Binary"
        case list() | tuple():
            return _ARRAY
        case _:
            return None


def _value(header: Header, kind: str) -> bytes:
    if header.exact is not None:
        return header.exact
    match header.shown:
        case str():
            return text.to_bytes(header.shown) if kind.startswith("Binary") else header.shown.encode()
        case list() | tuple():
            return orjson.dumps(header.shown)
        case _:
            return str(header.shown).encode()


# -- attributes to native documents ----------------------------------------------------------------------------------


def spelled(attributes: Mapping[str, Attribute], spelling: Spelling) -> dict[str, dict[str, Any]]:
    """The native document of attributes."""
    found = {}
    for name, (kind, value) in attributes.items():
        if isinstance(value, bytes):
            written = base64.b64encode(value).decode("ascii") if spelling.in_base64 else value
            found[name] = {spelling.type: kind, spelling.bytes: written}
        else:
            found[name] = {spelling.type: kind, spelling.text: value}
    return found


def in_other_words(native: Mapping[str, Any] | None, spelling: Spelling, other: Spelling) -> dict[str, dict[str, Any]]:
    """A native document in another spelling. Raises as `read`."""
    return spelled(_native(native, spelling), other)
