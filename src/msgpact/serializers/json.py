"""JSON (RFC 8259), read as the reference implementation reads it.

* A number without fraction and exponent is an int, any other a float; `-0` and integers beyond 64 bits are floats.
* NaN, Infinity, numbers beyond a double, lone surrogates, a byte order mark and more than 1,024 levels are errors.
* Of a repeated key the last value counts.

Written are dicts, lists and scalars as they are; Pydantic models, dataclasses, dates, UUIDs, Decimals, enums and sets as
Pydantic writes them (a model by its own settings and aliases). NaN is an error, not null.
"""

import contextlib
import dataclasses
import json
import re
from collections.abc import Callable

import orjson

from msgpact.errors import shown
from msgpact.serializers.building import adapter_of, builder_from_json, built_from_json

__all__ = ["build", "builder", "dump", "has_negative_zero", "load", "readable", "reason"]

# orjson reads -0 as the integer 0; Pact counts it as a decimal. Dates and UUIDs are full of "-0", so what stands around it
# counts; and the expression begins with the letters themselves, for which `re` searches fast.
_NEGATIVE_ZERO = re.compile(rb"-0(?<![^\s,:\[]-0)(?![^\s,\]}])")
_STRING_OR_NEGATIVE_ZERO = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|(?<![eE])-0(?![^\s,\]}])')
_PASSED_ON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


def load(contents: bytes) -> object:
    """The document; raises ValueError that says what is wrong and where."""
    try:
        document = orjson.loads(contents)
    except orjson.JSONDecodeError as error:
        raise ValueError(reason(contents, error)) from None
    if has_negative_zero(contents):
        return orjson.loads(_STRING_OR_NEGATIVE_ZERO.sub(_as_decimal, contents))
    return document


def has_negative_zero(contents: bytes) -> bool:
    """Whether an integer 0 may be written -0 in a document, be it in a string."""
    return b"-" in contents and _NEGATIVE_ZERO.search(contents) is not None


def _as_decimal(found: re.Match[bytes]) -> bytes:
    return b"-0.0" if found[0] == b"-0" else found[0]


def reason(contents: bytes, error: orjson.JSONDecodeError) -> str:
    """Why *contents* are not JSON, as a clause."""
    if not contents.strip():
        return "it is empty, which is not JSON"
    try:
        contents.decode()
    except UnicodeDecodeError as undecodable:
        return f"it is not JSON: byte {undecodable.start} is {contents[undecodable.start]:#04x}, which is not UTF-8"
    what = "it is cut off or is not JSON" if error.pos >= len(error.doc.rstrip()) - 1 else "it is not JSON"
    return f"{what} ({error.msg}, line {error.lineno}, column {error.colno})"


def dump(value: object) -> bytes:
    """The bytes; raises TypeError or ValueError for what JSON cannot hold."""
    dump_model = getattr(value, "__pydantic_serializer__", None)
    if dump_model is not None and not isinstance(value, type):
        return bytes(dump_model.to_json(value))
    try:
        written = orjson.dumps(value, default=_by_pydantic, option=_PASSED_ON)
    except TypeError:
        pass  # keys that are no strings, integers beyond 64 bits: json writes them, or says what it cannot write
    else:
        if b"null" not in written:
            return written
    return json.dumps(value, default=_by_pydantic, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode()


def readable(document: object) -> object:
    """A document of any values as JSON for people: bytes as text, or else as `base64:…`; dates, decimals, … as text."""
    match document:
        case dict():
            return {str(key): readable(each) for key, each in document.items()}
        case list() | tuple():
            return [readable(each) for each in document]
        case bytes():
            return _text_of(document)
        case float() if document != document or document in (float("inf"), float("-inf")):  # noqa: PLR0124  (NaN is not itself)
            return str(document)
        case None | bool() | int() | float() | str():
            return document
    return document.isoformat() if hasattr(document, "isoformat") else str(document)


def _text_of(contents: bytes) -> str:
    try:
        return contents.decode()
    except UnicodeDecodeError:
        import base64

        return "base64:" + base64.b64encode(contents).decode("ascii")


def _by_pydantic(value: object) -> object:
    """What JSON does not hold by itself; models and dataclasses by their own settings, wherever they stand."""
    from pydantic import PydanticUserError
    from pydantic_core import PydanticSerializationError, to_jsonable_python

    serializer = getattr(type(value), "__pydantic_serializer__", None)
    if serializer is not None:
        return serializer.to_python(value, mode="json")
    try:
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            # Annotations that Pydantic cannot understand are no obstacle: the values may still be plain.
            with contextlib.suppress(NameError, PydanticUserError):
                return adapter_of(type(value)).dump_python(value, mode="json", warnings=False)
        return to_jsonable_python(value)
    except PydanticSerializationError:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise TypeError(f"a {kind} has no JSON form: {shown(value)}") from None


def build(contents: bytes, into: object) -> object:
    """*into* as Pydantic validates it from JSON."""
    return built_from_json(contents, into)


def builder(into: object) -> Callable[[bytes], object]:
    """`build` for one type, which takes less time for each message. Raises TypeError where there cannot be one."""
    return builder_from_json(into)
