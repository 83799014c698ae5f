"""One CloudEvent: taken apart from what a user has as one, and made into what a user wants as one."""

import dataclasses
import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from msgpact.annotations import fields_of, has_fields, is_plain_dict, members_of
from msgpact.errors import shown
from msgpact.model import Serializer
from msgpact.serializers import json
from msgpact.serializers.building import built_from
from msgpact.serializers.cloudevents.attributes import plain
from msgpact.serializers.cloudevents.data import DATA, of_its_data

__all__ = ["NO_DATA", "Event", "taken_apart"]

NO_DATA = object()
"""What an event without data has as its data; None is JSON's null."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event that was read.

    Attributes:
        payload: Its data as they came; None if it has none.
        reader: What reads them.
    """

    attributes: Mapping[str, object]
    payload: bytes | None
    reader: Serializer

    def document(self) -> dict[str, object]:
        """The attributes, and the data if there are any."""
        return self._with_data(self.reader.load)

    def built(self, into: Any) -> object:
        """What a handler annotates: a dict, what Pydantic makes, or an event of the SDK."""
        if into in (Any, object, dict) or is_plain_dict(into):
            return self.document()
        if isinstance(into, type) and hasattr(into, "get_attributes"):
            return self._of_sdk(into)
        if self.reader is json or self.payload is None:
            return json.build(json.dump(self.document()), into)
        wanted = next((each.annotation for each in fields_of(into) or () if (DATA,) in each.keys), Any)
        return built_from(self._with_data(lambda payload: self._data(payload, wanted)), into)

    def _data(self, payload: bytes, wanted: object) -> object:
        kinds = [each.kind for each in members_of(wanted) if each.kind is not type(None)]
        if kinds == [bytes]:
            return payload
        if len(kinds) != 1 or kinds[0] in (Any, object, dict) or is_plain_dict(kinds[0]):
            return self.reader.load(payload)
        return self.reader.build(payload, kinds[0])

    def _with_data(self, read: Callable[[bytes], object]) -> dict[str, object]:
        if self.payload is None:
            return dict(self.attributes)
        with of_its_data():
            return {**self.attributes, DATA: read(self.payload)}

    def _of_sdk(self, into: Any) -> object:
        document = self.document()
        data = document.pop(DATA, None)
        try:
            if isinstance(time := document.get("time"), str):
                document["time"] = datetime.datetime.fromisoformat(time.upper())
            return into(document, data)
        except Exception as error:  # the SDK has errors of its own
            raise ValueError(f"{into.__qualname__} does not take it: {error}") from None


def taken_apart(value: Any) -> tuple[dict[str, object], object]:
    """The attributes and the data of a dict, a model, a dataclass, or an event of the SDK.

    Raises:
        TypeError: it is none.
        ValueError: an attribute cannot be one.
    """
    if isinstance(value, Mapping):
        fields = dict(value)
        data = fields.pop(DATA, NO_DATA)
    elif callable(getattr(value, "get_attributes", None)) and callable(getattr(value, "get_data", None)):
        fields, data = dict(value.get_attributes()), value.get_data()
        data = NO_DATA if data is None else data
    elif has_fields(type(value)):
        fields, data = _fields(value)
        data = NO_DATA if data is None else data
    else:
        raise TypeError(f"it is no CloudEvent, but {shown(value)}: give a dict of its attributes and data")
    if any(not isinstance(name, str) for name in fields):
        raise TypeError(f"a name of an attribute is no text: {shown(fields)}")
    return {name: plain(each) for name, each in fields.items()}, data


def _fields(value: Any) -> tuple[dict[str, object], object]:
    """The fields of a model by its own settings, or of a dataclass; the data as they are."""
    kind = type(value)
    if not hasattr(kind, "__pydantic_fields__"):
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return fields, fields.pop(DATA, None)
    names = [name for name, each in kind.__pydantic_fields__.items() if DATA in (name, each.alias)]
    extra = getattr(value, "__pydantic_extra__", None) or {}
    data = getattr(value, names[0]) if names else extra.get(DATA)
    return kind.__pydantic_serializer__.to_python(value, exclude={*names, DATA}), data
