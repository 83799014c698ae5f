"""The fast yes: an example with its rules, compiled to one function that says whether a document certainly matches.

It says yes only where `rules.compare` finds nothing; of any other document it says that it does not know. Most of an
example are objects, arrays of like items, and scalars under one plain rule: tests of those stand in the function itself.
Whatever is not understood exactly is left to the comparison, subtree by subtree.

The function is written as Python source, which measured faster than functions within functions, and than a validator of
pydantic-core's. The source is made of words of this file and numbered names: keys, values and rules of a pact are bound
to such names and never stand in it.
"""

import enum
import functools
import itertools
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from msgpact.model import MatchingRule, RuleSet
from msgpact.rules import natives, patterns
from msgpact.rules.compare import Array, Container, Object, differs
from msgpact.rules.matchers import (
    EQUALITY,
    JSON,
    KINDS,
    MATCHERS,
    SCALARS,
    Check,
    anything,
    equality,
    kind_of,
    on_text,
    prepared,
    same,
    size,
)
from msgpact.rules.paths import Position

__all__ = ["Answer", "Known", "Plan", "compiled"]


class Answer(enum.Enum):
    """What a plan says of a document."""

    YES = "it certainly matches"
    UNLESS_NEGATIVE_ZERO = "it certainly matches, unless an integer 0 in it is written -0, which is a decimal"
    UNKNOWN = "it must be compared"


Plan = Callable[[object], Answer]
"""Of a document as orjson reads it, which is with the integer 0 for `-0`."""

MOST = 1000
"""Values that a plan may test, at some 15 µs each to compile; larger examples are compared."""

DEEPEST, LOOPS, MANY = 32, 8, 64
"""Containers within containers that a plan looks into; loops within loops, of which Python allows 20; items of an array."""


class _Each(NamedTuple):
    """A loop, with what is tested of every item."""

    head: str
    tests: "_Tests"


_Tests = list[str | _Each]
"""What is to be true of a value: expressions that hold no `or` outside parentheses, and loops."""


Known = frozenset[type] | dict[str, "Known"] | list["Known"] | None
"""What is sure of a value before it is looked at: the types that a scalar may be of, an object with (at least) those keys, an
array of such items; None where nothing is."""


def compiled(
    expected: object, rules: Position, *, checks: Mapping[str, Check] | None = None, known: Known = None
) -> Plan | None:
    """The plan for messages that are like an example; None where it would only be the comparison again.

    Args:
        expected: The example; neither it nor the rules may be changed later.
        rules: The root under the rules of the body.
        checks: What rules do on scalars, where the documents are not JSON that orjson read: none of that is less than what
            they do in JSON. There an integer 0 is what it is, and UNLESS_NEGATIVE_ZERO as good as YES.
        known: What is sure of all documents, of such a kind: it is not tested.
    """
    writer = _Writer(is_json=checks is None)
    try:
        tests = writer.value(expected, rules, 0, "v0", known)
    except (_TooLarge, RecursionError):
        return None
    if tests == writer.compared(expected, rules, 0, "v0"):
        return None
    source = [
        "def plan(v0):",
        " zero = False",
        " try:",
        "  pass",
        *_indented(_indented(_statements(tests))),
        " except GIVEN_UP:",
        "  return UNKNOWN",
        " return UNLESS_NEGATIVE_ZERO if zero else YES",
    ]
    names = {
        **_NAMES,
        **writer.names,
        "differs": differs if checks is None else functools.partial(differs, checks=checks),
    }
    exec(compile("\n".join(source), "<a plan of msgpact>", "exec"), names)  # noqa: S102  (of what, is said above)
    return cast(Plan, names.pop("plan"))  # else the function would hold itself


_NAMES: dict[str, object] = {
    "YES": Answer.YES,
    "UNLESS_NEGATIVE_ZERO": Answer.UNLESS_NEGATIVE_ZERO,
    "UNKNOWN": Answer.UNKNOWN,
    "GIVEN_UP": (KeyError, patterns.TooSlow, RecursionError),  # a key that is missing; what the comparison reports
    "__builtins__": {"KeyError": KeyError, "len": len, "map": map, "type": type},
}


def _statements(tests: _Tests) -> Iterator[str]:
    """Lines that return UNKNOWN unless all is true."""
    for is_loop, group in itertools.groupby(tests, key=lambda test: isinstance(test, _Each)):
        if not is_loop:  # one expression compiles faster than many
            yield f"if not ({' and '.join(map(str, group))}): return UNKNOWN"
            continue
        for loop in group:
            assert isinstance(loop, _Each)
            yield loop.head
            yield from _indented(_statements(loop.tests))


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f" {line}" for line in lines)


_HAS_ZERO = "(zero := True)"
_NATIVES = frozenset(natives.KINDS)

# These look at the whole container, or below it in other ways than along the example.
_IN_THEIR_OWN_WAY = frozenset({"equality", "values", "eachKey", "eachValue", "arrayContains"})


class _TooLarge(Exception):
    """The example takes more tests than a plan may hold."""


class _Writer:
    """The tests of an example.

    The value at a depth is always called `v{depth}`, and equal constants have one name: values are tested in the same
    way if their tests are equal. Each function is given an expression that *gets* the value and, before a second look at
    it, gives it its name.
    """

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json
        self.names: dict[str, object] = {}
        self._known: dict[Hashable, str] = {}
        self._held: list[object] = []
        self._values = 0
        self._loops = 0

    def constant(self, value: object) -> str:
        """The name of a key, a scalar, a type or a set of types; 1, 1.0 and True have three."""
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

    def value(self, expected: object, here: Position, depth: int, gets: str, known: Known) -> _Tests:
        """What is true of a value only if it certainly matches."""
        self._values += 1
        if self._values > MOST:
            raise _TooLarge
        tests = None
        if type(expected) in SCALARS:
            tests = self.scalar(expected, here.rules, f"v{depth}", gets, known)
        elif depth < DEEPEST and (here.rules is None or _along_the_example(here.rules)):
            if type(expected) is dict and not here.free_keys:
                tests = self.along_keys(expected, here, depth, gets, known)
            elif type(expected) is list:
                tests = self.along_items(expected, here, depth, gets, known)
        return self.compared(expected, here, depth, gets) if tests is None else tests

    def compared(self, expected: object, here: Position, depth: int, gets: str) -> _Tests:
        """The comparison itself; what it looks at may hold an integer 0."""
        return [f"not differs({self.bound(expected)}, {gets}, {self.bound(here)}, {depth})", _HAS_ZERO]

    # -- scalars ---------------------------------------------------------------------------------------------------

    def scalar(self, expected: object, rules: RuleSet | None, v: str, gets: str, known: Known) -> _Tests | None:
        """The tests of a scalar; None where it must be compared."""
        kinds = self.kinds(expected, rules)
        if self.is_sure(kinds, known):
            return []
        if kinds is not None and self.minds_zero(kinds):
            if isinstance(known, frozenset) and known <= kinds:
                return [f"({gets.removeprefix(f'{v} := ')} or {_HAS_ZERO})"]
            return [self.is_of(kinds, v, gets), f"({v} or {_HAS_ZERO})"]
        if kinds is not None:  # most values: one look at them needs no name
            return [self.is_of(kinds, v, gets.removeprefix(f"{v} := ") if len(kinds) == 1 else gets)]
        matchers = _EQUALITY if rules is None else rules.matchers
        each = [self.meets(rule, expected, v, v if index else gets) for index, rule in enumerate(matchers)]
        if None in each or not each:
            return None
        tests: _Tests = [f"({_OPERATORS[rules.combine if rules else 'AND'].join(map(str, each))})"]
        is_text = type(expected) is str and len(each) == 1  # several rules may be met by numbers too
        return tests if is_text or not self.is_json else [*tests, f"({v} or {_HAS_ZERO})"]

    def kinds(self, expected: object, rules: RuleSet | None) -> frozenset[type] | None:
        """As `_kinds`, but for those that cannot come in JSON."""
        kinds = _kinds(expected, rules)
        return kinds if kinds is None or not self.is_json else kinds - _NATIVES

    def is_sure(self, kinds: frozenset[type] | None, known: Known) -> bool:
        """Whether what is known of a scalar says that it is of one of the types."""
        return kinds is not None and not self.minds_zero(kinds) and isinstance(known, frozenset) and known <= kinds

    def minds_zero(self, kinds: frozenset[type]) -> bool:
        """Whether it counts which kind of number a zero is, and it may not be what it seems."""
        return self.is_json and int in kinds and float not in kinds

    def is_of(self, kinds: frozenset[type], v: str, gets: str) -> str:
        first, *others = (self.constant(kind) for kind in _in_order(kinds))
        return f"({' or '.join([f'type({gets}) is {first}', *(f'type({v}) is {other}' for other in others)])})"

    def meets(self, rule: MatchingRule, expected: object, v: str, gets: str) -> str | None:
        """Whether a value like the example meets one rule, by the function that the comparison calls for it, if any."""
        kinds = self.kinds(expected, RuleSet((rule,)))
        if kinds is not None:
            return self.is_of(kinds, v, gets)
        is_like_it, check = f"type({gets}) is {self.constant(type(expected))}", JSON.get(rule.match)
        if check is equality:
            return f"({is_like_it} and {v} == {self.constant(expected)})"
        if type(expected) is not str or check is None:
            return None
        met = on_text(rule)
        if met is not None:
            return f"({is_like_it} and {self.bound(met, rule)}({v}))"
        return f"({is_like_it} and {self.bound(prepared(rule), rule)}({self.constant(expected)}, {v}) is None)"

    # -- containers ------------------------------------------------------------------------------------------------

    def along_keys(self, expected: Object, here: Position, depth: int, gets: str, known: Known) -> _Tests | None:
        v, below = f"v{depth}", f"v{depth + 1}"
        itself = self.itself(expected, here, v)
        if itself is None or not all(type(key) is str for key in expected):
            return None
        sure = known if isinstance(known, dict) else {}
        tests: _Tests = itself
        for key, value in expected.items():
            gets_it = f"{below} := {v}[{self.constant(key)}]"
            tests += self.value(value, here.below(key), depth + 1, gets_it, sure.get(key))
        return self.found(gets, dict, tests, is_sure=isinstance(known, dict))

    def found(self, gets: str, kind: type, tests: _Tests, *, is_sure: bool) -> _Tests:
        """The tests of a container behind the one of its type, or where that is sure behind its name."""
        if not is_sure:
            return [f"type({gets}) is {self.constant(kind)}", *tests]
        return [f"({gets}) is not None", *tests] if tests else []  # it always is

    def along_items(self, expected: Array, here: Position, depth: int, gets: str, known: Known) -> _Tests | None:
        v, below = f"v{depth}", f"v{depth + 1}"
        itself = self.itself(expected, here, v)
        if itself is None or self._loops == LOOPS or len(expected) > MANY:
            return None
        of_item = known[0] if isinstance(known, list) and known else None
        tests: _Tests = itself
        if not expected:
            return self.found(gets, list, tests, is_sure=isinstance(known, list))
        self._loops += 1
        items: list[_Tests] = []
        for index, value in enumerate(expected):
            if index and not here.differs_by_key and (value is expected[0] or same(value, expected[0])):
                items.append(items[0])
            else:
                items.append(self.value(value, here.below(str(index)), depth + 1, below, of_item))
        self._loops -= 1
        stretched = here.rules is not None
        if all(item == items[0] for item in items) and not (stretched and here.differs_by_key):
            if items[0] or not isinstance(known, list):
                tests += self.each(expected[0], here.below("0"), v, _Each(f"for {below} in {v}:", items[0]), of_item)
            return self.found(gets, list, tests, is_sure=isinstance(known, list))
        if stretched:
            return None
        for index, item in enumerate(items):
            tests += [f"[{below} := {v}[{index}]]", *item]
        return self.found(gets, list, tests, is_sure=isinstance(known, list))

    def each(self, expected: object, here: Position, v: str, loop: _Each, known: Known) -> _Tests:
        """The same tests of every item; types alone are tested without a loop of Python's."""
        kinds = self.kinds(expected, here.rules)
        if self.is_sure(kinds, known):
            return []
        if kinds is None:
            return [loop]
        return [f"{self.constant(kinds)}.issuperset(map(type, {v}))", *([_HAS_ZERO] if self.minds_zero(kinds) else [])]

    def itself(self, expected: Container, here: Position, v: str) -> _Tests | None:
        """The tests of a container but for what lies below it; None where it must be compared."""
        rules = here.rules
        if rules is None:
            return [] if type(expected) is dict else [f"len({v}) == {len(expected)}"]
        rule = rules.matchers[0]
        row = MATCHERS.get(rule.match)
        if row is None:
            return None
        check = row.on_object if type(expected) is dict else row.on_array
        if check is size:
            return _sizes(rule, v) if here.sits else []
        return [] if check is anything else None


def _along_the_example(rules: RuleSet) -> bool:
    """Whether it is one rule, under which a container is compared item by item with the example."""
    return len(rules.matchers) == 1 and rules.matchers[0].match not in _IN_THEIR_OWN_WAY


_OPERATORS = {"AND": " and ", "OR": " or "}
_EQUALITY = (EQUALITY,)
_OF_A_KIND = {one: frozenset(each for each in SCALARS if kind_of(each) == kind_of(one)) for one in SCALARS}


def _kinds(expected: object, rules: RuleSet | None) -> frozenset[type] | None:
    """The types of which a scalar meets the rules whatever its value is; None where its value counts, or the rules do."""
    if type(expected) not in SCALARS or rules is None:
        return None
    kinds = [_OF_A_KIND[type(expected)] if rule.match == "type" else KINDS.get(rule.match) for rule in rules.matchers]
    found = frozenset[type]()
    for index, each in enumerate(kinds):
        if each is None:
            return None
        found = each if not index else found & each if rules.combine == "AND" else found | each
    return found or None


def _in_order(kinds: frozenset[type]) -> list[type]:
    """Integers before decimals."""
    return sorted(kinds, key=lambda kind: kind.__name__, reverse=True)


def _sizes(rule: MatchingRule, v: str) -> _Tests:
    """As `matchers.size` says."""
    least, most = rule.attributes.get("min"), rule.attributes.get("max")
    at_least: _Tests = [f"len({v}) >= {least:d}"] if isinstance(least, int) else []
    return at_least + ([f"len({v}) <= {most:d}"] if isinstance(most, int) else [])
