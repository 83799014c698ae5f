"""A template derived from an example instance: what the types say beside what the example holds.

The rules hold for what is really serialized. Fields are named as the consumer reads them (the first validation alias);
only those that are set take part; computed fields and secrets do not.

* int: integer. float: number. bool and str: the type. A constrained str: its pattern or length.
* Decimal, datetime, time, timedelta, UUID: by what they serialize to; as text, a pattern of that text.
* Enum and Literal: one of the values. Optional scalar: the rule or null.
* Optional model, list or dict: the rule of what the example holds, with a note: Pact cannot say "object or null".
* list: each_like with at least one item. dict: each_value, or values with rules below. Models: field by field.
"""

import dataclasses
import datetime
import decimal
import difflib
import enum
import types
import typing
import uuid
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union

from msgpact import match
from msgpact.errors import DeclarationError
from msgpact.match import Matcher
from msgpact.model import MatchingRule
from msgpact.rules import paths, patterns
from msgpact.serializers import json as json_serializer
from msgpact.template import compile_template

__all__ = ["derive", "overlay"]

_OFFSET = "(Z|[+-][0-9]{2}:[0-9]{2})"
_CLOCK = "[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?"
_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DECIMAL = "[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?"
_ANY_TEXT = "[\\s\\S]"


def derive(example: object, annotation: object = Any) -> tuple[object, list[str]]:
    """The template that *example* stands for, and notes on what it cannot promise.

    Args:
        example: A Pydantic model, dataclass, dict (a TypedDict if *annotation* is one), or list of them.
        annotation: What the handler declares, where the example's own class does not say more.

    Raises:
        DeclarationError: the example shows too little, or holds what JSON cannot.
    """
    work = _Derivation()
    if _is_instance_of_its_own(example):
        annotation = type(example)
    template = work.value(annotation, example, _dumped(example, annotation), "")
    return template, work.notes


def overlay(derived: object, override: object, annotation: object, path: str = "$") -> object:
    """*derived* with the fields that *override* states in their place; dicts are merged, anything else is replaced.

    Raises:
        DeclarationError: a field is overridden that neither the example nor its type has.
    """
    if not isinstance(override, Mapping) or not isinstance(derived, Mapping):
        return override
    members = [each for each in _members(_unwrapped(annotation)[0]) if each is not type(None)]
    fields = _fields_of(members[0]) if len(members) == 1 else None
    known = {key[0]: each for key, _, each in fields or () if len(key) == 1}
    merged = dict(derived)
    for key, template in override.items():
        if fields is not None and key not in derived and key not in known:
            names = sorted({*map(str, derived), *map(str, known)})
            close = difflib.get_close_matches(str(key), names, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names)}."
            raise DeclarationError(
                f"Cannot override {key!r} at {path}: {_name(members[0])} reads no such field. {hint}"
            )
        merged[key] = overlay(derived.get(key), template, known.get(key, Any), path + paths.field(str(key)))
    return merged


def _is_instance_of_its_own(example: object) -> bool:
    return hasattr(type(example), "__pydantic_fields__") or dataclasses.is_dataclass(example)


def _dumped(example: Any, annotation: Any) -> object:
    """The example as JSON, keyed by Python's field names."""
    from pydantic import BaseModel, PydanticUserError, TypeAdapter
    from pydantic_core import PydanticSerializationError

    try:
        if isinstance(example, BaseModel):
            return example.model_dump(mode="json", exclude_unset=True, round_trip=True)
        if annotation is Any or (not isinstance(example, dict) and not dataclasses.is_dataclass(example)):
            return json_serializer.load(json_serializer.dump(example))
        return TypeAdapter(annotation).dump_python(example, mode="json", round_trip=True, exclude_unset=True)
    except (PydanticSerializationError, PydanticUserError, TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use {example!r} as an example: it has no JSON form ({error}). Give one that has."
        ) from None


class _Derivation:
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, where: str, text: str) -> None:
        self.notes.append(f"{where or 'the contents'}: {text}")

    def value(self, annotation: object, value: object, dumped: object, where: str) -> object:
        """The template for one value; *dumped* is its JSON form, *where* its dotted place for messages."""
        annotation, constraints = _unwrapped(annotation)
        if getattr(type(value), "__pydantic_root_model__", False):
            return self.value(type(value).__pydantic_fields__["root"].annotation, value.root, dumped, where)  # type: ignore[attr-defined]  # told by the line above
        members = _members(annotation)
        optional, members = type(None) in members, [each for each in members if each is not type(None)]
        if dumped is None:
            return self.null(members, where)
        member = members[0] if len(members) == 1 else _fitting(members, value)
        member, more = _unwrapped(member)
        if len(members) > 1 and not isinstance(dumped, Mapping | list):
            self.note(where, f"of {' | '.join(map(_name, members))}, only what the example holds is promised")
        template = self.present(member, value, dumped, constraints + more, where)
        if not optional:
            return template
        if isinstance(dumped, Mapping | list):
            kind = "an object" if isinstance(dumped, Mapping) else "an array"
            self.note(where, f"it may be null, but Pact cannot say '{kind} or null': {kind} is promised")
            return template
        return _or_null(template)

    def null(self, members: Sequence[object], where: str) -> object:
        """None: what else may come is promised where a rule says it without an example."""
        rule = _WITHOUT_EXAMPLE.get(members[0]) if len(members) == 1 and isinstance(members[0], type) else None
        if rule is not None:
            return Matcher(None, (rule, MatchingRule("null")), "OR")
        if members:
            self.note(
                where, "the example holds null, so only null is promised; give it a value to promise that or null"
            )
        return match.null()

    def present(
        self, annotation: object, value: object, dumped: object, constraints: list[object], where: str
    ) -> object:
        if isinstance(dumped, Mapping):
            return self.an_object(annotation, value, dumped, where)
        if isinstance(dumped, list):
            return self.an_array(annotation, value, dumped, constraints, where)
        if typing.get_origin(annotation) is Literal:
            return _alternatives([_json(each) for each in typing.get_args(annotation)], dumped)
        if isinstance(value, enum.Enum):
            return _alternatives([_json(each) for each in type(value)], dumped)
        if isinstance(dumped, str):
            return self.text(value, dumped, constraints, where)
        if isinstance(dumped, bool):
            return match.like(dumped)
        if isinstance(dumped, int) and annotation is not float and not isinstance(value, decimal.Decimal | float):
            return match.integer(dumped)
        return match.number(dumped)

    # -- text ------------------------------------------------------------------------------------------------------

    def text(self, value: object, dumped: str, constraints: list[object], where: str) -> object:
        pattern = _pattern_by_type(value, dumped)
        if pattern is not None and _holds(pattern, dumped):
            regex = MatchingRule("regex", {"regex": pattern})
            # The text of a number fits a decimal's pattern too: there the value must also be a string.
            return Matcher(dumped, (regex, MatchingRule("type")) if isinstance(value, decimal.Decimal) else (regex,))
        pattern = _pattern_by_constraints(constraints) if isinstance(value, str) else None
        if pattern is None:
            return match.like(dumped)
        if not _holds(pattern, dumped):
            self.note(where, f"its pattern {pattern!r} cannot be written in Pact's dialect, so any string is promised")
            return match.like(dumped)
        return Matcher(dumped, (MatchingRule("regex", {"regex": pattern}), MatchingRule("type")))

    # -- objects ---------------------------------------------------------------------------------------------------

    def an_object(self, annotation: object, value: object, dumped: Mapping[str, object], where: str) -> object:
        fields = _fields_of(type(value)) if _is_instance_of_its_own(value) else _fields_of(annotation)
        if fields is None:
            return self.mapping(annotation, value, dumped, where)
        template: dict[str, object] = {}
        seen: set[str] = set()
        for key, name, field_annotation in fields:
            seen.add(name)
            if name not in dumped:
                continue
            held = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
            if _is_secret(held):
                continue
            below = f"{where}.{'.'.join(map(str, key))}" if where else ".".join(map(str, key))
            _place(template, key, self.value(field_annotation, held, dumped[name], below), below)
        computed = getattr(getattr(type(value), "__pydantic_decorators__", None), "computed_fields", {})
        for name in dumped:
            if name not in seen and name not in computed:  # allowed extras, and what a custom serializer adds
                held = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
                template[name] = self.value(Any, held, dumped[name], f"{where}.{name}" if where else name)
        return template

    def mapping(self, annotation: object, value: object, dumped: Mapping[str, object], where: str) -> object:
        """A dict: under a declared value type any keys, else the keys of the example."""
        arguments = typing.get_args(annotation)
        items = (
            list(value.values()) if isinstance(value, Mapping) and len(value) == len(dumped) else list(dumped.values())
        )
        if not arguments:
            return {
                key: self.value(Any, held, each, f"{where}.{key}" if where else key)
                for (key, each), held in zip(dumped.items(), items, strict=True)
            }
        if not dumped:
            raise DeclarationError(
                f"Cannot derive a rule for {where or 'the contents'}: the example's dict is empty, so it shows nothing of "
                "its values. Put an entry into it, or leave the field unset."
            )
        if arguments[1] in (Any, object) and len({type(each) for each in dumped.values()}) > 1:
            self.note(where, "its values may be anything: that it is an object is promised")
            return match.like({})
        templates = {
            key: self.value(arguments[1], held, each, f"{where}.{key}" if where else key)
            for (key, each), held in zip(dumped.items(), items, strict=True)
        }
        first = next(iter(templates.values()))
        if isinstance(first, Matcher) and first.combine == "AND" and not isinstance(first.example, Mapping | list):
            alike = all(isinstance(each, Matcher) and each.rules == first.rules for each in templates.values())
            if alike and first.below == "same":
                return match.each_value(first, dict(dumped))
        return self.alike(templates, where)

    def alike(self, templates: dict[str, object], where: str) -> object:
        together = match.values(templates)
        try:
            compile_template(together)
        except DeclarationError:
            key = min(templates)
            self.note(where, f"its values differ in kind: only values like {key!r} are promised")
            return match.values({key: templates[key]})
        return together

    # -- arrays ----------------------------------------------------------------------------------------------------

    def an_array(
        self, annotation: object, value: object, dumped: list[object], constraints: list[object], where: str
    ) -> object:
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        held = list(value) if isinstance(value, Sequence) and not isinstance(value, str | bytes) else list(dumped)
        if origin is tuple and arguments and arguments[-1] is not Ellipsis:
            return [
                self.value(each, item, json, f"{where}[{index}]")
                for index, (each, item, json) in enumerate(zip(arguments, held, dumped, strict=False))
            ]
        if not dumped:
            raise DeclarationError(
                f"Cannot derive a rule for {where or 'the contents'}: the example's list is empty, so it shows nothing of "
                "its items. Put an item into it, leave the field unset, or override it: "
                f"contents={{{(where or 'items').split('.')[-1]!r}: match.each_like(..., min=0)}}."
            )
        item_type = arguments[0] if arguments else Any
        held = held if len(held) == len(dumped) else dumped
        items = [self.value(item_type, item, json, f"{where}[]") for item, json in zip(held, dumped, strict=True)]
        self.notes[:] = dict.fromkeys(self.notes)  # every item notes the same
        sizes = {"min": max(_length(constraints)[0] or 1, 1)}
        together = Matcher(items, (MatchingRule("type", sizes),), "AND", "items")
        try:
            compile_template(together)
        except DeclarationError:
            self.note(where, "its items differ in kind: only items like the first are promised")
            return Matcher(items[:1], (MatchingRule("type", sizes),), "AND", "items")
        return together


# -- types -----------------------------------------------------------------------------------------------------------

_WITHOUT_EXAMPLE: dict[type, MatchingRule] = {
    int: MatchingRule("integer"),
    float: MatchingRule("number"),
    bool: MatchingRule("boolean"),
    uuid.UUID: MatchingRule("regex", {"regex": match.UUID_PATTERN}),
    datetime.date: MatchingRule("date", {"format": "yyyy-MM-dd"}),
}


def _unwrapped(annotation: object) -> tuple[object, list[object]]:
    """Without Annotated, Required and the like, and type aliases; with what Annotated says."""
    constraints: list[object] = []
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            annotation, *said = typing.get_args(annotation)
            for each in said:
                constraints.extend(getattr(each, "metadata", ()) or (each,))
        elif origin in (typing.Required, typing.NotRequired, typing.Final):
            (annotation,) = typing.get_args(annotation)
        elif hasattr(annotation, "__value__"):  # type X = …
            annotation = annotation.__value__
        elif hasattr(annotation, "__supertype__"):  # NewType
            annotation = annotation.__supertype__
        else:
            return annotation, constraints


def _members(annotation: object) -> list[object]:
    if typing.get_origin(annotation) in (Union, types.UnionType):
        return [inner for each in typing.get_args(annotation) for inner in _members(_unwrapped(each)[0])]
    return [annotation]


def _fitting(members: Sequence[object], value: object) -> object:
    """The member of a union that the value is of."""
    for member in members:
        bare = typing.get_origin(_unwrapped(member)[0]) or _unwrapped(member)[0]
        if bare is Literal:
            if value in typing.get_args(member):
                return member
        elif isinstance(bare, type) and type(value) is bare:
            return member
    for member in members:
        bare = typing.get_origin(_unwrapped(member)[0]) or _unwrapped(member)[0]
        if isinstance(bare, type) and not typing.is_typeddict(bare) and isinstance(value, bare):
            return member
    return Any


def _name(annotation: object) -> str:
    return getattr(annotation, "__name__", None) or str(annotation)


def _json(value: object) -> object:
    return json_serializer.load(json_serializer.dump(value))


Field = tuple[tuple[str | int, ...], str, object]


def _fields_of(kind: object) -> list[Field] | None:
    """Of a model, dataclass or TypedDict: each field's key as it is read, its Python name, its annotation."""
    kind = typing.get_origin(kind) or kind
    fields = getattr(kind, "__pydantic_fields__", None)
    if fields is not None:
        return [
            (_key(name, info), name, Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation)
            for name, info in fields.items()
        ]
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or typing.is_typeddict(kind)):
        hints = typing.get_type_hints(kind, include_extras=True)
        names = [each.name for each in dataclasses.fields(kind)] if dataclasses.is_dataclass(kind) else list(hints)
        return [((name,), name, hints[name]) for name in names]
    return None


def _key(name: str, info: Any) -> tuple[str | int, ...]:
    """The first name that Pydantic reads the field from; a path where it is nested."""
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    choices = getattr(alias, "choices", None)
    if choices:
        alias = choices[0]
    path = getattr(alias, "path", None)
    return tuple(path) if path else (str(alias) if alias is not None else name,)


def _place(template: dict[str, object], key: tuple[str | int, ...], value: object, where: str) -> None:
    *outer, last = key
    for each in outer:
        if not isinstance(each, str):
            break
        inner = template.setdefault(each, {})
        assert isinstance(inner, dict)
        template = inner
    if not all(isinstance(each, str) for each in key):
        raise DeclarationError(
            f"Cannot derive a rule for {where}: its alias leads into a list. Leave the field unset and state it in contents=."
        )
    template[str(last)] = value


def _is_secret(value: object) -> bool:
    return hasattr(type(value), "get_secret_value")


def _or_null(template: object) -> object:
    if not isinstance(template, Matcher):
        return template
    # Pact holds one level of AND or OR a place: the sharper rule stays.
    rule = next((each for each in template.rules if each.match != "type"), template.rules[0])
    return Matcher(template.example, (rule, MatchingRule("null")), "OR")


def _alternatives(values: list[object], dumped: object) -> object:
    if dumped not in values:  # a custom serializer writes something else
        return match.like(dumped)
    return match.one_of(dumped, *(each for each in values if each != dumped or type(each) is not type(dumped)))


# -- patterns --------------------------------------------------------------------------------------------------------


def _pattern_by_type(value: object, dumped: str) -> str | None:
    match value:
        case uuid.UUID():
            return match.UUID_PATTERN
        case datetime.datetime():
            return f"{_DAY}T{_CLOCK}" + (_OFFSET if value.tzinfo is not None else "")
        case datetime.date():
            return _DAY
        case datetime.time():
            return _CLOCK + (_OFFSET if value.tzinfo is not None else "")
        case datetime.timedelta() if dumped[:1] in "P-":
            return "-?P(?=[0-9T])([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\\.[0-9]+)?S)?)?"
        case decimal.Decimal():
            return _DECIMAL
        case _:
            return None


def _length(constraints: list[object]) -> tuple[int | None, int | None]:
    least = next((each for c in constraints if (each := getattr(c, "min_length", None)) is not None), None)
    most = next((each for c in constraints if (each := getattr(c, "max_length", None)) is not None), None)
    return least, most


def _pattern_by_constraints(constraints: list[object]) -> str | None:
    found = next((each for c in constraints if (each := getattr(c, "pattern", None)) is not None), None)
    if found is not None:
        return _whole(getattr(found, "pattern", found))
    least, most = _length(constraints)
    if not least and most is None:
        return None
    return f"{_ANY_TEXT}{{{least or 0},{'' if most is None else most}}}"


def _whole(pattern: str) -> str:
    """Pydantic searches for its patterns, Pact matches the whole text."""
    start = "" if pattern.startswith(("^", "\\A")) else f"{_ANY_TEXT}*"
    end = "" if pattern.endswith(("$", "\\z", "\\Z")) and not pattern.endswith("\\$") else f"{_ANY_TEXT}*"
    if not start and not end:
        return pattern
    return f"^{start}(?:{pattern}){end}$" if "|" in pattern else f"{start}{pattern}{end}"


def _holds(pattern: str, text: str) -> bool:
    try:
        return patterns.fullmatch(pattern, text)
    except (patterns.PatternError, patterns.TooSlow):
        return False
