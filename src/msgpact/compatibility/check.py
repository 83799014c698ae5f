"""A new version of a schema against those before it."""

import importlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from msgpact import extras
from msgpact.compatibility.findings import Direction, Finding, Found, Mode, SchemaError, Severity, Verdict
from msgpact.compatibility.rules import severity_of
from msgpact.errors import UsageError
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["check"]


class _Format(NamedTuple):
    """A language of schemas: how one is read, and how the new one is compared with an old one."""

    read: Callable[[RegisteredSchema], Any]
    compare: Callable[[Any, Any, Mode], Iterator[tuple[Direction, Found]]]


FORMATS = {
    "AVRO": ("avro_schema", "avro"),
    "JSON": ("json_document", "json_schema"),
    "PROTOBUF": ("protobuf_image", "protobuf"),
}
"""The modules that read and compare, imported when they are needed: Protobuf's need an extra."""


def _format(name: str) -> _Format:
    if name == "PROTOBUF":
        extras.require("google.protobuf", extra="schemas", feature="a check of Protobuf schemas")
    reading, comparing = (importlib.import_module(f"msgpact.compatibility.{each}") for each in FORMATS[name])
    return _Format(reading.read, comparing.compare)


_BUF_MODES = frozenset({Mode.WIRE, Mode.WIRE_JSON, Mode.FILE})
_GRAVEST = {Severity.BREAKING: 0, Severity.MISREAD: 1, Severity.NOTE: 2}


def check(
    old: Sequence[RegisteredSchema],
    new: RegisteredSchema,
    mode: Mode | str = Mode.BACKWARD,
    *,
    names: Sequence[str] | None = None,
) -> Verdict:
    """Whether *new* may follow the *old* versions, the oldest of which stands first.

    A mode that is not transitive is about the last of them. *names* are what errors call the old versions and the new one.

    Raises:
        UsageError: there is no such mode for the format, the formats differ, or a schema cannot be understood.
        MissingExtra: Protobuf is checked by buf, which the extra `schemas` brings.
    """
    mode = _mode(mode, new)
    first = 0 if mode.is_transitive else max(len(old) - 1, 0)
    called = list(names or [*(f"version {number}" for number in range(1, len(old) + 1)), "the new version"])
    form = _format(new.format)
    newer = _read(form, new, called[-1]) if old else None
    found: list[Finding] = []
    for index, each in list(enumerate(old))[first:]:
        if each.format != new.format:
            raise UsageError(
                f"Cannot check {called[-1]!r} against {called[index]!r}: one is {new.format}, the other {each.format}. "
                "Name schemas of one format."
            )
        older = _read(form, each, called[index])
        try:
            for direction, one in form.compare(older, newer, mode):
                found.append(Finding(one.rule, severity_of(one.rule), one.path, direction, one.sentence, index))
        except SchemaError as error:
            raise UsageError(
                f"Cannot check {called[-1]!r} against {called[index]!r}: {error}. Mend the schemas, or make them smaller."
            ) from None
    return Verdict(mode, tuple(sorted(found, key=lambda each: _GRAVEST[each.severity])))


def _mode(mode: Mode | str, new: RegisteredSchema) -> Mode:
    allowed = [each for each in Mode if each not in _BUF_MODES or new.format == "PROTOBUF"]
    if mode not in allowed:
        raise UsageError(
            f"Cannot check {new.format} schemas in the mode {str(mode)!r}: there is none. Choose one of: {', '.join(allowed)}."
        )
    return Mode(mode)


def _read(form: _Format, schema: RegisteredSchema, name: str) -> Any:
    try:
        return form.read(schema)
    except SchemaError as error:
        raise UsageError(f"Cannot understand the {schema.format} schema {name!r}: {error}. Mend the schema.") from None
