"""A template derived from an example instance: what the types say beside what the example holds.

The rules hold for what is really serialized. Fields are named as the consumer reads them (the first validation alias);
only those that are set take part (of a dataclass, those that differ from their default); computed fields and secrets do
not.

* int: integer. float: number. bool and str: the type. A constrained str: its pattern or length.
* Decimal, datetime, date, time, timedelta, UUID: by what they serialize to; as text, a pattern of that text.
* Enum and Literal: one of the values. Optional scalar: the rule or null.
* Optional model, list or dict: the rule of what the example holds, with a note: Pact cannot say "object or null".
* list: each_like with at least one item. dict: each_value, or values with rules below; of a dict without a type for its
  values, each entry. Models: field by field.
"""

import dataclasses
import difflib
import enum
import types
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_origin

from msgpact import match
from msgpact.annotations import Field, Member, allows_more, fields_of, has_fields, hints_of, members_of, name_of
from msgpact.errors import DeclarationError
from msgpact.match import Matcher
from msgpact.model import MatchingRule
from msgpact.rules import paths
from msgpact.rules.matchers import same
from msgpact.serializers import json as json_serializer
from msgpact.template import UNSET, compile_template
from msgpact.type_rules import (
    alternatives_of,
    holds,
    is_decimal,
    or_null,
    pattern_of_constraints,
    pattern_of_value,
    rules_without_example,
    takes_numbers,
    text_rules,
)

__all__ = ["derive", "derive_typed", "without_unsaid"]


def derive(
    example: object, annotation: object = Any, *, override: object = UNSET, read_from: object = UNSET
) -> tuple[object, list[str]]:
    """The template that *example* stands for, and notes on what it cannot promise.

    Args:
        example: A Pydantic model, dataclass, dict (a TypedDict if *annotation* is one), or list of them.
        annotation: What the handler declares, where the example's own class does not say more.
        override: A dict of templates for fields, put in the place of what would be derived for them.
        read_from: The JSON that *example* was loaded from, if it was: it says which fields are set.

    Raises:
        DeclarationError: the example shows too little, or holds what JSON cannot; or a field is overridden that neither
            the example nor its type has.
    """
    if has_fields(type(example)):
        annotation = type(example)
    work = _Derivation()
    template = work.value(annotation, _Node(example, _dumped(example), "", read_from, override))
    if template is _LEFT_OUT:
        raise DeclarationError("Cannot use a secret as an example: secrets are left out of pacts. Write contents=....")
    if override is not UNSET and not isinstance(template, Mapping):
        raise DeclarationError(
            f"Cannot override fields of {example!r}: it is no object with fields. State the whole of it by contents= alone."
        )
    if override is not UNSET:
        template = _overlay(template, override, annotation)
    return template, list(work.notes)


def derive_typed(document: object, *, override: object = UNSET) -> object:
    """The template of a document whose schema says the types: each value by its type, each list by its items'.

    Args:
        document: As a serializer that knows the schema loads it.
        override: As of `derive`.
    """
    template = _typed(document)
    return template if override is UNSET else _overlay(template, override, Any)


def without_unsaid(document: object, example: object) -> object:
    """A document without the fields that the example it was made of does not have."""
    match document:
        case dict():
            said = _said(example)
            if said is None:
                return document
            return {key: without_unsaid(each, said[key]) for key, each in document.items() if key in said}
        case list() if isinstance(example, list | tuple) and len(example) == len(document):
            return [without_unsaid(*pair) for pair in zip(document, example, strict=True)]
    return document


def _said(example: Any) -> Mapping[str, object] | None:
    """What an example has by name, a model by either name of its fields; None where that cannot be told."""
    if serializer := getattr(type(example), "__pydantic_serializer__", None):
        dumped = [serializer.to_python(example, by_alias=by_alias) for by_alias in (True, False)]
        return {**dumped[0], **dumped[1]} if all(isinstance(each, dict) for each in dumped) else None
    if isinstance(example, Mapping):
        return example
    if has_fields(type(example)):
        return {each.name: getattr(example, each.name) for each in dataclasses.fields(example)}
    return None


def _typed(document: object) -> object:
    match document:
        case dict():
            return {key: _typed(each) for key, each in document.items()}
        case []:
            return document
        case list():
            items = [_typed(each) for each in document]
            return match.each_like(items[0]) if _are_alike(items) else items
        case None:
            return None
    return match.like(document)


def _dumped(example: Any) -> object:
    """The example as JSON, models keyed by Python's field names."""
    if isinstance(example, type):
        raise DeclarationError(
            f"Cannot use {example.__qualname__} as an example: it is a class. Give an instance: {example.__name__}(...)."
        )
    match example:
        case dict():
            return {_key_text(key): _dumped(each) for key, each in example.items()}
        case list() | tuple() | set() | frozenset():
            return [_dumped(each) for each in example]
    how: dict[str, Any] = {"mode": "json", "by_alias": False, "exclude_unset": True, "round_trip": True}
    try:
        if serializer := getattr(type(example), "__pydantic_serializer__", None):
            return serializer.to_python(example, **how)
        if has_fields(type(example)):
            return {each.name: _dumped(getattr(example, each.name)) for each in dataclasses.fields(example)}
        return json_serializer.load(json_serializer.dump(example))
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use {example!r} as an example: it has no JSON form ({error}). Give one that has."
        ) from None


def _key_text(key: object) -> str:
    if isinstance(key, str) and not isinstance(key, enum.Enum):
        return key
    written = json_serializer.load(json_serializer.dump(key))
    return written if isinstance(written, str) else json_serializer.dump(written).decode()


@dataclass(frozen=True, slots=True)
class _Node:
    """One value of an example, in every form that it has.

    Attributes:
        dumped: As JSON, models keyed by Python's field names.
        where: Its dotted place, for messages.
        read_from: The JSON it was loaded from; UNSET where the value itself was given.
        override: What the declaration states in its place or in its fields' places.
    """

    value: object
    dumped: Any
    where: str
    read_from: object = UNSET
    override: object = UNSET

    def below(self, key: str, value: object, dumped: object) -> "_Node":
        return _Node(value, dumped, f"{self.where}.{key}" if self.where else key, self._of(self.read_from, key))

    def field(self, each: Field, value: object, dumped: object) -> "_Node":
        node = self.below(".".join(map(str, each.key)), value, dumped)
        read_from, override = self.read_from, self.override
        for part in each.key:
            read_from, override = self._of(read_from, part), self._of(override, part)
        return dataclasses.replace(node, read_from=read_from, override=override)

    def items(self) -> list["_Node"]:
        """An array's items; a set's in the order of their JSON, as its own changes from run to run."""
        held = list(self.value) if isinstance(self.value, Collection) else self.dumped
        pairs = list(zip(held if len(held) == len(self.dumped) else self.dumped, self.dumped, strict=True))
        if isinstance(self.value, set | frozenset):
            pairs.sort(key=lambda pair: json_serializer.dump(pair[1]))
        origins = self.read_from if isinstance(self.read_from, list) and len(self.read_from) == len(pairs) else ()
        return [
            _Node(value, dumped, f"{self.where}[]", origins[index] if origins else UNSET)
            for index, (value, dumped) in enumerate(pairs)
        ]

    @staticmethod
    def _of(mapping: object, key: object) -> object:
        return mapping.get(key, UNSET) if isinstance(mapping, Mapping) else UNSET


class _LeftOut:
    """The type of `_LEFT_OUT`, which stands for a secret."""


_LEFT_OUT = _LeftOut()


@dataclass(slots=True)
class _Derivation:
    """One derivation: its notes, each once and in order."""

    notes: dict[str, None] = field(default_factory=dict)

    def note(self, where: str, text: str) -> None:
        self.notes[f"{where or 'the contents'}: {text}"] = None

    def value(self, annotation: object, node: _Node) -> object:
        """The template for one value, or _LEFT_OUT for a secret."""
        if hasattr(type(node.value), "get_secret_value"):
            self.note(node.where, "a secret, so left out; if it is to be in the contract, state it in contents=")
            return _LEFT_OUT
        if getattr(type(node.value), "__pydantic_root_model__", False):
            root: Any = node.value
            inner = type(root).__pydantic_fields__["root"].annotation
            may_be_null = any(each.kind is types.NoneType for each in members_of(annotation))
            annotation = inner | None if may_be_null else inner
            return self.value(annotation, dataclasses.replace(node, value=root.root))
        members = members_of(annotation)
        others = [each for each in members if each.kind is not types.NoneType]
        if node.dumped is None:
            return self.null(others, node.where)
        member = self.member(others, node)
        template = self.present(member, node)
        if len(others) == len(members) or template is _LEFT_OUT:
            return template
        if isinstance(node.dumped, Mapping | list):
            kind = "an object" if isinstance(node.dumped, Mapping) else "an array"
            self.note(node.where, f"it may be null, but Pact cannot say '{kind} or null': {kind} is promised")
            return template
        assert isinstance(template, Matcher)
        # Strings and literals are loaded strictly: a number whose text fits must not pass for one.
        by_kind = (bool(member.values) or type(node.value) is str) and takes_numbers(template)
        if by_kind:
            self.note(
                node.where, "it may be null, and Pact cannot say more than one rule or null: its kind is promised"
            )
        return or_null(template, by_kind=by_kind)

    def member(self, members: Sequence[Member], node: _Node) -> Member:
        """The member of a union that the value is of."""
        if len(members) <= 1:
            return members[0] if members else Member(Any)
        if {each.kind for each in members} <= {int, float}:
            return Member(float)
        names = " | ".join(name_of(each.kind) for each in members)
        self.note(node.where, f"of {names}, only what the example holds is promised")
        fitting = [each for exactly in (True, False) for each in members if each.is_of(node.value, exactly=exactly)]
        return fitting[0] if fitting else Member(Any)

    def null(self, members: Sequence[Member], where: str) -> object:
        """None: what else may come is promised where a rule says it without an example."""
        rules = rules_without_example(members[0]) if len(members) == 1 else ()
        if rules:
            return or_null(Matcher(None, rules))
        if members:
            self.note(
                where, "the example holds null, so only null is promised; give it a value to promise that or null"
            )
        return match.null()

    def present(self, member: Member, node: _Node) -> object:
        dumped, value = node.dumped, node.value
        if isinstance(dumped, Mapping):
            return self.an_object(member, node)
        if isinstance(dumped, list):
            return self.an_array(member, node)
        if alternatives := alternatives_of(member, value):
            # A custom serializer may write something else.
            rules = match.one_of(*alternatives).rules
            return Matcher(dumped, rules) if any(same(each, dumped) for each in alternatives) else match.like(dumped)
        if isinstance(dumped, str):
            return self.text(member, node)
        if isinstance(dumped, bool):
            return match.like(dumped)
        is_float = member.kind is float or isinstance(value, float) or is_decimal(value)
        return match.integer(dumped) if isinstance(dumped, int) and not is_float else match.number(dumped)

    # -- text ------------------------------------------------------------------------------------------------------

    def text(self, member: Member, node: _Node) -> object:
        text = node.dumped
        pattern = pattern_of_value(node.value)
        if pattern is not None and holds(pattern, text):
            return Matcher(text, text_rules(pattern, is_number=is_decimal(node.value)))
        pattern = pattern_of_constraints(member.constraints) if isinstance(node.value, str) else None
        if pattern is None:
            return match.like(text)
        if not holds(pattern, text):
            self.note(
                node.where, f"its pattern {pattern!r} cannot be written in Pact's dialect, so any string is promised"
            )
            return match.like(text)
        return Matcher(text, text_rules(pattern, is_number=True))

    # -- objects ---------------------------------------------------------------------------------------------------

    def an_object(self, member: Member, node: _Node) -> object:
        kind = type(node.value) if has_fields(type(node.value)) else member.kind
        fields = fields_of(kind)
        if fields is None:
            return self.mapping(member, node)
        template: dict[str, object] = {}
        for each in fields:
            held = _held(node, each.name)
            if not _is_set(each, node, held) or _is_stated(node.override, each.key):
                continue
            below = node.field(each, held, node.dumped[each.name])
            _place(template, each.key, self.value(each.annotation, below), below.where)
        known = {each.name for each in fields}
        extras = [name for name in node.dumped if name not in known]  # allowed, or added by a custom serializer
        for name in extras:
            _place(template, (name,), self.value(Any, node.below(name, _held(node, name), node.dumped[name])), name)
        self.unread(fields, extras, kind, node)
        return template

    def unread(self, fields: Sequence[Field], extras: Sequence[str], kind: object, node: _Node) -> None:
        """Note what the example was given beyond what the handler's type takes."""
        read = {*extras, *(key[0] for each in fields for key in each.keys)}
        for key in node.read_from if isinstance(node.read_from, Mapping) else ():
            if key not in read:
                self.note(node.below(key, None, None).where, f"not read by {name_of(kind)}, so not promised")

    def mapping(self, member: Member, node: _Node) -> object:
        """A dict: under a declared value type any keys, else the keys of the example."""
        values = member.arguments[1] if len(member.arguments) > 1 else Any
        held = node.value if isinstance(node.value, Mapping) and len(node.value) == len(node.dumped) else node.dumped
        templates: dict[str, object] = {}
        for (key, dumped), value in zip(node.dumped.items(), held.values(), strict=True):
            if not _is_stated(node.override, (key,)):
                below = node.field(Field(((key,),), key, values), value, dumped)
                _place(templates, (key,), self.value(values, below), below.where)
        if values in (Any, object) or node.override is not UNSET:
            return templates
        if node.dumped:
            return self.alike(templates, node.where) if templates else _LEFT_OUT
        raise DeclarationError(
            f"Cannot derive a rule for {node.where or 'the contents'}: the example's dict is empty, so it shows nothing "
            "of its values. Put an entry into it, leave the field unset, or override it in contents=."
        )

    def alike(self, templates: dict[str, object], where: str) -> object:
        """An object with any keys, its values like those."""
        # Pact compares other keys with the first in their order.
        first = min((key for key in templates if _says_more_than_null(templates[key])), default=min(templates))
        if not _are_alike(list(templates.values())):
            self.note(where, f"its values differ in kind: only values like {first!r} are promised")
            templates = {first: templates[first]}
        sample = templates[first]
        if isinstance(sample, Matcher) and sample.combine == "AND" and not isinstance(sample.example, Mapping | list):
            return match.each_value(sample, {key: compile_template(each)[0] for key, each in templates.items()})
        return match.values(templates)

    # -- arrays ----------------------------------------------------------------------------------------------------

    def an_array(self, member: Member, node: _Node) -> object:
        nodes = node.items()
        item_types = _item_types(member, node.value, len(nodes))
        if item_types is not None:
            each_of = zip(item_types, nodes, strict=False)
            return [item for each, below in each_of if (item := self.value(each, below)) is not _LEFT_OUT]
        if not nodes:
            raise DeclarationError(
                f"Cannot derive a rule for {node.where or 'the contents'}: the example's list is empty, so it shows "
                "nothing of its items. Put an item into it, leave the field unset, or override it: "
                f"contents={{{(node.where or 'items').split('.')[-1]!r}: match.each_like(..., min=0)}}."
            )
        item_type = member.arguments[0] if member.arguments else Any
        items = [item for each in nodes if (item := self.value(item_type, each)) is not _LEFT_OUT]
        if not items:
            return _LEFT_OUT
        least, most = max(member.constraints.min_length or 1, 1), member.constraints.max_length
        if not _are_alike(items):
            speaking = next(filter(_says_more_than_null, items), items[0])
            which = "the first" if speaking is items[0] else "the first that is not null"
            self.note(node.where, f"its items differ in kind: only items like {which} are promised")
            items = [speaking] * least
        sizes = {"min": least} if most is None else {"min": least, "max": most}
        return Matcher(items, (MatchingRule("type", sizes),), "AND", "items")


# -- objects ---------------------------------------------------------------------------------------------------------


def _held(node: _Node, name: str) -> object:
    return node.value.get(name) if isinstance(node.value, Mapping) else getattr(node.value, name, None)


def _is_set(each: Field, node: _Node, held: object) -> bool:
    """Whether the example holds the field. A dataclass does not say which were given: a default counts as not given."""
    if each.name not in node.dumped or not each.keys:
        return False
    if isinstance(node.read_from, Mapping):
        return any(key[0] in node.read_from for key in each.keys)
    return each.default is dataclasses.MISSING or bool(held != each.default)


def _is_stated(override: object, key: Sequence[str | int]) -> bool:
    """Whether the declaration states a field itself, as a whole; a dict of templates only overrides fields below."""
    for part in key:
        override = override.get(part, UNSET) if isinstance(override, Mapping) else UNSET
    return override is not UNSET and not isinstance(override, Mapping)


def _place(template: dict[str, object], key: Sequence[str | int], value: object, where: str) -> None:
    if value is _LEFT_OUT:
        return
    if not all(isinstance(each, str) for each in key):
        raise DeclarationError(
            f"Cannot derive a rule for {where}: its alias leads into a list. Leave the field unset and state it in contents=."
        )
    *outer, last = key
    for each in outer:
        inner = template.setdefault(str(each), {})
        assert isinstance(inner, dict)
        template = inner
    template[str(last)] = value


def _overlay(derived: object, override: object, annotation: object, path: str = "$") -> object:
    """*derived* with the fields that *override* states in their place; dicts are merged, anything else is replaced."""
    if not isinstance(override, Mapping) or not isinstance(derived, Mapping):
        return override
    members = [each.kind for each in members_of(annotation) if each.kind is not types.NoneType]
    fields = fields_of(members[0]) if len(members) == 1 else None
    known = {each.key[0]: each.annotation if len(each.key) == 1 else Any for each in fields or () if each.keys}
    if fields is not None and allows_more(members[0]):
        fields = None
    merged = dict(derived)
    for key, template in override.items():
        if fields is not None and key not in derived and key not in known:
            names = sorted({*map(str, derived), *map(str, known)})
            close = difflib.get_close_matches(str(key), names, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(names)}."
            raise DeclarationError(
                f"Cannot override {key!r} at {path}: {name_of(members[0])} reads no such field. {hint}"
            )
        below = path + paths.field(str(key))
        merged[key] = _overlay(derived[key], template, known.get(key, Any), below) if key in derived else template
    return merged


# -- arrays ----------------------------------------------------------------------------------------------------------


def _item_types(member: Member, value: object, count: int) -> Sequence[object] | None:
    """The types of an array's items one by one, where it is a tuple; None where all are alike."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return [hints_of(type(value)).get(name, Any) for name in value._fields]
    if member.kind is tuple:
        return [Any] * count
    if get_origin(member.kind) is tuple and member.arguments[-1:] != (Ellipsis,):
        return member.arguments
    return None


def _says_more_than_null(template: object) -> bool:
    return not (isinstance(template, Matcher) and template.example is None)


def _are_alike(templates: list[object]) -> bool:
    """Whether all say the same of their values, so that one of them can speak for the others."""
    rules = [compile_template(each, typed=True)[1] for each in templates]
    return all(each == rules[0] for each in rules)
