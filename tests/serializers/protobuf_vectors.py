"""The shared Protobuf vectors: their schemas, and our documents in their way of writing values."""

import base64
import datetime
import functools
import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from framed_vectors import SUBJECT, id_of
from shared_data import SHARED

from msgpact.errors import DeclarationError
from msgpact.registries.memory import MemoryRegistry
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.framing import Apicurio, Framing, framing_of
from msgpact.serializers.protobuf import FieldShape, MessageShape, Protobuf

FOLDER = SHARED / "interop" / "binary"


@functools.cache
def schemas() -> Any:
    return json.loads((FOLDER / "protos.json").read_text(encoding="utf-8"))


def set_of(file: str) -> bytes:
    return base64.b64decode(schemas()[file]["file_descriptor_set"])


@functools.cache
def reader(file: str, message: str) -> Protobuf:
    return Protobuf(message, proto=set_of(file))


def registered(file: str, *, as_text: bool) -> RegisteredSchema:
    """A file as a registry holds it: its text, or its descriptor in base64."""
    given = schemas()[file]
    references = {name: registered(name, as_text=as_text) for name in given["imports"] if name in schemas()}
    if as_text:
        return RegisteredSchema("PROTOBUF", given["text"], references)
    from google.protobuf import descriptor_pb2

    files = descriptor_pb2.FileDescriptorSet.FromString(set_of(file)).file
    described = next(each for each in files if each.name == file)
    return RegisteredSchema("PROTOBUF", base64.b64encode(described.SerializeToString()).decode(), references)


def framing_for(vector: dict[str, Any], *, as_text: bool) -> Framing:
    """The frame of the vector's writer, with a registry that knows its schema."""
    registry = MemoryRegistry()
    registry.register(SUBJECT, registered(vector["schema"]["file"], as_text=as_text), id_of(vector))
    if vector["framing"] == "apicurio-headers":
        return Apicurio(registry, SUBJECT, version=2 if "global_id" in vector else 3, headers=True)
    key = vector["framing"] == "confluent-header" and vector.get("key")
    return framing_of("confluent-key-header" if key else vector["framing"], registry, SUBJECT)


# -- their way of writing values -------------------------------------------------------------------------------------


def as_they_write(document: Any, protobuf: Protobuf) -> Any:
    """A document as the vectors write values, but for unknown fields."""
    return _message(document, protobuf.shape, protobuf)


def same(one: Any, other: Any) -> bool:
    """Whether two values are one, types of numbers and the sign of zero too."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


def _message(document: Any, shape: MessageShape, protobuf: Protobuf) -> Any:
    special = _WELL_KNOWN.get(shape.name)
    if special is not None:
        return special(document)
    if shape.name == "google.protobuf.Any":
        return _any(document, protobuf)
    if shape.name.startswith("google.protobuf.") and set(shape.fields) == {"value"}:
        return _scalar(document.get("value", shape.fields["value"].default))
    return {name: _field(value, shape.fields[name], protobuf) for name, value in document.items()}


def _field(value: Any, field: FieldShape, protobuf: Protobuf) -> Any:
    if field.is_list:
        return [_single(each, field, protobuf) for each in value]
    if not field.is_map:
        return _single(value, field, protobuf)
    assert field.message is not None
    item, kind = field.message.fields["value"], field.message.fields["key"].kind
    if kind == "string":
        return {key: _single(each, item, protobuf) for key, each in value.items()}
    read = (lambda key: key == "true") if kind == "bool" else int
    return {
        "$map": [[key, _single(each, item, protobuf)] for key, each in sorted((read(k), v) for k, v in value.items())]
    }


def _single(value: Any, field: FieldShape, protobuf: Protobuf) -> Any:
    return _scalar(value) if field.message is None else _message(value, field.message, protobuf)


def _scalar(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}[str(value)]}
    if isinstance(value, list):
        return [_scalar(each) for each in value]
    return {name: _scalar(each) for name, each in value.items()} if isinstance(value, dict) else value


def _any(document: Mapping[str, Any], protobuf: Protobuf) -> Any:
    url, value = document.get("type_url", ""), document.get("value", b"")
    try:
        inner = Protobuf(url.rpartition("/")[2], proto=protobuf.descriptor_set)
        return {"$any": url, "value": as_they_write(inner.load(value), inner)}
    except DeclarationError:
        return {"$any": url, "$bytes": base64.b64encode(value).decode()}


def _instant(document: Mapping[str, int]) -> Any:
    since = datetime.timedelta(seconds=document.get("seconds", 0))
    text = (datetime.datetime(1970, 1, 1) + since).isoformat()
    return {"$instant": f"{text}{_fraction(document)}Z"}


def _seconds(document: Mapping[str, int]) -> Any:
    minus = "-" if min(document.get("seconds", 0), document.get("nanos", 0)) < 0 else ""
    return {"$seconds": f"{minus}{abs(document.get('seconds', 0))}{_fraction(document)}"}


def _fraction(document: Mapping[str, int]) -> str:
    return f".{abs(document.get('nanos', 0)):09}".rstrip("0").rstrip(".")


_WELL_KNOWN: Mapping[str, Any] = {
    "google.protobuf.Timestamp": _instant,
    "google.protobuf.Duration": _seconds,
    "google.protobuf.FieldMask": lambda document: {"$mask": document.get("paths", [])},
    **dict.fromkeys((f"google.protobuf.{name}" for name in ("Struct", "Value", "ListValue", "BytesValue")), _scalar),
}


def unknown_of(value: Iterable[Mapping[str, Any]]) -> list[tuple[str, int, str]]:
    return [("$", each["field"], each["wire"]) for each in value]
