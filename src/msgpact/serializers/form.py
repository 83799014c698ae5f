"""URL-encoded forms (`application/x-www-form-urlencoded`): the values of each field, in their order."""

from collections.abc import Mapping

from msgpact.rules.fields import Values, query_values
from msgpact.rules.matchers import text_of
from msgpact.serializers import json

__all__ = ["build", "dump", "load", "plain"]


def load(contents: bytes) -> dict[str, Values]:
    try:
        return query_values(contents.decode())
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no form: byte {error.start} is {contents[error.start]:#04x}, not UTF-8") from None


def dump(value: object) -> bytes:
    """Text and bytes as they are; a mapping of fields to a value, or to several."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, Mapping):
        raise TypeError(f"a {type(value).__qualname__} is no form: give a dict of its fields, text or bytes")
    import urllib.parse

    pairs = [(name, each) for name, given in value.items() for each in _several(given)]
    for name, each in pairs:
        if not isinstance(name, str) or not isinstance(each, str | int | float):
            raise TypeError(f"the field {name!r} is no text: {each!r}")
    return urllib.parse.urlencode([(name, text_of(each)) for name, each in pairs]).encode()


def _several(given: object) -> list[object]:
    return list(given) if isinstance(given, list | tuple) else [given]


def build(contents: bytes, into: object) -> object:
    """Text; or what Pydantic makes of the fields, where one of several values is a list."""
    if into is str:
        return contents.decode()
    return json.build(json.dump(plain(load(contents))), into)


def plain(fields: Mapping[str, Values]) -> dict[str, object]:
    """The fields with their value, or a list of several."""
    return {name: values[0] if len(values) == 1 else list(values) for name, values in fields.items()}
