"""The fast yes: an example with its rules, compiled to one function that says whether a document certainly matches.

It says yes only where `rules.compare` finds nothing; of any other document it says that it does not know. Most of an
example are objects, arrays of like items, and scalars under one plain rule: tests of those stand in the function itself.
Whatever is not understood exactly is left to the comparison, subtree by subtree.

The function is written as Python source, which measured faster than functions within functions, and than a validator of
pydantic-core's. The source is made of words of this file and numbered names: keys, values and rules of a pact are bound
to such names and never stand in it.
"""

import enum
from collections.abc import Callable, Hashable
from typing import cast

from msgpact.model import MatchingRule, RuleSet
from msgpact.rules import patterns
from msgpact.rules.compare import Array, Container, Object, differs
from msgpact.rules.matchers import (
    JSON,
    KINDS,
    MATCHERS,
    SCALARS,
    Check,
    a_kind,
    anything,
    equality,
    on_text,
    prepared,
    size,
)
from msgpact.rules.paths import Position

__all__ = ["Answer", "Plan", "compiled"]


class Answer(enum.Enum):
    """What a plan says of a document."""

    YES = "it certainly matches"
    UNLESS_NEGATIVE_ZERO = "it certainly matches, unless an integer 0 in it is written -0, which is a decimal"
    UNKNOWN = "it must be compared"


Plan = Callable[[object], Answer]
"""Of a document as orjson reads it, which is with the integer 0 for `-0`."""

MOST = 1000
"""Tests that a plan may hold, of some 20 µs each to compile; larger examples are compared."""

DEEPEST, LOOPS, MANY = 32, 8, 64
"""Containers within containers that a plan looks into; loops within loops, of which Python allows 20; items of an array."""

Lines = list[str]


def compiled(expected: object, rules: Position) -> Plan | None:
    """The plan for messages that are like an example; None where it would only be the comparison again.

    Args:
        expected: The example; neither it nor the rules may be changed later.
        rules: The root under the rules of the body.
    """
    writer = _Writer()
    try:
        lines = writer.value(expected, rules, 0)
    except _TooLarge:
        return None
    if lines == writer.compared(expected, rules, 0):
        return None
    source = [
        "def plan(v0):",
        " zero = False",
        " try:",
        *(f"  {line}" for line in lines),
        " except GIVEN_UP:",
        "  return UNKNOWN",
        " return UNLESS_NEGATIVE_ZERO if zero else YES",
    ]
    names = {**_NAMES, **writer.names}
    exec(compile("\n".join(source), "<a plan of msgpact>", "exec"), names)  # noqa: S102  (of what, is said above)
    return cast(Plan, names.pop("plan"))  # else the function would hold itself


_NAMES: dict[str, object] = {
    "YES": Answer.YES,
    "UNLESS_NEGATIVE_ZERO": Answer.UNLESS_NEGATIVE_ZERO,
    "UNKNOWN": Answer.UNKNOWN,
    "GIVEN_UP": (KeyError, patterns.TooSlow, RecursionError),  # a key that is missing; what the comparison reports
    "differs": differs,
}

_INTEGER = frozenset({int})
_ZERO = "zero = True"

# These look at the whole container, or below it in other ways than along the example.
_IN_THEIR_OWN_WAY = frozenset({"equality", "values", "eachKey", "eachValue", "arrayContains"})


class _TooLarge(Exception):
    """The example takes more tests than a plan may hold."""


class _Writer:
    """The tests of an example, as lines of source.

    The value at a depth always has the same name, and so have equal constants: tests are the same if their lines are.
    """

    def __init__(self) -> None:
        self.names: dict[str, object] = {}
        self._known: dict[Hashable, str] = {}
        self._held: list[object] = []
        self._tests = 0
        self._loops = 0

    def constant(self, value: object) -> str:
        """The name of a key, a scalar, a type or a set of types; 1, 1.0 and True have three."""
        assert isinstance(value, Hashable)
        return self._named((type(value), value), value)

    def bound(self, value: object, of: object = None) -> str:
        """The name of anything else, known by the object that it is *of*, or by itself."""
        of = value if of is None else of
        self._held.append(of)  # else another object may come to have its id
        return self._named(id(of), value)

    def _named(self, known_by: Hashable, value: object) -> str:
        name = self._known.get(known_by)
        if name is None:
            name = self._known[known_by] = f"c{len(self._known)}"
            self.names[name] = value
        return name

    # -- any value -------------------------------------------------------------------------------------------------

    def value(self, expected: object, here: Position, depth: int) -> Lines:
        """What gives up unless the value called `v{depth}` certainly matches."""
        self._tests += 1
        if self._tests > MOST:
            raise _TooLarge
        lines = None
        if type(expected) in SCALARS:
            lines = self.scalar(expected, here.rules, f"v{depth}")
        elif depth < DEEPEST and (here.rules is None or _along_the_example(here.rules)):
            if type(expected) is dict and not here.free_keys:
                lines = self.along_keys(expected, here, depth)
            elif type(expected) is list:
                lines = self.along_items(expected, here, depth)
        return self.compared(expected, here, depth) if lines is None else lines

    def compared(self, expected: object, here: Position, depth: int) -> Lines:
        """The comparison itself; what it looks at may hold an integer 0."""
        differs = f"differs({self.bound(expected)}, v{depth}, {self.bound(here)}, {depth})"
        return [_unless(f"not {differs}"), _ZERO]

    # -- scalars ---------------------------------------------------------------------------------------------------

    def scalar(self, expected: object, rules: RuleSet | None, v: str) -> Lines | None:
        """The tests of a scalar; None where it must be compared."""
        kinds = _kinds(expected, rules)
        if kinds is not None:
            either = " or ".join(f"type({v}) is {self.constant(kind)}" for kind in _in_order(kinds))
            return [_unless(either), *([f"if not {v}: {_ZERO}"] if kinds == _INTEGER else [])]
        if rules is None or _checks(rules, equality):
            same = f"type({v}) is {self.constant(type(expected))} and {v} == {self.constant(expected)}"
            return [_unless(same), *([_ZERO] if type(expected) is int and expected == 0 else [])]
        if type(expected) is str and len(rules.matchers) == 1 and rules.matchers[0].match in JSON:
            return [_unless(f"type({v}) is {self.constant(str)} and {self.is_met(rules, expected, v)}")]
        return None

    def is_met(self, rules: RuleSet, expected: str, v: str) -> str:
        """Whether a string meets one rule, by the function that the comparison calls for it."""
        rule = rules.matchers[0]
        met = on_text(rule)
        if met is not None:
            return f"{self.bound(met, rules)}({v})"
        return f"{self.bound(prepared(rule), rules)}({self.constant(expected)}, {v}) is None"

    # -- containers ------------------------------------------------------------------------------------------------

    def along_keys(self, expected: Object, here: Position, depth: int) -> Lines | None:
        v, below = f"v{depth}", f"v{depth + 1}"
        itself = self.itself(expected, here, v)
        if itself is None or not all(type(key) is str for key in expected):
            return None
        lines = [_unless(f"type({v}) is {self.constant(dict)}"), *itself]
        for key, value in expected.items():
            lines.append(f"{below} = {v}[{self.constant(key)}]")
            lines += self.value(value, here.below(key), depth + 1)
        return lines

    def along_items(self, expected: Array, here: Position, depth: int) -> Lines | None:
        v, below = f"v{depth}", f"v{depth + 1}"
        itself = self.itself(expected, here, v)
        if itself is None or self._loops == LOOPS or len(expected) > MANY:
            return None
        lines = [_unless(f"type({v}) is {self.constant(list)}"), *itself]
        if not expected:
            return lines
        self._loops += 1
        items = [self.value(value, here.below(str(index)), depth + 1) for index, value in enumerate(expected)]
        self._loops -= 1
        stretched = here.rules is not None
        if all(item == items[0] for item in items) and not (stretched and here.differs_by_key):
            return lines + self.each(expected[0], here.below("0"), v, below, items[0])
        if stretched:
            return None
        for index, item in enumerate(items):
            lines += [f"{below} = {v}[{index}]", *item]
        return lines

    def each(self, expected: object, here: Position, v: str, below: str, lines: Lines) -> Lines:
        """The same test of every item; types alone are tested without a loop of Python's."""
        kinds = _kinds(expected, here.rules)
        if kinds is None:
            return [f"for {below} in {v}:", *(f" {line}" for line in lines)]
        return [_unless(f"{self.constant(kinds)}.issuperset(map(type, {v}))"), *([_ZERO] if kinds == _INTEGER else [])]

    def itself(self, expected: Container, here: Position, v: str) -> Lines | None:
        """The tests of a container but for what lies below it; None where it must be compared."""
        rules = here.rules
        if rules is None:
            return [] if type(expected) is dict else [_unless(f"len({v}) == {len(expected)}")]
        rule = rules.matchers[0]
        row = MATCHERS.get(rule.match)
        if row is None:
            return None
        check = row.on_object if type(expected) is dict else row.on_array
        if check is size:
            return _sizes(rule, v) if here.sits else []
        return [] if check is anything else None


def _unless(test: str) -> str:
    return f"if not ({test}): return UNKNOWN"


def _along_the_example(rules: RuleSet) -> bool:
    """Whether it is one rule, under which a container is compared item by item with the example."""
    return len(rules.matchers) == 1 and rules.matchers[0].match not in _IN_THEIR_OWN_WAY


def _checks(rules: RuleSet, check: Check) -> bool:
    """Whether it is one rule that makes that check of a scalar."""
    return len(rules.matchers) == 1 and JSON.get(rules.matchers[0].match) is check


def _kinds(expected: object, rules: RuleSet | None) -> frozenset[type] | None:
    """The types of which a scalar meets the rules whatever its value is; None where its value counts, or the rules do."""
    if type(expected) not in SCALARS or rules is None or len(rules.matchers) != 1:
        return None
    if rules.matchers[0].match != "type":
        return KINDS.get(rules.matchers[0].match)
    return frozenset(kind for kind in SCALARS if a_kind(kind()) == a_kind(expected))


def _in_order(kinds: frozenset[type]) -> list[type]:
    """Integers before decimals."""
    return sorted(kinds, key=lambda kind: kind.__name__, reverse=True)


def _sizes(rule: MatchingRule, v: str) -> Lines:
    least, most = rule.attributes.get("min"), rule.attributes.get("max")
    lines = [_unless(f"len({v}) >= {least:d}")] if isinstance(least, int) else []
    return lines + ([_unless(f"len({v}) <= {most:d}")] if isinstance(most, int) else [])
