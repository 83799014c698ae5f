"""JSON Schema documents, drafts 4 to 2020-12: what is said at a place, with references followed.

https://json-schema.org/specification
"""

import hashlib
import re
import urllib.parse
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import EllipsisType
from typing import Any

import orjson

from msgpact.compatibility.findings import SchemaError
from msgpact.compatibility.references import texts_of
from msgpact.errors import shown
from msgpact.serializers import json
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["ANYTHING", "NOTHING", "Document", "Node", "Part", "read"]

DEEPEST = 150
"""Levels of a document: honest ones have a dozen, and definitions can be referred to."""

Raw = Mapping[str, Any]
ANYTHING: Raw = {}
NOTHING: Raw = {"enum": []}
_REFERENCE = re.compile(rb'"\$ref":("(?:[^"\\]|\\.)*")')
_BEFORE_2019 = re.compile(r"^https?://json-schema\.org/draft-0[3-7]/")


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One object of keywords, and the document that its references are relative to."""

    raw: Raw
    home: "Document"


@dataclass(slots=True, eq=False)
class Node:
    """What several parts say together: keywords alone, references and `allOf` have been followed."""

    parts: tuple[Part, ...]
    listed: list[Any] | EllipsisType | None = ...
    """The values that are allowed, once `json_facts.values_of` was asked."""

    def values(self, keyword: str) -> list[Any]:
        """What the parts say for a keyword."""
        return [part.raw[keyword] for part in self.parts if keyword in part.raw]


@dataclass(slots=True, eq=False)
class Document:
    """A document with the others that it may refer to, by the names it calls them."""

    root: Any
    others: Mapping[str, "Document"] = field(default_factory=dict)
    anchors: dict[str, Any] | None = None
    meanings: dict[tuple[int, tuple[str, ...]], tuple[Raw, object]] = field(default_factory=dict)
    texts: dict[int, tuple[bytes, list[str]]] = field(default_factory=dict)
    left: int = 100_000
    """How many references may still be followed to see whether two places mean the same."""

    @property
    def _ignores_siblings(self) -> bool:
        """Whether what stands beside a `$ref` says nothing, as it did before draft 2019-09."""
        stated = self.root.get("$schema") if isinstance(self.root, dict) else None
        return isinstance(stated, str) and _BEFORE_2019.match(stated) is not None

    def parts(self, raw: Any) -> Iterator[Part]:
        """What a schema in this document says."""
        waiting: list[tuple[Document, Any]] = [(self, raw)]
        seen: set[int] = set()
        while waiting:
            home, each = waiting.pop()
            if each is True or id(each) in seen:  # what refers to itself adds nothing by it
                continue
            seen.add(id(each))
            if each is False:
                yield Part(NOTHING, home)
                continue
            if not isinstance(each, dict):
                raise SchemaError(f"it has {shown(each, 80)} where a schema stands")
            target = each.get("$ref")
            if isinstance(target, str):
                waiting.append(home.find(target))
                if home._ignores_siblings:
                    continue
            if isinstance(each.get("allOf"), list):
                waiting.extend((home, one) for one in reversed(each["allOf"]))
            if any(name not in _NOT_SAID for name in each):
                yield Part(each, home)

    def find(self, reference: str) -> tuple["Document", Any]:
        """What a reference is to, and the document that it is in; raises SchemaError."""
        name, _, fragment = reference.partition("#")
        home = self._named(name, reference)
        fragment = urllib.parse.unquote(fragment)
        if fragment and not fragment.startswith("/"):
            return home, home._anchored(fragment, reference)
        found = home.root
        for token in fragment.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and token in found:
                found = found[token]
            elif isinstance(found, list) and _INDEX.fullmatch(token) and int(token) < len(found):
                found = found[int(token)]
            else:
                raise SchemaError(f"it refers to {shown(reference, 80)}, which is not there")
        return home, found

    def _id(self) -> str:
        said = self.root.get("$id", self.root.get("id")) if isinstance(self.root, dict) else None
        return said.removesuffix("#") if isinstance(said, str) else ""

    def _named(self, name: str, reference: str) -> "Document":
        if name in ("", self._id()):
            return self
        base = urllib.parse.urljoin(self._id(), name)
        for called, document in self.others.items():
            if {name, name.removeprefix("./"), base} & {called, document._id()}:
                return document
        raise SchemaError(f"it refers to {shown(reference, 80)}, which is not among its references")

    def _anchored(self, name: str, reference: str) -> Any:
        if self.anchors is None:
            self.anchors = {}
            waiting = [self.root]
            while waiting:
                each = waiting.pop()
                if isinstance(each, dict):
                    for key in ("$anchor", "$dynamicAnchor", "$id", "id"):
                        if isinstance(said := each.get(key), str):
                            self.anchors.setdefault(said.removeprefix("#"), each)
                waiting.extend(_below(each))
        if name not in self.anchors:
            raise SchemaError(f"it refers to {shown(reference, 80)}, which is not there")
        return self.anchors[name]

    def meaning(self, raw: Raw, *keywords: str) -> object:
        """Something that is equal where these keywords of an object (all, if none are named) mean the same, in any document.

        That is what is said, and what it refers to, near and far.
        """
        key = (id(raw), keywords)
        if key not in self.meanings:
            said = {name: each for name, each in raw.items() if (name in keywords if keywords else name not in _UNSAID)}
            self.meanings[key] = (
                raw,
                self._written_out(said),
            )  # with the object: its number must not be given to another
        return self.meanings[key][1]

    def _written_out(self, said: Raw) -> object:
        digest, references = _written(said)
        referred: dict[tuple[int, str], bytes] = {}
        waiting = [(self, each) for each in references]
        while waiting:
            home, reference = waiting.pop()
            if (id(home), reference) in referred:
                continue
            self.left -= 1
            if self.left < 0:
                return object()  # which is equal to nothing: what might be the same is compared
            there, target = home.find(reference)
            if id(target) not in there.texts:
                there.texts[id(target)] = _written(target)
            referred[id(home), reference], more = there.texts[id(target)]
            waiting.extend((there, each) for each in more)
        return digest, frozenset((name, each) for (_, name), each in referred.items())


def _written(value: Any) -> tuple[bytes, list[str]]:
    """A digest of a value, and the references in it."""
    text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(text).digest(), [orjson.loads(each) for each in set(_REFERENCE.findall(text))]


_INDEX = re.compile(r"[0-9]{1,9}")
_UNSAID = frozenset(
    {
        "$schema",
        "$id",
        "id",
        "$anchor",
        "$comment",
        "$defs",
        "definitions",
        "$vocabulary",
        "title",
        "description",
        "examples",
    }
    | {"deprecated", "readOnly", "writeOnly"}
)
"""Keywords that say nothing about messages by themselves."""
_NOT_SAID = _UNSAID | {"$ref", "allOf"}


def read(schema: RegisteredSchema) -> Document:
    """The document as a registry holds it, with those that it refers to.

    Raises:
        SchemaError: it is no JSON Schema; a clause.
    """
    others = {name: Document(_document(text)) for name, text in texts_of(schema).items()}
    for each in others.values():
        each.others = others
    document = Document(_document(schema.text), others)
    if not isinstance(document.root, dict | bool):
        raise SchemaError(f"it is {shown(document.root, 80)}, and a JSON Schema is an object, true or false")
    return document


def _document(text: str) -> Any:
    try:
        document = json.load(text.encode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise SchemaError(str(error)) from None
    level, levels = [document], 0
    while level:
        level = [below for each in level for below in _below(each)]
        levels += 1
        if levels > DEEPEST:
            raise SchemaError(f"it nests more than {DEEPEST} levels deep")
    return document


def _below(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
