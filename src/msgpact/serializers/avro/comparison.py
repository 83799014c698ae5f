"""What is compared of two Avro records: all of them, and in a pact of Pact's plugin what the plugin compares.

The plugin never compares a field whose schema is a union, and takes the rules `include` and `time` for equality.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgpact.model import MatchingRule, PathRules, RuleSet
from msgpact.rules import paths
from msgpact.rules.matchers import EQUALITY, TYPED
from msgpact.rules.plan import Known
from msgpact.serializers.avro.schema_types import Type
from msgpact.serializers.comparing import Example

if TYPE_CHECKING:
    # It imports this.
    from msgpact.serializers.avro.serializer import Avro

__all__ = ["example", "known"]


def example(serializer: "Avro", contents: bytes, rules: Mapping[str, RuleSet], *, lenient: bool = False) -> Example:
    """The example of a contract; *lenient*: as a plugin's file is judged. Raises as `load`."""
    document = serializer.load(contents)
    if not lenient:
        return Example(document, rules, TYPED)
    notes: list[str] = []
    left = _without_unions(document, serializer.schema.root, "$", notes)
    return Example(left, _as_taken(rules), TYPED, tuple(notes))


def known(schema: Type, within: tuple[Type, ...] = ()) -> Known:
    """What is sure of every value that is read by a schema. Of logical types, and where a schema is circular, nothing is said."""
    if schema.logical is not None or schema in within:
        return None
    match schema.kind:
        case "record":
            return {field.name: known(field.type, (*within, schema)) for field in schema.fields}
        case "array":
            return [known(schema.branches[0], within)]
        case "union":
            kinds = [known(each, within) for each in schema.branches]
            scalars = [each for each in kinds if isinstance(each, frozenset)]
            return frozenset().union(*scalars) if len(scalars) == len(kinds) else None
    return _KINDS.get(schema.kind)


_KINDS = {
    **dict.fromkeys(("string", "enum"), frozenset({str})),
    **dict.fromkeys(("bytes", "fixed"), frozenset({bytes})),
    **dict.fromkeys(("int", "long"), frozenset({int})),
    **dict.fromkeys(("float", "double"), frozenset({float})),
    "boolean": frozenset({bool}),
    "null": frozenset({type(None)}),
}


def _without_unions(value: Any, schema: Type, path: str, notes: list[str]) -> Any:
    """A value without the fields that may be of several types; *notes* gets their paths."""
    match schema.kind:
        case "record":
            kept = {}
            for field in schema.fields:
                at = path + paths.field(field.name)
                if field.type.kind == "union":
                    notes.append(f"{at}: the field, as its schema is a union")
                else:
                    kept[field.name] = _without_unions(value[field.name], field.type, at, notes)
            return kept
        case "array":
            (item,) = schema.branches
            return [_without_unions(each, item, f"{path}[{index}]", notes) for index, each in enumerate(value)]
        case "map":
            (item,) = schema.branches
            return {key: _without_unions(each, item, path + paths.field(key), notes) for key, each in value.items()}
    return value


_EQUALITY = frozenset({"include", "time"})
"""Rules that the plugin takes for equality. Of `date` and `datetime` it is not known, and so they are what they are."""


def _as_taken(rules: Mapping[str, RuleSet]) -> Mapping[str, RuleSet]:
    if not any(rule.match in _EQUALITY for rule_set in rules.values() for rule in rule_set.matchers):
        return rules
    return PathRules(
        {path: RuleSet(tuple(map(_or_equality, each.matchers)), each.combine) for path, each in rules.items()}
    )


def _or_equality(rule: MatchingRule) -> MatchingRule:
    return EQUALITY if rule.match in _EQUALITY else rule
