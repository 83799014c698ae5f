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
from msgpact.rules.matchers import ON_TEXT, text_of
from msgpact.serializers import xml
from msgpact.stated import Stated, plain

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["compile_xml"]

_TYPE = MatchingRule("type")

_NAME = re.compile(r"(?:[^\W\d][\w.\-]*:)?[^\W\d][\w.\-]*\Z")


def _is_declaration(name: object) -> bool:
    """Whether an attribute declares a namespace."""
    return isinstance(name, str) and (name == "@xmlns" or name.startswith("@xmlns:"))


class _Scope(NamedTuple):
    """The prefixes in force, each with its URI; the empty one is the default namespace, which attributes are not in."""

    prefixes: Mapping[str, str]

    def within(self, template: object) -> "_Scope":
        """The scope of what is in an element, by what its template declares."""
        while isinstance(template, Matcher):
            template = template.example
        declared = {}
        for name, uri in template.items() if isinstance(template, Mapping) else ():
            if _is_declaration(name):
                if not isinstance(uri, str):
                    raise DeclarationError(
                        f"Cannot use {shown(uri)} as the namespace {name!r}: it is a {type(uri).__name__}. Write its URI."
                    )
                declared[name.removeprefix("@xmlns").removeprefix(":")] = uri
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
        try:
            template = ElementTree.tostring(template, encoding="unicode")
        except (TypeError, ValueError, RecursionError) as error:
            raise DeclarationError(f"Cannot use {shown(template)} as XML contents: {error}. Mend it.") from None
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
    return (
        _checked(ElementTree.tostring(roots[0], encoding="unicode")),
        compiler.stated.rules,
        compiler.stated.generators,
    )


def _checked(text: str) -> str:
    """The document, without what other tools do not read: a byte order mark, a document type."""
    from xml.etree import ElementTree

    text = text.removeprefix("\ufeff")
    try:
        root = xml.load(text)
        xml.dump(text)
    except ValueError as error:
        raise DeclarationError(f"Cannot use {shown(text)} as XML contents: {error}. Mend it.") from None
    return ElementTree.tostring(root, encoding="unicode") if "<!DOCTYPE" in text else text


class _Compiler:
    """One template on its way to a document; elements that share a name share their place, and so their rules."""

    def __init__(self) -> None:
        self.stated = Stated()

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
        found = [self.element(key, each, at, scope, is_ruled=True) for each in template.example]
        self.stated.put(
            _checked_path(at + paths.field(scope.within(template.example[0]).name(key, at))), RuleSet((_TYPE,))
        )
        return found

    def element(self, key: str, template: object, at: str, scope: _Scope, *, is_ruled: bool = False) -> "Element":
        """One element; *is_ruled*: whether a rule holds for it and what is in it."""
        from xml.etree import ElementTree

        if isinstance(template, Matcher) and isinstance(template.example, Mapping):
            return self.ruled_element(key, template, at, scope)
        element = ElementTree.Element(key)
        if not isinstance(template, Mapping):
            here = at + paths.field(scope.name(key, at))
            if not is_ruled:
                self.stated.leave(here)
            element.text = self.text(template, f"{here}['#text']")
            return element
        scope = scope.within(template)
        here = at + paths.field(scope.name(key, at))
        if not is_ruled:
            self.stated.leave(here)
        for name, value in template.items():
            if name == "#text":
                element.text = self.text(value, f"{here}['#text']")
            elif isinstance(name, str) and name.startswith("@"):
                if _is_declaration(name):
                    element.set(name[1:], str(value))
                else:
                    element.set(name[1:], self.text(value, here + paths.field(scope.name(name, here))))
            else:
                element.extend(self.elements(name, value, here, scope))
        return element

    def ruled_element(self, key: str, template: Matcher, at: str, scope: _Scope) -> "Element":
        """An element with a rule of its own, which holds for what is within too."""
        if template.below != "same" or any(rule != _TYPE for rule in template.rules):
            raise DeclarationError(
                f"Cannot use {template!r} for the element {key!r} at {at}: of an element Pact can only say that it is like "
                "the example. Use match.like, or put matchers at its attributes and texts."
            )
        example = template.example
        assert isinstance(example, Mapping)
        element = self.element(key, example, at, scope, is_ruled=True)
        self.stated.put(_checked_path(at + paths.field(scope.within(example).name(key, at))), RuleSet((_TYPE,)))
        return element

    def text(self, template: object, place: str) -> str:
        """The characters of an attribute or a text; what rules and generators it holds are stated."""
        for rule in template.rules if isinstance(template, Matcher) else ():
            if rule.match not in ON_TEXT:
                raise DeclarationError(
                    f"Cannot use the rule {rule.match!r} at {place}: text cannot meet it. "
                    "In XML every value is text; use another matcher."
                )
        if isinstance(template, Matcher | Generated):
            _checked_path(place)
            template = self.stated.take(template, place)
        else:
            self.stated.leave(place)
        if template is None:
            return ""
        if not isinstance(template, str | int | float | Mapping | list):
            template = plain(template, place)
        if not isinstance(template, str | int | float):
            raise DeclarationError(
                f"Cannot use {shown(template)} at {place}: it is of the type {type(template).__name__}, and XML holds text "
                "there. Give a string, number or boolean, or a matcher with one."
            )
        return text_of(template)


def _checked_path(place: str) -> str:
    """A path that can be written."""
    try:
        paths.parse(place)
    except paths.PathError as error:
        raise DeclarationError(f"Cannot state a rule at {place}: {error}. Use a plain value there.") from None
    return place
