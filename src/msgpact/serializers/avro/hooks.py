"""What becomes of a value that fastavro has read: hooks, which it calls as logical readers.

A hook is called with the value and with the node of the plan in which it is named.
"""

import array
import copy
import operator
import struct
from collections.abc import Callable, Mapping
from typing import Any

from msgpact.serializers.avro.json_encoding import native
from msgpact.serializers.avro.logical import LOGICAL
from msgpact.serializers.avro.schema_types import MISSING, Type

__all__ = ["HOOKS", "Finish"]


class Finish:
    """What is done with a record that has been read: its ints looked at, its fields made the reader's."""

    def __init__(self, ints: tuple[str, ...]) -> None:
        self.ints = ints
        self.steps: list[Callable[[dict[Any, Any]], dict[Any, Any]]] = [_look_at(ints)] if ints else []
        self.projects = False

    def projecting(self, writer: Type, reader: Type, sources: Mapping[str, str]) -> "Finish":
        """Raises ValueError for a field of the reader's that has no value."""
        if [each.name for each in writer.fields] == [each.name for each in reader.fields] == list(sources.values()):
            return self
        defaults: dict[Any, object] = {}
        for each in reader.fields:
            if each.name not in sources:
                if each.default is MISSING:
                    raise ValueError(f"the writer has no field {each.name!r}, for which the reader has no default")
                defaults[None, each.name] = native(each.type, each.default, tagged=False)
        keys = [each.name for each in reader.fields]
        self.projects = True
        self.steps.append(_project(keys, [sources.get(key, (None, key)) for key in keys], defaults))
        return self

    def __call__(self, record: dict[Any, Any]) -> dict[Any, Any]:
        for step in self.steps:
            record = step(record)
        return record


def _look_at(names: tuple[str, ...]) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    """struct refuses what has more than 32 bits, faster than comparisons do."""
    pack = struct.Struct(f"{len(names)}i").pack
    if len(names) == 1:
        (name,) = names

        def look_at_one(record: dict[Any, Any]) -> dict[Any, Any]:
            pack(record[name])
            return record

        return look_at_one
    values = operator.itemgetter(*names)

    def look(record: dict[Any, Any]) -> dict[Any, Any]:
        pack(*values(record))
        return record

    return look


def _project(
    keys: list[str], sources: list[Any], defaults: dict[Any, object]
) -> Callable[[dict[Any, Any]], dict[Any, Any]]:
    """The fields *keys* from what stands under *sources*; a default that can be changed is a new one each time."""
    fresh = {name: value for name, value in defaults.items() if isinstance(value, dict | list)}
    fixed = {name: value for name, value in defaults.items() if name not in fresh}
    if not keys:
        return lambda record: {}
    values: Callable[[Any], Any] = operator.itemgetter(*sources)
    if len(keys) == 1:
        (key,), (source,) = keys, sources
        values, one = operator.itemgetter(source), key
        return lambda record: {one: values({**record, **fixed, **copy.deepcopy(fresh)})}

    def project(record: dict[Any, Any]) -> dict[Any, Any]:
        record.update(fixed)
        if fresh:
            record.update(copy.deepcopy(fresh))
        return dict(zip(keys, values(record), strict=True))

    return project


def _int(data: int, _stated: object = None, _reader: object = None) -> int:
    if not -(2**31) <= data < 2**31:
        raise ValueError(f"{data} is out of the range of int")
    return data


def _ints(data: list[int], _stated: object = None, _reader: object = None) -> list[int]:
    array.array("i", data)
    return data


def _never_read(_data: object, stated: Mapping[str, Any], _reader: object = None) -> object:
    raise ValueError(stated["why"])


def _finished(data: dict[Any, Any], stated: Mapping[str, Any], _reader: object = None) -> Any:
    return stated["finish"](data)


def _to_double(data: int, _stated: object = None, _reader: object = None) -> float:
    return float(data)


def _to_float(data: int, _stated: object = None, _reader: object = None) -> float:
    """As a float of 32 bits holds it."""
    return float(struct.unpack("<f", struct.pack("<f", data))[0])


HOOKS: dict[str, Callable[..., Any]] = {
    **{f"{kind}-msgpact.{name}": row.read for (kind, name), row in LOGICAL.items()},
    "array-msgpact.ints": _ints,
    "int-msgpact.int": _int,
    "int-msgpact.double": _to_double,
    "int-msgpact.float": _to_float,
    "long-msgpact.double": _to_double,
    "long-msgpact.float": _to_float,
    "null-msgpact.never": _never_read,
    "record-msgpact.record": _finished,
}
"""By the kind and the name of a hook; each is given the value and the node."""
