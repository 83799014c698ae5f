"""MessagePack contents, written and read by the library msgpack."""

from typing import Any

import msgpack
from pydantic import BaseModel, PydanticUserError, TypeAdapter
from pydantic_core import to_jsonable_python


def dump(value: object) -> bytes:
    """The bytes that production sends; a model by its fields."""
    try:
        return bytes(msgpack.packb(value, default=_plain, datetime=True))
    except OverflowError:
        raise ValueError("an integer in it has more than 64 bits") from None


def load(contents: bytes) -> object:
    """The document that rules are applied to."""
    try:
        return msgpack.unpackb(contents, timestamp=3, object_pairs_hook=_with_text_keys, ext_hook=_no_extension)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"it is no MessagePack ({error})") from None


def build(contents: bytes, into: Any) -> object:
    """What a handler annotates, made by Pydantic."""
    try:
        return TypeAdapter(into).validate_python(load(contents))
    except PydanticUserError as error:
        raise TypeError(f"Pydantic cannot make it: {error.message}") from None


def _plain(value: object) -> object:
    """A model as a dict, anything else as JSON has it."""
    return value.model_dump() if isinstance(value, BaseModel) else to_jsonable_python(value)


def _with_text_keys(pairs: list[tuple[object, object]]) -> dict[object, object]:
    if any(not isinstance(key, str) for key, _ in pairs):
        raise ValueError("a key is no text")
    return dict(pairs)


def _no_extension(code: int, data: bytes) -> object:
    raise ValueError(f"it holds an extension of type {code}")
