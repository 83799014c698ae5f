"""JSON that a JSON Schema describes: written and read as JSON is, and held to the schema both times."""

import functools
import importlib
import json as standard_json
import os
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from msgpact.errors import MsgpactError, shown
from msgpact.extras import require
from msgpact.model import Headers
from msgpact.serializers import json
from msgpact.serializers.base import UnusableSchema
from msgpact.serializers.framed import Framed, Framing, RegisteredSchema

__all__ = ["Given", "JsonSchema"]

Given = Mapping[str, Any] | bool | str | os.PathLike[str] | RegisteredSchema
"""A schema: the values of its JSON, its text, a path to a `.json` file, or as a registry holds it."""

_SHOWN = 3


class JsonSchema:
    """Contents in JSON with a schema.

    What comes in a frame is held to the schema that its writer says, else to ours. Formats (`format`) are not checked. A schema
    that says no draft is of 2020-12. No schema is fetched from the network, whatever it refers to.

    Args:
        schema: Ours: what we write is held to it.
        references: Schemas that it refers to, by the name it calls them or their `$id`.
        framing: What stands around the contents on the wire; None where nothing does.
        validate: Whether anything is held to a schema; that needs the extra `json-schema`.
        content_type: Of the messages.

    Attributes:
        is_json: That a pact holds the contents as JSON, whatever they travel in.
        schema: The schema, as a registry holds it.
        framing: As given.
        content_type: As given.

    Raises:
        DeclarationError: it is no schema.
    """

    is_json = True

    def __init__(
        self,
        schema: Given,
        *,
        references: Mapping[str, Given] | None = None,
        framing: Framing | None = None,
        validate: bool = True,
        content_type: str = "application/json",
    ) -> None:
        self.framing = framing
        self.content_type = content_type
        self._validates = validate
        try:
            self.schema = _registered(schema, references or {})
            if validate:
                _validator(self.schema)
        except MsgpactError:  # the library is missing
            raise
        except (OSError, ValueError) as error:
            raise UnusableSchema(
                f"Cannot use {shown(schema)} as a JSON Schema: {error}. Mend it, or give another.", str(error)
            ) from None

    def dump(self, value: object) -> bytes:
        """The bytes; raises TypeError or ValueError for what JSON cannot hold, or the schema does not allow."""
        contents = json.dump(value)
        self._hold(contents)
        return contents

    def load(self, contents: bytes) -> object:
        """The document; raises ValueError that says what is wrong and where."""
        return self._hold(contents)

    def build(self, contents: bytes, into: object) -> object:
        """*into* as Pydantic validates it from JSON that the schema allows."""
        self._hold(contents)
        return json.build(contents, into)

    def _hold(self, contents: bytes) -> object:
        document = json.load(contents)
        if self._validates:
            _hold(document, self.schema)
        return document

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """A payload in its frame, which names our schema."""
        return (payload, ()) if self.framing is None else self.framing.wrap(Framed(payload, self.schema))

    def received(self, contents: bytes, headers: Headers) -> tuple["JsonSchema", bytes]:
        """The payload, and what reads it by the schema that its frame names."""
        if self.framing is None:
            return self, contents
        framed = self.framing.unwrap(contents, headers)
        if framed.schema is None or framed.schema == self.schema:
            return self, framed.payload
        if framed.schema.format != "JSON":
            raise ValueError(f"the schema that its frame names is in {framed.schema.format}, not JSON Schema")
        return _of_writer(framed.schema, self._validates, self.content_type), framed.payload

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JsonSchema) and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.schema, self.content_type))

    @property
    def _said(self) -> tuple[object, ...]:
        return self.schema, self.framing, self._validates, self.content_type

    def __repr__(self) -> str:
        framing = f", framing={self.framing.name!r}" if self.framing is not None else ""
        return f"JsonSchema({shown(self.schema.text, 60)}{framing})"


@functools.lru_cache(maxsize=256)
def _of_writer(schema: RegisteredSchema, validates: bool, content_type: str) -> JsonSchema:
    """What reads by a writer's schema; raises ValueError where that is none."""
    try:
        return JsonSchema(schema, validate=validates, content_type=content_type)
    except UnusableSchema as error:
        raise ValueError(f"the schema that its frame names is none: {error.why}") from None


def _registered(schema: Given, references: Mapping[str, Given]) -> RegisteredSchema:
    if isinstance(schema, RegisteredSchema):
        return schema
    text = _text(schema)
    try:
        document = standard_json.loads(text)
    except ValueError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    if not isinstance(document, dict | bool):
        raise ValueError("a schema is an object, true or false")  # noqa: TRY004 as all that is wrong with its text
    found: dict[str, RegisteredSchema] = {}
    for name, each in references.items():
        reference = _registered(each, {})
        found |= {name: reference, **reference.references}
    return RegisteredSchema("JSON", text, found)


def _text(schema: Mapping[str, Any] | bool | str | os.PathLike[str]) -> str:
    if isinstance(schema, os.PathLike) or (isinstance(schema, str) and schema.endswith(".json")):
        return Path(schema).read_text(encoding="utf-8")
    if isinstance(schema, str):
        return schema
    return json.dump(schema).decode()


# -- holding a document to a schema ----------------------------------------------------------------------------------


def _library() -> ModuleType:
    return require("jsonschema", extra="json-schema", feature="JSON Schema")


@functools.lru_cache(maxsize=256)
def _validator(schema: RegisteredSchema) -> Any:
    """What holds documents to a schema; raises ValueError where that is none."""
    library = _library()
    referencing = importlib.import_module("referencing")
    known = importlib.import_module("jsonschema_specifications").REGISTRY
    document = _parsed(schema.text)
    kind = library.validators.validator_for(document, default=library.Draft202012Validator)
    try:
        kind.check_schema(document)
        draft = referencing.jsonschema.specification_with(kind.META_SCHEMA["$schema"])
        for name, each in schema.references.items():
            resource = referencing.Resource.from_contents(_parsed(each.text), default_specification=draft)
            known = known.with_resource(name, resource)
            if resource.id():
                known = known.with_resource(resource.id(), resource)
    except library.SchemaError as error:
        raise ValueError(f"it is no JSON Schema: {_cut(error.message)} at {error.json_path}") from None
    return kind(document, registry=known)


def _parsed(text: str) -> Any:
    try:
        return standard_json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is not JSON: {error}") from None


def _hold(document: object, schema: RegisteredSchema) -> None:
    """Raise ValueError where a schema does not allow a document; a clause that says what and where."""
    validator = _validator(schema)
    unresolvable = importlib.import_module("referencing.exceptions").Unresolvable
    try:
        errors = sorted(validator.iter_errors(document), key=lambda error: error.json_path)
    except unresolvable as error:
        raise ValueError(f"its schema refers to {error.ref!r}, which is not known") from None
    except RecursionError:
        raise ValueError("its schema or it itself is nested without end") from None
    if errors:
        said = "; ".join(f"{error.json_path}: {_cut(error.message)}" for error in errors[:_SHOWN])
        more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise ValueError(f"it is not as its schema says: {said}{more}")


def _cut(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:100]}…{message[-100:]}"
