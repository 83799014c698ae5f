"""Whether all that one JSON Schema allows another allows too: a reader takes what a writer may write.

Judged keyword by keyword, as the registries of Confluent and Apicurio do: a property that is added to an open object narrows
it, since the writer may have written anything by that name. What cannot be shown to be compatible counts as incompatible;
`oneOf` is taken for `anyOf`.
"""

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from msgpact.compatibility import json_facts, pairs
from msgpact.compatibility.findings import Direction, Found, Mode
from msgpact.compatibility.json_document import ANYTHING, NOTHING, Document, Node, Part
from msgpact.compatibility.json_facts import FRACTION, Bound, Patterns, Where
from msgpact.compatibility.json_nodes import Nodes
from msgpact.compatibility.pairs import Need, Remark
from msgpact.errors import shown

__all__ = ["compare"]

SEPARATELY = 100
"""As many listed values are looked at one by one, where a reader has alternatives."""


def compare(old: Document, new: Document, mode: Mode) -> Iterator[tuple[Direction, Found]]:
    """What is found in the directions that *mode* asks for.

    Raises:
        SchemaError: a reference leads nowhere, or the schemas are too large to be compared; a clause.
    """
    for direction in mode.directions:
        sides = (new, old, "new", "old") if direction is Direction.BACKWARD else (old, new, "old", "new")
        for each in dict.fromkeys(_Comparison(*sides).found()):
            if direction is Direction.BACKWARD or each.rule not in _OF_READERS:
                yield direction, each


_OF_READERS = {"json-schema/default-changed", "json-schema/format-changed"}
"""Notes that are the same in both directions."""


class _Facts(NamedTuple):
    """What a writer may write."""

    types: frozenset[str]
    values: list[Any] | None
    meanings: frozenset[object]
    """Of its parts: what a reader says in the same words needs no proof."""


class _Comparison:
    """One reader against one writer."""

    def __init__(self, reader: Document, writer: Document, reader_name: str, writer_name: str) -> None:
        self.reader, self.writer = reader_name, writer_name
        self.nodes = Nodes()
        self.known: dict[Node, _Facts] = {}
        self.patterns = Patterns()
        self.root = (self.nodes.of(reader, reader.root), self.nodes.of(writer, writer.root))

    def found(self) -> Iterator[Found]:
        return pairs.resolve(self.root, self.needs, self.remarks)

    def facts(self, writer: Node) -> _Facts:
        if writer not in self.known:
            types, values = json_facts.types_of(writer), json_facts.values_of(writer)
            if values is None and types <= {"boolean", "null"}:
                values = [each for each in (None, False, True) if ("null" if each is None else "boolean") in types]
            meanings = frozenset(each.home.meaning(each.raw) for each in writer.parts)
            self.known[writer] = _Facts(types, values, meanings)
        return self.known[writer]

    # -- needs -------------------------------------------------------------------------------------------------------

    def needs(self, reader: Node, writer: Node) -> Iterator[Need[Node]]:
        facts = self.facts(writer)
        parts = [each for each in reader.parts if each.home.meaning(each.raw) not in facts.meanings]
        if not facts.types or not parts:
            return
        if (split := self.nodes.alternatives(writer)) is not None:
            for each in split:
                yield Need((), [(reader, each)])
            return
        for part in parts:
            yield from self._needs_of_part(part, writer, facts)

    def _needs_of_part(self, part: Part, writer: Node, facts: _Facts) -> Iterator[Need[Node]]:
        if part.raw is NOTHING:
            why = f"The {self.writer} schema allows {_types(facts.types)}, the {self.reader} one nothing."
            yield Need((), (), "json-schema/type-narrowed", why)
            return
        node = Node((part,))
        types = json_facts.types_of(Node((self.nodes.only(part, "type"),)))
        if lost := facts.types - types:
            why = f"The {self.writer} schema allows {_types(lost)}, the {self.reader} one {_types(types)}."
            yield Need((), (), "json-schema/type-narrowed", why)
        common = facts.types & types
        if (allowed := json_facts.values_of(node)) is not None:
            yield from self._needs_of_values(allowed, facts)
        for keyword in ("anyOf", "oneOf"):
            if isinstance(part.raw.get(keyword), list):
                yield from self._needs_of_branches(part, keyword, writer, facts)
        yield from self._opaque(part, writer)
        if "string" in common:
            yield from self._needs_of_strings(part, writer, facts)
        if common & {"integer", FRACTION}:
            yield from self._needs_of_numbers(node, writer, facts)
        if "array" in common:
            yield from self._needs_of_arrays(part, writer)
        if "object" in common:
            yield from self._needs_of_objects(part, writer)

    def _needs_of_values(self, allowed: list[Any], facts: _Facts) -> Iterator[Need[Node]]:
        keys = {json_facts.key_of(each) for each in allowed}
        if facts.values is None:
            why = f"The {self.reader} schema allows no value but {_listed(allowed)}, the {self.writer} one also others."
            yield Need((), (), "json-schema/enum-added", why)
        elif missing := [each for each in facts.values if json_facts.key_of(each) not in keys]:
            why = f"The {self.writer} schema allows {_listed(missing)}, the {self.reader} one does not."
            yield Need((), (), "json-schema/enum-value-removed", why)

    def _needs_of_branches(self, part: Part, keyword: str, writer: Node, facts: _Facts) -> Iterator[Need[Node]]:
        own = self.nodes.restricted(part, keyword)
        if facts.values is not None and 1 < len(facts.values) <= SEPARATELY:
            for value in facts.values:
                yield Need((), [(own, self.nodes.also(writer, part, "const", value))])
        elif len(facts.types) > 1:
            for each in sorted(facts.types):
                yield Need((), [(own, self.nodes.also(writer, part, "type", each))])
        else:
            branches = [(self.nodes.of(part.home, each), writer) for each in part.raw[keyword]]
            why = f"What the {self.writer} schema allows is in no branch of the {self.reader} one's {keyword}."
            yield Need((), branches, "json-schema/no-branch" if len(branches) != 1 else "", why)

    def _opaque(self, part: Part, writer: Node) -> Iterator[Need[Node]]:
        """What can be compared by its words alone."""
        for keywords in _OPAQUE:
            if keywords[0] in part.raw:
                meaning = part.home.meaning(part.raw, *keywords)
                if all(each.home.meaning(each.raw, *keywords) != meaning for each in writer.parts):
                    said = f"The {self.reader} schema says {keywords[0]!r}, the {self.writer} one not so"
                    why = f"{said}: whether it allows less is not known."
                    yield Need((), (), "json-schema/undecided", why)

    # -- scalars -----------------------------------------------------------------------------------------------------

    def _needs_of_strings(self, part: Part, writer: Node, facts: _Facts) -> Iterator[Need[Node]]:
        texts = [each for each in facts.values if isinstance(each, str)] if facts.values is not None else None
        lengths = [len(each) for each in texts] if texts is not None else None
        yield from self._sizes(part, writer, "minLength", "maxLength", "length", lengths)
        pattern = part.raw.get("pattern")
        if not isinstance(pattern, str) or pattern in writer.values("pattern"):
            return
        if texts is None or not all(self.patterns.match(pattern, each) for each in texts):
            asked = f"The {self.reader} schema asks for the pattern {shown(pattern, 80)}"
            yield Need((), (), "json-schema/pattern-changed", f"{asked}, which the {self.writer} one does not.")

    def _sizes(
        self, part: Part, writer: Node, least: str, most: str, name: str, given: list[int] | None
    ) -> Iterator[Need[Node]]:
        """The least and the greatest length, or number of items or properties."""
        low, high = (_sizes_of(Node((part,)), each) for each in (least, most))
        lows, highs = _sizes_of(writer, least), _sizes_of(writer, most)
        if given:
            lows, highs = [*lows, min(given)], [*highs, max(given)]
        if low and low[0] > max(lows, default=0):
            why = f"The {self.reader} schema's {least} is {low[0]}, the {self.writer} one's {max(lows, default=0)}."
            yield Need((), (), f"json-schema/min-{name}-raised", why)
        if high and (not highs or high[0] < min(highs)):
            why = f"The {self.reader} schema's {most} is {high[0]}, the {self.writer} one's {min(highs) if highs else 'none'}."
            yield Need((), (), f"json-schema/max-{name}-lowered", why)

    def _needs_of_numbers(self, node: Node, writer: Node, facts: _Facts) -> Iterator[Need[Node]]:
        if not _OF_NUMBERS & node.parts[0].raw.keys():
            return
        integers = FRACTION not in facts.types
        low, lowest = (json_facts.lower(each, integers=integers) for each in (node, writer))
        if low is not None and (lowest is None or (lowest.number, lowest.is_out) < (low.number, low.is_out)):
            why = f"The {self.reader} schema's minimum is {_bound(low)}, the {self.writer} one's {_bound(lowest)}."
            yield Need((), (), "json-schema/minimum-raised", why)
        high, highest = (json_facts.upper(each, integers=integers) for each in (node, writer))
        if high is not None and (highest is None or (-highest.number, highest.is_out) < (-high.number, high.is_out)):
            why = f"The {self.reader} schema's maximum is {_bound(high)}, the {self.writer} one's {_bound(highest)}."
            yield Need((), (), "json-schema/maximum-lowered", why)
        for step in _steps(node):
            steps = [*_steps(writer), *([Fraction(1)] if integers else [])]
            if not any((each / step).denominator == 1 for each in steps):
                why = f"The {self.reader} schema asks for multiples of {step}, which the {self.writer} one does not."
                yield Need((), (), "json-schema/multiple-of-narrowed", why)

    # -- arrays ------------------------------------------------------------------------------------------------------

    def _needs_of_arrays(self, part: Part, writer: Node) -> Iterator[Need[Node]]:
        yield from self._sizes(part, writer, "minItems", "maxItems", "items", None)
        most = min(_sizes_of(writer, "maxItems"), default=None)
        if (
            part.raw.get("uniqueItems") is True
            and True not in writer.values("uniqueItems")
            and (most is None or most > 1)
        ):
            why = f"The {self.reader} schema forbids equal items, the {self.writer} one does not."
            yield Need((), (), "json-schema/unique-items-added", why)
        if not {"items", "prefixItems", "additionalItems"} & part.raw.keys():
            return
        own, theirs = json_facts.items_of(part), [(each, json_facts.items_of(each)) for each in writer.parts]
        first = max(len(own.first), *(len(each.first) for _, each in theirs), 0)
        for index in range(first if most is None else min(first, most)):
            listed = [(each, items.first[index] if index < len(items.first) else items.rest) for each, items in theirs]
            raw = own.first[index] if index < len(own.first) else own.rest
            yield Need((f"[{index}]",), [(self.nodes.of(part.home, raw), self.nodes.all_of(listed))])
        if most is None or most > first:
            yield Need(
                ("[*]",),
                [
                    (
                        self.nodes.of(part.home, own.rest),
                        self.nodes.all_of([(each, items.rest) for each, items in theirs]),
                    )
                ],
            )

    # -- objects -----------------------------------------------------------------------------------------------------

    def _needs_of_objects(self, part: Part, writer: Node) -> Iterator[Need[Node]]:
        required = {name for listed in writer.values("required") for name in _names(listed)}
        yield from self._sizes(part, writer, "minProperties", "maxProperties", "properties", None)
        for name in _names(part.raw.get("required")):
            if name not in required:
                why = f"The {self.reader} schema requires {name}, which the {self.writer} one does not."
                yield Need((_step(name),), (), "json-schema/required-added", why)
        yield from self._needs_of_dependencies(part, writer, required)
        if "propertyNames" in part.raw:
            names = [(each, each.raw["propertyNames"]) for each in writer.parts if "propertyNames" in each.raw]
            why = f"The {self.reader} schema allows fewer names of properties than the {self.writer} one."
            pair = (self.nodes.of(part.home, part.raw["propertyNames"]), self.nodes.all_of(names))
            yield Need((), [pair], "json-schema/property-names-narrowed", why)
        if {"properties", "patternProperties", "additionalProperties"} & part.raw.keys():
            yield from self._needs_of_properties(part, writer)
            yield from self._needs_of_others(part, writer)

    def _needs_of_dependencies(self, part: Part, writer: Node, required: set[str]) -> Iterator[Need[Node]]:
        for keyword in ("dependencies", "dependentRequired", "dependentSchemas"):
            written = [(each, _dict(each.raw.get(keyword))) for each in writer.parts]
            for name, asked in _dict(part.raw.get(keyword)).items():
                same = [(each, said[name]) for each, said in written if name in said]
                if isinstance(asked, list):
                    known = required.union(*(_names(said) for _, said in same))
                    lost = [each for each in _names(asked) if each not in known]
                    of = [(self.nodes.all_of(()), self.nodes.all_of(()))] if not lost else []
                else:
                    reader = self.nodes.of(part.home, asked)
                    of = [(reader, writer), *((reader, self.nodes.all_of([each])) for each in same)]
                why = (
                    f"An object with {name} has to have more by the {self.reader} schema than by the {self.writer} one."
                )
                yield Need((_step(name),), of, "json-schema/dependency-added", why)

    def _needs_of_properties(self, part: Part, writer: Node) -> Iterator[Need[Node]]:
        own = _dict(part.raw.get("properties"))
        written = {name: None for each in writer.values("properties") for name in _dict(each)}
        for name in {**written, **own}:
            reader = self.nodes.all_of(json_facts.property_of(part, name, self.patterns, unsure=True))
            theirs = [where for each in writer.parts for where in json_facts.property_of(each, name, self.patterns)]
            path = (_step(name),)
            pair = (reader, self.nodes.all_of(theirs))
            if name not in own and not json_facts.types_of(reader):
                why = (
                    f"The {self.writer} schema allows {name}, the {self.reader} one neither lists it nor allows others."
                )
                yield Need(path, [pair], "json-schema/property-removed-from-closed", why)
            elif name not in written and not theirs:
                why = f"The {self.writer} schema allows anything as {name}, since it does not forbid other properties."
                yield Need(path, [pair], "json-schema/property-added-to-open", why)
            else:
                yield Need(path, [pair])

    def _needs_of_others(self, part: Part, writer: Node) -> Iterator[Need[Node]]:
        """Properties that are listed by no name: by a pattern, or not at all."""
        own = _dict(part.raw.get("patternProperties"))
        theirs: dict[str, list[Where]] = {}
        for each in writer.parts:
            for pattern, raw in _dict(each.raw.get("patternProperties")).items():
                theirs.setdefault(pattern, []).append((each, raw))
        others = [
            (each, each.raw["additionalProperties"]) for each in writer.parts if "additionalProperties" in each.raw
        ]
        rest = part.raw.get("additionalProperties", ANYTHING)
        why = f"The {self.writer} schema allows more than the {self.reader} one in properties that are not listed."
        said = all(isinstance(each, dict) and each for each in (rest, *(raw for _, raw in others[:1]))) and others
        rule = "" if said else "json-schema/additional-properties-narrowed"
        yield Need((".*",), [(self.nodes.of(part.home, rest), self.nodes.all_of(others))], rule, why)
        for pattern in {**own, **theirs}:
            reader = self.nodes.of(part.home, own.get(pattern, rest))
            why = f"Properties like {shown(pattern, 80)} may be more by the {self.writer} schema than by the {self.reader} one."
            pair = (reader, self.nodes.all_of(theirs.get(pattern, others)))
            yield Need((".*",), [pair], "json-schema/pattern-properties-narrowed", why)

    # -- remarks -----------------------------------------------------------------------------------------------------

    def remarks(self, reader: Node, writer: Node) -> Iterator[Remark]:
        for keyword in ("default", "format"):
            now, was = ([json_facts.key_of(each) for each in node.values(keyword)] for node in (reader, writer))
            if len(writer.parts) == len(reader.parts) == 1 and now != was:
                shown_now, shown_was = (b", ".join(each).decode() or "none" for each in (now, was))
                why = f"The {self.writer} schema has the {keyword} {shown_was}, the {self.reader} one {shown_now}."
                yield f"json-schema/{keyword}-changed", why, ()


_OF_NUMBERS = {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"}
_OPAQUE = (
    ("not",), ("if", "then", "else"), ("contains", "minContains", "maxContains"), ("unevaluatedProperties",),
    ("unevaluatedItems",), ("$dynamicRef",), ("$recursiveRef",),
)  # fmt: skip


def _types(types: Iterable[str]) -> str:
    listed = set(types)
    if {"integer", FRACTION} <= listed:
        listed = listed - {"integer", FRACTION} | {"number"}
    return ", ".join("number with a fraction" if each == FRACTION else each for each in sorted(listed)) or "nothing"


def _listed(values: Sequence[Any]) -> str:
    return ", ".join(shown(each, 40) for each in values[:5]) + (
        f" and {len(values) - 5} more" if len(values) > 5 else ""
    )


def _bound(bound: Bound | None) -> str:
    if bound is None:
        return "none"
    return f"{float(bound.number):g}{' (exclusive)' if bound.is_out else ''}"


def _steps(node: Node) -> list[Fraction]:
    return [Fraction(str(each)) for each in node.values("multipleOf") if type(each) in (int, float) and each > 0]


def _sizes_of(node: Node, keyword: str) -> list[int]:
    return [int(each) for each in node.values(keyword) if type(each) in (int, float)]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _names(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _step(name: str) -> str:
    return f".{name}" if name.isidentifier() else f"[{name!r}]"
