"""The comparison of two XML documents under the rules of the body, as the reference implementation has it.

Elements and attributes are called by their local name, or `URI:name` where they are in a namespace. An element's place is
`$.order.line`, an attribute's `$.order.line['@id']`, text's `$.order.line['#text']`. A rule on an element is about the
element (its name, how much it contains), not about its text, but holds for what lies below it too. Elements of one name
are compared in their order, those of different names stand in any order. White space around text does not count, nor do
comments, processing instructions and the document type.

The reference knows elements of one name by one path only; `$.order.line[0]` is understood here besides.
"""

import dataclasses
import itertools
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from msgpact.model import MatchingRule, RuleSet
from msgpact.results import ABSENT, Mismatch
from msgpact.rules.compare import DEPTH_LIMIT, Failure, failures
from msgpact.rules.matchers import EQUALITY, MATCHERS, TEXT, Attributes, Check, regex, size
from msgpact.rules.paths import Position, render

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["compare_xml", "name_of", "text_of"]

Positions = tuple[Position, ...]
"""Where a place is in the eyes of the rules: reached without indices, and with those that rules name."""


def compare_xml(
    expected: "Element", actual: "Element", rules: Position, *, unexpected_keys: bool = True
) -> list[Mismatch]:
    """Every mismatch between two documents, given by their root elements; an empty list means that they match.

    Args:
        expected: The example.
        actual: What came.
        rules: The root under the rules of the body.
        unexpected_keys: Whether attributes and elements that the example lacks are allowed, as in messages.
    """
    walk = _Walk(unexpected_keys=unexpected_keys)
    name = name_of(expected.tag)
    walk.element(expected, actual, _at_index(_below((rules,), name), 0), [name], is_typed=rules.is_typed)
    return walk.found


def name_of(tag: str) -> str:
    """An element's or attribute's name as paths spell it: `{urn:x}a` is `urn:x:a`."""
    return tag[1:].replace("}", ":", 1) if tag.startswith("{") else tag


def text_of(element: "Element") -> str:
    """The text that stands directly in an element, in runs without the white space around them."""
    return "".join(_runs(element))


def _runs(element: "Element") -> Iterator[str]:
    yield (element.text or "").strip()
    for child in element:
        yield (child.tail or "").strip()


def _below(here: Positions, key: str) -> Positions:
    return tuple(each.below(key) for each in here)


def _at_index(here: Positions, index: int) -> Positions:
    """The place of one of several elements of a name, for rules that say which."""
    named = tuple(each.below(str(index)) for each in here if each.names_index(index))
    return here + named if named else here


def _rules_at(here: Positions) -> Position:
    """The position whose rules count: the last that rules sit on, else the one that is reached without indices."""
    return next((each for each in reversed(here) if each.sits and each.rules is not None), here[0])


class _Walk:
    """One comparison and what it found."""

    __slots__ = ("found", "unexpected_keys")

    def __init__(self, *, unexpected_keys: bool) -> None:
        self.found: list[Mismatch] = []
        self.unexpected_keys = unexpected_keys

    def mismatch(
        self,
        path: Sequence[str],
        words: str,
        expected: object,
        actual: object,
        reason: str = "",
        rule: MatchingRule | None = None,
    ) -> None:
        self.found.append(Mismatch(render(path), words, expected, actual, "contents", reason, rule))

    def element(
        self, expected: "Element", actual: "Element", here: Positions, path: list[str], *, is_typed: bool
    ) -> None:
        """Compare two elements; *is_typed*: whether a type rule holds for what contains them."""
        if len(path) > DEPTH_LIMIT:
            self.mismatch(path, f"at most {DEPTH_LIMIT} levels", ABSENT, ABSENT, "it is nested deeper than is compared")
            return
        position = _rules_at(here)
        failed = _element_failures(position, expected, actual)
        for words, reason, rule in failed:
            self.mismatch(path, words, name_of(expected.tag), name_of(actual.tag), reason, rule)
        if failed:
            return
        self.attributes(expected, actual, here, path)
        self.children(expected, actual, here, path, is_typed=is_typed or any(each.is_typed for each in here))
        self.value(text_of(expected), text_of(actual), _below(here, "#text"), [*path, "#text"])

    def value(self, expected: str, actual: str, here: Positions, path: list[str]) -> None:
        """Compare two attributes or two texts."""
        position = _rules_at(here)
        for words, reason, rule in failures(position.rules, expected, actual, TEXT, inherited=not position.sits):
            self.mismatch(path, words, expected, actual, reason, rule)

    def attributes(self, expected: "Element", actual: "Element", here: Positions, path: list[str]) -> None:
        names = [name_of(tag) for tag in actual.attrib]
        reason = f"the attributes are {', '.join(names)}" if names else "it has none"
        wanted, came = len(expected.attrib), len(actual.attrib)
        if wanted > came or (wanted < came and not self.unexpected_keys):
            words = f"{'at least ' if self.unexpected_keys else ''}{wanted} attribute{'s' if wanted != 1 else ''}"
            self.mismatch(path, words, ABSENT, ABSENT, reason)
        for tag, value in expected.attrib.items():
            key = f"@{name_of(tag)}"
            if tag in actual.attrib:
                self.value(value, actual.attrib[tag], _below(here, key), [*path, key])
            else:
                self.mismatch([*path, key], "the attribute", value, ABSENT, reason)

    def children(
        self, expected: "Element", actual: "Element", here: Positions, path: list[str], *, is_typed: bool
    ) -> None:
        wanted, came = _by_name(expected), _by_name(actual)
        for name, examples in wanted.items():
            if name not in came:
                reason = f"the elements are {', '.join(came)}" if came else "there are no elements"
                self.mismatch(path, f"the element <{name}>", ABSENT, ABSENT, reason)
                continue
            self.group(examples, came[name], _below(here, name), [*path, name], is_typed=is_typed)
        for name, others in came.items():
            there = _below(here, name)
            if name not in wanted and (not self.unexpected_keys or is_typed or any(each.is_typed for each in there)):
                self.mismatch(path, f"no element <{name}>", ABSENT, ABSENT, f"there are {len(others)}")

    def group(
        self, examples: list["Element"], came: list["Element"], here: Positions, path: list[str], *, is_typed: bool
    ) -> None:
        """Compare the elements of one name, in their order; under a type rule each is like the first example."""
        if is_typed or any(each.is_typed for each in here):
            for index, element in enumerate(came):
                self.one_of(examples[0], element, _at_index(here, index), path, index, is_typed=is_typed)
            return
        for index, (example, element) in enumerate(itertools.zip_longest(examples, came)):
            if example is None:
                if not self.unexpected_keys:
                    self.mismatch(path, f"{len(examples)} of these elements", ABSENT, ABSENT, f"there are {len(came)}")
                    break
            elif element is None:
                self.mismatch(path, f"{len(examples)} of these elements", ABSENT, ABSENT, f"there are {len(came)}")
                break
            else:
                self.one_of(example, element, _at_index(here, index), path, index, is_typed=is_typed)

    def one_of(
        self, expected: "Element", actual: "Element", here: Positions, path: list[str], index: int, *, is_typed: bool
    ) -> None:
        """Compare one of several elements of a name, which share their path: beyond the first it is said which."""
        before = len(self.found)
        self.element(expected, actual, here, path, is_typed=is_typed)
        for at, mismatch in enumerate(self.found[before:] if index else (), before):
            which = f"in <{path[-1]}> {index + 1}"
            reason = f"{which}: {mismatch.reason}" if mismatch.reason else which
            self.found[at] = dataclasses.replace(mismatch, reason=reason)


def _by_name(element: "Element") -> dict[str, list["Element"]]:
    """The elements within, by name, in the order of names."""
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(name_of(child.tag), []).append(child)
    return dict(sorted(found.items()))


# -- rules on an element itself --------------------------------------------------------------------------------------


def _same_name(_: Attributes, expected: Any, actual: Any) -> str | None:
    return None if expected.tag == actual.tag else ""


def _name_matches(attributes: Attributes, _: Any, actual: Any) -> str | None:
    name = name_of(actual.tag).rpartition(":")[2]
    reason = regex(attributes, None, name)
    return (
        None
        if reason is None
        else reason or "on an element the rule is about its name; on its text, it stands at ['#text']"
    )


def _sized(attributes: Attributes, expected: Any, actual: Any) -> str | None:
    reason = _same_name(attributes, expected, actual)
    return reason if reason is not None else size(attributes, None, _contained(actual))


def _not_empty(_: Attributes, __: Any, actual: Any) -> str | None:
    return None if _contained(actual) else "it is empty"


def _contained(element: "Element") -> list[object]:
    """What minima and maxima count: the elements within, and the runs of text."""
    return [*element, *filter(None, _runs(element))]


def _unmet(_: Attributes, __: Any, ___: Any) -> str | None:
    return "the rule cannot be met by an element"


_INHERITED: dict[str, Check] = {
    **dict.fromkeys(MATCHERS, _unmet),
    "type": _same_name,
    "equality": _same_name,
    "regex": _name_matches,
    "notEmpty": _not_empty,
}
_SITTING: dict[str, Check] = {**_INHERITED, "type": _sized}


def _element_failures(position: Position, expected: "Element", actual: "Element") -> list[Failure]:
    """The rules that an element does not meet, without what lies below it; without rules, its name."""
    rules = position.rules if position.rules is not None else RuleSet((EQUALITY,))
    return failures(rules, expected, actual, _SITTING if position.sits else _INHERITED)
