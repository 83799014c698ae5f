"""URL-encoded forms (`application/x-www-form-urlencoded`): a dict of fields, with a text or a list of texts each."""

from typing import Any

from msgpact.rules.fields import Values, query_values, shown
from msgpact.rules.matchers import text_of
from msgpact.serializers import json

__all__ = ["build", "dump", "load", "values_of"]


def load(contents: bytes) -> dict[str, object]:
    try:
        return {name: shown(values) for name, values in query_values(contents.decode()).items()}
    except UnicodeDecodeError as error:
        raise ValueError(f"it is no form: byte {error.start} is {contents[error.start]:#04x}, not UTF-8") from None


def values_of(fields: dict[str, object]) -> dict[str, Values]:
    """All values of each field, of a form that was loaded."""
    return {name: tuple(each) if isinstance(each, list) else (str(each),) for name, each in fields.items()}


def dump(value: object) -> bytes:
    """Text and bytes as they are; anything else by its fields, with a scalar or a list of scalars each."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    fields = json.load(json.dump(value))
    if not isinstance(fields, dict):
        raise TypeError(f"it has no fields: {value!r}. Give a dict, a model, text or bytes")
    import urllib.parse

    pairs = [(name, each) for name, given in fields.items() for each in (given if isinstance(given, list) else [given])]
    for name, each in pairs:
        if each is None or isinstance(each, dict | list):
            raise TypeError(f"the field {name!r} is no text: {each!r}")
    return urllib.parse.urlencode([(name, text_of(each)) for name, each in pairs]).encode()


def build(contents: bytes, into: object) -> object:
    """Text; or what Pydantic makes of the fields, where one value may be a list of one."""
    if into is str:
        return contents.decode()
    fields = load(contents)
    return json.build(json.dump({**fields, **_listed(fields, into)}), into)


def _listed(fields: dict[str, object], into: Any) -> dict[str, object]:
    """The fields with one value for which a list is wanted, as lists."""
    from pydantic import PydanticUserError, TypeAdapter, ValidationError

    try:
        TypeAdapter(into).validate_json(json.dump(fields))
    except ValidationError as error:
        wanted = [each["loc"][0] for each in error.errors() if each["type"] in _NO_LIST and len(each["loc"]) == 1]
        return {str(name): [fields[str(name)]] for name in wanted if str(name) in fields}
    except PydanticUserError:
        pass  # said better by whoever makes it
    return {}


_NO_LIST = frozenset({"list_type", "tuple_type", "set_type", "frozen_set_type"})
