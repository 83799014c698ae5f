"""XML 1.0: read as an `xml.etree.ElementTree.Element`, safely, and written from one or from text.

Entities of a document's own are refused (a few lines of them expand without end), and nothing outside the document is
looked up.
"""

import re
import types
from typing import TYPE_CHECKING

from msgpact.annotations import members_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["build", "dump", "load"]

_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z_][\w.\-]*);")

_DECLARED = re.compile(r"<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z][\w.\-]*)[\"']")


def load(contents: bytes | str) -> "Element":
    """The root element; raises ValueError that says what is wrong and where."""
    from xml.etree import ElementTree
    from xml.parsers import expat

    _refuse_entities(contents)
    try:
        return ElementTree.fromstring(contents)  # noqa: S314  (entities have been refused)
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        code = getattr(error, "code", None)
        what = expat.ErrorString(code) if isinstance(code, int) else str(error)
        line, column = getattr(error, "position", (1, 0))
        raise ValueError(f"it is not XML ({what}, line {line}, column {column + 1})") from None


def _refuse_entities(contents: bytes | str) -> None:
    """Look for entities that a document declares, before anything is made of it."""
    from xml.parsers import expat

    def refuse(name: str, *_: object) -> None:
        raise _Refused(f"it declares the entity {name!r}, and entities are not expanded")

    def look(_: str, system: str | None, *__: object) -> None:
        # expat would leave out what only a document type elsewhere could declare.
        text = contents if isinstance(contents, str) else contents.replace(b"\0", b"").decode("latin-1")
        if system is not None and (named := _ENTITY.search(text)):
            raise _Refused(
                f"it refers to the entity {named[1]!r}, which is declared elsewhere, and nothing is looked up"
            )

    parser = expat.ParserCreate()
    parser.EntityDeclHandler, parser.StartDoctypeDeclHandler = refuse, look
    try:
        parser.Parse(contents, True)
    except _Refused as error:
        raise ValueError(str(error)) from None
    except (expat.ExpatError, LookupError, ValueError):
        pass  # said better by whoever reads it


class _Refused(Exception):
    pass


def dump(value: object) -> bytes:
    """Text in the encoding that it declares, an element in UTF-8."""
    from xml.etree import ElementTree

    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        declared = _DECLARED.match(value)
        try:
            return value.encode(declared[1] if declared else "utf-8", "xmlcharrefreplace")
        except LookupError:
            raise ValueError(f"it declares an encoding that is not known: {declared and declared[1]!r}") from None
    if isinstance(value, ElementTree.Element):
        return bytes(ElementTree.tostring(value, encoding="utf-8"))
    raise TypeError(f"a {type(value).__qualname__} is not XML: give text, bytes or an xml.etree.ElementTree.Element")


def build(contents: bytes, into: object) -> object:
    """Text, or the root element."""
    from xml.etree import ElementTree

    (into,) = [each.kind for each in members_of(into) if each.kind is not types.NoneType][:1] or [into]
    if into is str:
        try:
            return ElementTree.tostring(load(contents), encoding="unicode")
        except RecursionError:
            raise ValueError("it is nested too deep") from None
    if into is ElementTree.Element:
        return load(contents)
    raise TypeError(f"XML is delivered as xml.etree.ElementTree.Element, str or bytes, not as {into!r}")
