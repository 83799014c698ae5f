"""Types of which Pydantic makes the same of a document, in its strict mode, as of the JSON that the document was read from.

Then a message that is checked need not be read a second time for its handler; and what strict mode takes, a plan need not test.
"""

from collections.abc import Callable, Mapping
from typing import Any

from msgpact.rules.plan import Known
from msgpact.serializers.building import adapter_of

__all__ = ["from_document"]

Schema = Mapping[str, Any]
"""A core schema of Pydantic's. What it says that is not listed here may be anything, so then its type is not one of these."""

_EVERYWHERE = frozenset({"type", "metadata", "ref", "serialization"})
_TEXTS = frozenset({"max_length", "min_length", "pattern", "regex_engine", "strip_whitespace", "to_lower", "to_upper"})
_NUMBERS = frozenset({"ge", "gt", "le", "lt", "multiple_of"})
_SCALARS: Mapping[str, tuple[frozenset[str], frozenset[type]]] = {
    "bool": (frozenset(), frozenset({bool})),
    "float": (_NUMBERS | {"allow_inf_nan"}, frozenset({int, float})),
    "int": (_NUMBERS, frozenset({int})),
    "str": (_TEXTS, frozenset({str})),
}
"""What else is said of a scalar, and of which types it is in a document that strict mode takes."""

_OF_MODELS = frozenset(
    {"cls", "schema", "config", "custom_init", "root_model", "post_init", "frozen", "generic_origin"}
)
_OF_CONFIGS = frozenset({"title", "frozen", "extra_fields_behavior", "validate_by_name", "validate_by_alias"})
_OF_FIELDS = frozenset({"schema", "validation_alias", "serialization_alias", "serialization_exclude", "frozen"})


class _NotAlike(Exception):
    """Of some documents something else may be made than of their JSON."""


def from_document(into: object) -> tuple[Callable[..., object], Known] | None:
    """What makes *into* of a document, and what is sure of those that it takes; None where it may not be what JSON gives.

    It is to be called with `strict=True`, and raises ValueError for other documents, and for some of which something can be made.
    """
    adapter = adapter_of(into)
    try:
        known = _Reader().known(adapter.core_schema)
    except _NotAlike:
        return None
    return adapter.validator.validate_python, known


class _Reader:
    """Reads a schema."""

    def __init__(self) -> None:
        self._defined: dict[str, Schema] = {}
        self._within: list[str] = []

    def known(self, schema: Schema) -> Known:
        """What is sure of a document. Raises _NotAlike."""
        match schema["type"]:
            case "definitions":
                self._defined |= {each["ref"]: each for each in schema["definitions"]}
                return self.known(schema["schema"])
            case "definition-ref":
                return self._referred(schema["schema_ref"])
            case "model":
                return self._of_model(schema)
            case "default":
                _only(schema, {"schema", "default", "default_factory", "default_factory_takes_data"})
                self.known(schema["schema"])
                return None
            case "nullable":
                _only(schema, {"schema"})
                self.known(schema["schema"])
                return None
            case "list":
                _only(schema, {"items_schema", "min_length", "max_length", "fail_fast"})
                return [self.known(schema["items_schema"])]
            case scalar if scalar in _SCALARS:
                says, kinds = _SCALARS[scalar]
                _only(schema, says)
                return kinds
        raise _NotAlike

    def _referred(self, name: str) -> Known:
        if name in self._within:  # it is looked at just now
            return None
        self._within.append(name)
        known = self.known(self._defined[name])
        self._within.pop()
        return known

    def _of_model(self, schema: Schema) -> Known:
        _only(schema, _OF_MODELS)
        config, fields = schema.get("config", {}), schema["schema"]
        _only(config, _OF_CONFIGS)
        if schema.get("custom_init") or schema.get("root_model") or fields["type"] != "model-fields":
            raise _NotAlike
        _only(fields, {"fields", "model_name", "computed_fields", "extra_behavior"})
        if "allow" in (config.get("extra_fields_behavior"), fields.get("extra_behavior")):
            raise _NotAlike
        by_name = config.get("validate_by_name") or config.get("validate_by_alias") is False
        found: dict[str, Known] = {}
        for name, field in fields["fields"].items():
            _only(field, _OF_FIELDS)
            known, alias = self.known(field["schema"]), field.get("validation_alias", name)
            is_there = field["schema"]["type"] != "default"
            if is_there and isinstance(alias, str) and not (by_name and alias != name):
                found[alias] = known
        return found


def _only(schema: Schema, says: frozenset[str] | set[str]) -> None:
    if schema.keys() - _EVERYWHERE - says:
        raise _NotAlike
