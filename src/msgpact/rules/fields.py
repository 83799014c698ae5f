"""Lists of text by name: header values, query parameters, the fields of forms; taken apart and compared.

A rule is about all values of its name, or about one of them (`name[1]`, `name[*]`). As in an array of a body, a rule
about all of them frees their number; without one they are compared in their order. A single value is a list of one, also
for `eachValue`, `arrayContains` and sizes, which the reference applies to a single header's text instead.
"""

import re
from collections.abc import Callable, Iterator, Mapping

from msgpact.model import MatchingRule, RuleSet
from msgpact.results import Mismatch
from msgpact.rules import content_types, paths
from msgpact.rules.compare import Failure, failures, rules_of, variants_of
from msgpact.rules.matchers import EQUALITY, MATCHERS, TEXT, in_words

__all__ = [
    "Field",
    "Values",
    "equal_queries",
    "equal_texts",
    "field_name",
    "header_values",
    "query_values",
    "shown",
]

Values = tuple[str, ...]

_LISTS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "access-control-allow-headers",
        "access-control-allow-methods",
        "access-control-expose-headers",
        "access-control-request-headers",
        "allow",
        "cache-control",
        "if-match",
        "if-none-match",
        "vary",
    }
)
"""Headers that the reference splits at their commas; others, such as dates, may hold commas of their own."""

_WITH_PARAMETERS = frozenset({"accept", "content-type"})


# -- taken apart -----------------------------------------------------------------------------------------------------


def header_values(name: str, text: str) -> Values:
    """The values in one line of a header."""
    if name.lower() in _LISTS:
        return tuple(each.strip() for each in text.split(","))
    return (text.strip(),)


def query_values(query: str) -> dict[str, Values]:
    """The values of each parameter of a query, in their order; one without `=` has an empty value."""
    import urllib.parse

    found: dict[str, list[str]] = {}
    # What is percent-encoded and no UTF-8 stays told apart, and can be shown.
    for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True, errors="backslashreplace"):
        found.setdefault(name, []).append(value)
    return {name: tuple(values) for name, values in found.items()}


# -- compared without a rule -----------------------------------------------------------------------------------------


def equal_texts(_: str, expected: str, actual: str) -> bool:
    """Whether two values of a query parameter are equal."""
    return expected == actual


def equal_queries(expected: str, actual: str) -> bool:
    """Whether two queries are equal as version 1.0 compares them: the same text, however it is percent-encoded."""
    return _decoded(expected) == _decoded(actual)


def _decoded(query: str) -> list[str]:
    import urllib.parse

    return [urllib.parse.unquote_plus(each, errors="backslashreplace") for each in query.split("&")]


def equal_headers(name: str, expected: str, actual: str) -> bool:
    """Whether two values of a header are equal: white space around commas, and parameters not stated, do not count."""
    if name.lower() in _WITH_PARAMETERS:
        return content_types.parameters_fit(expected, actual)
    return [each.strip() for each in expected.split(",")] == [each.strip() for each in actual.split(",")]


# -- compared under rules --------------------------------------------------------------------------------------------

_LIST_RULES = frozenset({"arrayContains", "eachValue"})

_INDEXED = re.compile(r"(.+)\[(?:([0-9]+)|\*)\]", re.DOTALL)


def _tokens(key: str) -> tuple[paths.Token, ...]:
    """A key of the rules as name and index. Most tools write the bare name, which may hold anything."""
    if key.startswith("$"):
        try:
            return paths.parse(key)
        except paths.PathError:
            return (key,)
    match = _INDEXED.fullmatch(key)
    return (key,) if match is None else (match[1], match[2] or paths.Wildcard.ITEM)


def field_name(key: str) -> str:
    """The header or parameter that a key of the rules or generators is about."""
    name = _tokens(key)[:1]
    return name[0] if name and isinstance(name[0], str) else key


Nearest = Callable[[int], tuple[RuleSet | None, bool]]
"""The rules about one of the values, by its index, and whether they sit there."""


class Field:
    """A list of text, as it is compared.

    Attributes:
        part: What mismatches call it: `header`, `query`, `contents`.
        path: Where it is, in their words; of one of several values `path[index]`.
        whole: The rules about all values, which free how many there are.
        sits: Whether they sit there; else they are inherited from above, and sizes do not count.
        nearest: The rules about one value.
        equal: Whether two values are equal, where no rule says more; given the path.
    """

    __slots__ = ("equal", "nearest", "part", "path", "sits", "whole")

    def __init__(
        self,
        part: str,
        path: str,
        whole: RuleSet | None,
        sits: bool,
        nearest: Nearest,
        equal: Callable[[str, str, str], bool],
    ) -> None:
        self.part, self.path, self.whole, self.sits, self.nearest, self.equal = part, path, whole, sits, nearest, equal

    @classmethod
    def header(cls, name: str, rules: Mapping[str, RuleSet]) -> "Field":
        """A header, whose name counts in any case. A rule about all values goes before one about one, as in the reference."""
        whole, items = _found(rules, name, str.lower)
        return cls("header", name, whole, True, lambda index: (whole or _of_index(items, index), True), equal_headers)

    @classmethod
    def parameter(cls, name: str, rules: Mapping[str, RuleSet]) -> "Field":
        """A parameter of a query."""
        whole, items = _found(rules, name, str)
        return cls("query", name, whole, True, lambda index: (_of_index(items, index) or whole, True), equal_texts)

    def compare(self, expected: Values, actual: Values) -> Iterator[Mismatch]:
        """Every mismatch of the values that came; at least one did."""
        if self.whole is not None:
            yield from self._under(self.whole, expected, actual)
        elif len(expected) != len(actual):
            wanted = "no value" if not expected else f"{len(expected)} value{'s' if len(expected) > 1 else ''}"
            yield self._mismatch((wanted, f"it has {len(actual)}", None), shown(expected), shown(actual))
        else:
            yield from self._items(self.nearest, expected, actual)

    def _mismatch(self, failure: Failure, expected: object, actual: object, index: int | None = None) -> Mismatch:
        words, reason, rule = failure
        path = self.path if index is None else f"{self.path}[{index}]"
        return Mismatch(path, words, expected, actual, self.part, reason, rule)

    def _under(self, rules: RuleSet, expected: Values, actual: Values) -> Iterator[Mismatch]:
        """Mismatches under rules about all values: all of the rules must be met, or one of them."""
        found = [
            list(self._each_variant(rule, expected, actual))
            if rule.match == "arrayContains"
            else list(self._items(_everywhere(RuleSet(rules_of(rule))), expected, actual))
            for rule in rules.matchers
            if rule.match in _LIST_RULES
        ]
        plain = tuple(rule for rule in rules.matchers if rule.match not in _LIST_RULES)
        if plain:
            found.append(list(self._plainly(RuleSet(plain, rules.combine), expected, actual)))
        if rules.combine == "AND" or len(found) == 1:
            for each in found:
                yield from each
        elif all(found):
            words = " or ".join(in_words(rule) for rule in rules.matchers)
            yield self._mismatch((words, "", rules.matchers[0]), shown(expected), shown(actual))

    def _plainly(self, rules: RuleSet, expected: Values, actual: Values) -> Iterator[Mismatch]:
        """Mismatches of the list itself, else of its values, each of which meets all of the rules or one of them."""
        of_it = [rule for rule in rules.matchers if self.sits or rule.match != "type"]
        failed = [each for rule in of_it if (each := _of_the_list(rule, expected, actual)) is not None]
        if failed and (rules.combine == "AND" or len(failed) == len(rules.matchers)):
            for failure in failed:
                yield self._mismatch(failure, shown(expected), shown(actual))
        else:
            nearest = self.nearest if rules == self.whole else _everywhere(rules)
            yield from self._items(nearest, expected, actual)

    def _items(self, nearest: Nearest, expected: Values, actual: Values) -> Iterator[Mismatch]:
        """Mismatches of the values; those beyond the example are compared with its first one."""
        several = len(expected) > 1 or len(actual) > 1
        for index, came in enumerate(actual if expected else ()):
            value = expected[index] if index < len(expected) else expected[0]
            rules, sits = nearest(index)
            if rules is None and self.equal(self.path, value, came):
                continue
            for failure in failures(rules, value, came, TEXT, inherited=not sits):
                yield self._mismatch(failure, value, came, index if several else None)

    def _each_variant(self, rule: MatchingRule, expected: Values, actual: Values) -> Iterator[Mismatch]:
        for variant in variants_of(rule, len(expected)):
            words = f"a value like variant {variant.index}"
            if variant.index >= len(expected):
                yield self._mismatch((words, "the example has none", rule), shown(expected), shown(actual))
                continue
            rules = RuleSet((EQUALITY,)) if variant.rules is None else paths.root(variant.rules).rules
            value = expected[variant.index]
            if all(failures(rules, value, came, TEXT) for came in actual):
                yield self._mismatch((words, "no value matches it", rule), value, shown(actual))


def _found(
    rules: Mapping[str, RuleSet], name: str, folded: Callable[[str], str]
) -> tuple[RuleSet | None, dict[paths.Token, RuleSet]]:
    """The rules of a name: about all of its values, and about one of them. What is spelled exactly so goes first."""
    wanted, whole, items = folded(name), None, {}
    for key, rule_set in rules.items():
        if not rule_set.matchers:  # an empty list of matchers is no rule
            continue
        match _tokens(key):
            case _ if folded(key) == wanted:
                whole = rule_set
            case (str() as its_name,) if folded(its_name) == wanted:
                whole = whole or rule_set
            case (str() as its_name, index) if folded(its_name) == wanted:
                items[index] = rule_set
    return whole, items


def _fits(index: int) -> tuple[paths.Token, ...]:
    return (str(index), paths.Wildcard.ITEM, paths.Wildcard.ANY)


def _of_index(items: Mapping[paths.Token, RuleSet], index: int) -> RuleSet | None:
    return next((each for each in map(items.get, _fits(index)) if each is not None), None)


def _everywhere(rules: RuleSet) -> Nearest:
    return lambda _: (rules, True)


def _of_the_list(rule: MatchingRule, expected: Values, actual: Values) -> Failure | None:
    """What a rule says of the values as a list: how many they are, that they are some."""
    check = MATCHERS[rule.match].on_array
    if check is None:
        return in_words(rule), "the rule cannot be met by text", rule
    reason = check(rule.attributes, list(expected), list(actual))
    return None if reason is None else (in_words(rule), reason, rule)


def shown(values: Values) -> object:
    """The values as they are shown, and given to users: one by itself, several as a list."""
    return values[0] if len(values) == 1 else list(values)
