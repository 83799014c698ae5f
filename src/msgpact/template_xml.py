"""A template of XML contents taken apart: the document's text, rules and generators by path.

An element is written as a dict: `@name` is an attribute, `#text` its text, any other key the elements of that name within
(a list where there are several); an element that holds text alone is that text. The whole is a dict with one key, the root
element: `{"order": {"@id": match.integer("42"), "line": match.each_like({"sku": "A-1"})}}`. Prefixes of namespaces are
declared by `@xmlns:p`, as in XML. A document whose every value is exact may be given as text, or as an
`xml.etree.ElementTree.Element`.
"""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from msgpact.errors import DeclarationError, shown
from msgpact.generate import Generated
from msgpact.match import Matcher
from msgpact.model import Generator, MatchingRule, PathRules, RuleSet
from msgpact.rules import paths
from msgpact.rules.matchers import text_of
from msgpact.serializers import xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["compile_xml"]

TYPE = MatchingRule("type")

_ON_TEXT = frozenset(
    {
        "boolean",
        "date",
        "datetime",
        "decimal",
        "equality",
        "include",
        "integer",
        "notEmpty",
        "number",
        "regex",
        "semver",
    }
    | {"time", "type"}
)
"""The rules that text can meet."""


_NAME = re.compile(r"(?:[^\W\d][\w.\-]*:)?[^\W\d][\w.\-]*\Z")


class _Scope(NamedTuple):
    """The prefixes in force, each with its URI; the empty one is the default namespace, which attributes are not in."""

    prefixes: Mapping[str, str]

    def within(self, attributes: Mapping[str, object]) -> "_Scope":
        declared = {
            name.removeprefix("@xmlns").removeprefix(":"): str(uri)
            for name, uri in attributes.items()
            if name == "@xmlns" or name.startswith("@xmlns:")
        }
        return _Scope({**self.prefixes, **declared}) if declared else self

    def name(self, key: str, at: str) -> str:
        """An element's or, with its `@`, an attribute's name as paths spell it."""
        if _NAME.match(key.removeprefix("@")) is None:
            raise DeclarationError(
                f"Cannot use the name {key!r} at {at}: it is not one. A name is made of letters, digits and '.', '-' or '_', "
                "and begins with a letter or '_'."
            )
        is_attribute = key.startswith("@")
        prefix, colon, local = key.removeprefix("@").rpartition(":")
        if not colon and is_attribute:
            return key
        if prefix not in self.prefixes and colon:
            raise DeclarationError(
                f"Cannot use the name {key!r} at {at}: the prefix {prefix!r} is not declared. "
                f"Declare it on the element or above: '@xmlns:{prefix}': 'urn:…'."
            )
        uri = self.prefixes.get(prefix, "")
        qualified = f"{uri}:{local}" if uri else local
        return f"@{qualified}" if is_attribute else qualified


def compile_xml(template: object) -> tuple[str, PathRules, dict[str, Generator]]:
    """The document that a template of XML contents shows, and the rules and generators by path.

    Raises:
        DeclarationError: it is no XML, or says what a pact cannot hold.
    """
    from xml.etree import ElementTree

    if isinstance(template, ElementTree.Element):
        template = ElementTree.tostring(template, encoding="unicode")
    if isinstance(template, str):
        return _checked(template), PathRules(), {}
    if not isinstance(template, Mapping) or len(template) != 1:
        raise DeclarationError(
            f"Cannot use {shown(template)} as XML contents: it is no document. Give text, an "
            "xml.etree.ElementTree.Element, or a dict with one key, the root element: {'order': {'@id': '42'}}."
        )
    compiler = _Compiler()
    (key, value) = next(iter(template.items()))
    roots = compiler.elements(key, value, "$", _Scope({"xml": "http://www.w3.org/XML/1998/namespace"}))
    if len(roots) != 1:
        raise DeclarationError(
            f"Cannot use several elements {key!r} as XML contents: a document has one root. Put them into one."
        )
    return _checked(ElementTree.tostring(roots[0], encoding="unicode")), compiler.rules, compiler.generators


def _checked(text: str) -> str:
    try:
        xml.load(text)
    except ValueError as error:
        raise DeclarationError(f"Cannot use {shown(text)} as XML contents: {error}. Mend it.") from None
    return text


class _Compiler:
    """One template on its way to a document; elements that share a name share their place, and so their rules."""

    def __init__(self) -> None:
        self.rules = PathRules()
        self.generators: dict[str, Generator] = {}

    def elements(self, key: object, template: object, at: str, scope: _Scope) -> "list[Element]":
        """The elements that stand under a key: one, or those of a list."""
        if not isinstance(key, str) or not key or key.startswith(("@", "#")):
            raise DeclarationError(
                f"Cannot use {key!r} at {at}: it is no name of an element. Within an element, '@name' is an attribute and "
                "'#text' its text."
            )
        if isinstance(template, Matcher) and template.below == "items":
            return self.like_elements(key, template, at, scope)
        if isinstance(template, list | tuple):
            if not template:
                raise DeclarationError(
                    f"Cannot use no elements for {key!r} at {at}: nothing would be said. Leave it out."
                )
            return [self.element(key, each, at, scope) for each in template]
        return [self.element(key, template, at, scope)]

    def like_elements(self, key: str, template: Matcher, at: str, scope: _Scope) -> "list[Element]":
        """Elements of one name, however many, all like the example: in XML a rule about types means that."""
        sizes = template.rules[0].attributes
        if sizes.get("min", 1) != 1 or "max" in sizes:
            raise DeclarationError(
                f"Cannot use match.each_like with these sizes for {key!r} at {at}: in XML a rule counts what is within each "
                "element, not how many there are, and one at least must be there. Leave min and max out."
            )
        assert isinstance(template.example, list)
        found = [self.element(key, each, at, scope) for each in template.example]
        within = scope.within(template.example[0]) if isinstance(template.example[0], Mapping) else scope
        self.put(at + paths.field(within.name(key, at)), RuleSet((TYPE,)))
        return found

    def element(self, key: str, template: object, at: str, scope: _Scope) -> "Element":
        from xml.etree import ElementTree

        if isinstance(template, Matcher) and isinstance(template.example, Mapping):
            return self.ruled_element(key, template, at, scope)
        element = ElementTree.Element(key)
        if not isinstance(template, Mapping):
            here = at + paths.field(scope.name(key, at))
            element.text = self.text(template, f"{here}['#text']")
            return element
        scope = scope.within(template)
        here = at + paths.field(scope.name(key, at))
        for name, value in template.items():
            if name == "#text":
                element.text = self.text(value, f"{here}['#text']")
            elif isinstance(name, str) and name.startswith("@"):
                is_namespace = name == "@xmlns" or name.startswith("@xmlns:")
                place = here if is_namespace else here + paths.field(scope.name(name, here))
                element.set(name[1:], self.text(value, place))
            else:
                element.extend(self.elements(name, value, here, scope))
        return element

    def ruled_element(self, key: str, template: Matcher, at: str, scope: _Scope) -> "Element":
        """An element with a rule of its own, which holds for what is within too."""
        if template.below != "same" or any(rule != TYPE for rule in template.rules):
            raise DeclarationError(
                f"Cannot use {template!r} for the element {key!r} at {at}: of an element Pact can only say that it is like "
                "the example. Use match.like, or put matchers at its attributes and texts."
            )
        example = template.example
        assert isinstance(example, Mapping)
        element = self.element(key, example, at, scope)
        self.put(at + paths.field(scope.within(example).name(key, at)), RuleSet((TYPE,)))
        return element

    def text(self, template: object, place: str) -> str:
        """The characters of an attribute or a text; what rules and generators it holds are noted."""
        if isinstance(template, Matcher):
            if isinstance(template.example, Matcher):
                raise DeclarationError(
                    f"Cannot put a matcher directly into a matcher at {place}: they stand at one place. Use match.all_of."
                )
            unmet = [rule.match for rule in template.rules if rule.match not in _ON_TEXT]
            if unmet:
                raise DeclarationError(
                    f"Cannot use the rule {unmet[0]!r} at {place}: text cannot meet it. "
                    "In XML every value is text; use another matcher."
                )
            self.put(place, RuleSet(template.rules, template.combine))
            template = template.example
        elif isinstance(template, Generated):
            self.put(place, RuleSet((template.rule,)))
        if isinstance(template, Generated):
            self.generators[place] = template.generator
            template = template.example
        if template is None:
            return ""
        if not isinstance(template, str | int | float):
            raise DeclarationError(
                f"Cannot use {shown(template)} at {place}: it is a {type(template).__name__}, and XML holds text there. "
                "Give a string, number or boolean, or a matcher with one."
            )
        return text_of(template)

    def put(self, place: str, rules: RuleSet) -> None:
        try:
            paths.parse(place)
        except paths.PathError as error:
            raise DeclarationError(f"Cannot state a rule at {place}: {error}. Use a plain value there.") from None
        if self.rules.setdefault(place, rules) != rules:
            raise DeclarationError(
                f"Cannot state two different rules at {place}: elements of one name share their place. Make them alike."
            )
