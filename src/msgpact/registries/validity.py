"""Whether a text is a schema at all, as far as a registry must know to refuse what no client could use."""

import base64
import binascii
import json
from collections.abc import Iterable

from msgpact.serializers.framed import RegisteredSchema

__all__ = ["invalid"]

_PRIMITIVES = frozenset({"null", "boolean", "int", "long", "float", "double", "bytes", "string"})
_NAMED = {"record": "fields", "error": "fields", "enum": "symbols", "fixed": "size"}
_NESTED = {"array": "items", "map": "values"}


def invalid(schema: RegisteredSchema) -> str:
    """What is wrong with a schema; empty where nothing is found."""
    if schema.format == "PROTOBUF":
        return _invalid_protobuf(schema.text)
    try:
        document = json.loads(schema.text)
    except ValueError as error:
        return f"it is not JSON: {error}"
    except RecursionError:
        return "it is nested too deep"
    if schema.format == "JSON":
        return "" if isinstance(document, dict | bool) else "a JSON Schema is an object, true or false"
    known = set(schema.references)
    try:
        return _invalid_avro(document, None, known)
    except RecursionError:
        return "it is nested too deep"


def _invalid_avro(schema: object, namespace: str | None, known: set[str]) -> str:
    match schema:
        case str():
            full = schema if "." in schema or not namespace else f"{namespace}.{schema}"
            return "" if schema in _PRIMITIVES or full in known or schema in known else f'undefined name: "{schema}"'
        case list():
            return _first(_invalid_avro(branch, namespace, known) for branch in schema)
        case {"type": str() as kind, **rest} if kind in _NAMED:
            return _invalid_named(kind, rest, namespace, known)
        case {"type": str() as kind, **rest} if kind in _NESTED:
            if _NESTED[kind] not in rest:
                return f'{"an" if kind == "array" else "a"} {kind} has no "{_NESTED[kind]}"'
            return _invalid_avro(rest[_NESTED[kind]], namespace, known)
        case {"type": str() | dict() | list() as inner}:
            return _invalid_avro(inner, namespace, known)
        case dict():
            return f"no type: {json.dumps(schema)[:100]}"
        case _:
            return f"not a schema: {json.dumps(schema)[:100]}"


def _invalid_named(kind: str, schema: dict[object, object], namespace: str | None, known: set[str]) -> str:
    name, inner = schema.get("name"), schema.get("namespace", namespace)
    if not isinstance(name, str) or not name:
        return f"no name in a schema of type {kind}"
    if _NAMED[kind] not in schema:
        return f'{kind} {name} has no "{_NAMED[kind]}"'
    full = name if "." in name or not inner else f"{inner}.{name}"
    if full in known:
        return f"can't redefine: {full}"
    known.add(full)
    fields = schema["fields"] if kind in ("record", "error") else []
    if not isinstance(fields, list):
        return f"the fields of {full} are no list"
    within = full.rpartition(".")[0] or None
    return _first(_invalid_field(field, full, within, known) for field in fields)


def _invalid_field(field: object, record: str, namespace: str | None, known: set[str]) -> str:
    match field:
        case {"name": str(), "type": inner}:
            return _invalid_avro(inner, namespace, known)
        case _:
            return f"a field of {record} has no name or no type"


def _first(findings: Iterable[str]) -> str:
    return next((found for found in findings if found), "")


def _invalid_protobuf(text: str) -> str:
    """Only what is no text of the kind is noticed: there is no parser here without an optional library."""
    if not text.strip():
        return "it is empty"
    if "message" in text or "enum" in text or "import" in text or "syntax" in text:
        return "" if text.count("{") == text.count("}") else "its braces do not match"
    try:
        base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "it is neither a .proto nor the base64 of a descriptor"
    return ""
