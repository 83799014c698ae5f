"""A template (plain values with `match.…` and `generate.…` values in it) taken apart: example, rules and generators by path."""

import dataclasses
import enum
from collections.abc import Iterator, Mapping

from msgpact.errors import DeclarationError, MsgpactError, shown
from msgpact.generate import Generated
from msgpact.match import Matcher
from msgpact.model import (
    Contents,
    Form,
    Generator,
    MatchingRule,
    MessageContents,
    PathRules,
    Presence,
    RuleSet,
    Serializer,
    Variant,
    is_content_type_key,
)
from msgpact.rules import content_types, paths
from msgpact.serializers import form as form_serializer
from msgpact.serializers import json as json_serializer
from msgpact.serializers import others_serializer
from msgpact.serializers.base import example_bytes
from msgpact.serializers.members import frame_of, is_json, of_messages, usual_content_type
from msgpact.stated import Stated
from msgpact.template_xml import compile_xml
from msgpact.times import Duration

__all__ = ["UNSET", "Unset", "compile_message", "compile_template", "content_type_of", "says_more"]


class Unset:
    """The type of `UNSET`: contents that were not stated."""

    def __repr__(self) -> str:
        return "not stated"


UNSET = Unset()


def compile_message(
    contents: object,
    metadata: Mapping[str, object],
    content_type: str | None,
    serializer: Serializer | None = None,
) -> MessageContents:
    """The expected message that a template of contents and one of metadata state.

    Contents of None are a tombstone; UNSET ones may be anything. The content type stands in the metadata too; where
    neither says one it is the *serializer's*, if one is given that knows a schema, else JSON. A serializer with `parts`
    says what of the contents stands in the metadata.

    Raises:
        DeclarationError: the templates hold what a pact cannot say.
    """
    whole = of_messages(serializer)
    if whole is not None and contents is not None and contents is not UNSET:
        of_it = whole.parts(contents, metadata, content_type)
        found = compile_message(of_it.contents, of_it.metadata, of_it.content_type, of_it.serializer)
        is_open = of_it.contents is UNSET and of_it.content_type is None
        return dataclasses.replace(found, contents=Contents()) if is_open else found
    entries, rules, generators = _compile_metadata(metadata)
    content_type = content_type_of(entries, content_type, serializer)
    serializer = serializer or others_serializer(content_type)
    body, parts = _compile_contents(contents, content_type, serializer)
    if contents is not None and contents is not UNSET and not any(is_content_type_key(key) for key in entries):
        entries = {"contentType": content_type, **entries}
    return MessageContents(
        body,
        entries,
        {name: each for name, each in (("body", parts.rules), ("metadata", rules)) if each},
        {name: each for name, each in (("body", parts.generators), ("metadata", generators)) if each},
    )


def content_type_of(metadata: Mapping[str, object], stated: str | None, serializer: Serializer | None = None) -> str:
    """The content type that a declaration states, by itself or in its metadata: one fact, said in either place.

    Where it states none it is the serializer's own, or JSON.

    Raises:
        DeclarationError: it is said twice and differently, or is none.
    """
    said = [each for key, each in metadata.items() if is_content_type_key(key)]
    usual = usual_content_type(serializer) or "application/json"
    found = stated if stated is not None else said[0] if said else usual
    if isinstance(found, Matcher | Generated):
        raise DeclarationError(
            f"Cannot use {found!r} as the content type: contents are compared as what their type says, so it must be "
            "exact. Write it like 'application/json'."
        )
    if not isinstance(found, str) or content_types.parse(found) is None:
        raise DeclarationError(
            f"Cannot use the content type {found!r}: it is not one. Write it like 'application/json'."
        )
    for each in said:
        if isinstance(each, str) and each != found:
            raise DeclarationError(f"Cannot use the content type {found!r}: the metadata says {each!r}. Say it once.")
    return found


def _compile_contents(
    template: object, content_type: str, serializer: Serializer | None = None
) -> tuple[Contents, Stated]:
    parts = Stated(typed=serializer is not None)
    if template is UNSET:
        return Contents(content_type=content_type, serializer=serializer), parts
    if serializer is not None and template is not None:
        if is_json(serializer):
            return _json_by(serializer, template, content_type)
        return _typed(template, content_type, serializer, parts)
    if template is None:
        return Contents(Presence.TOMBSTONE), parts
    parsed = content_types.parse(content_type)
    assert parsed is not None
    if parsed.is_json:
        return Contents(Presence.PRESENT, _value(template, "$", parts), Form.JSON, content_type), parts
    if parsed.is_xml and template != "":
        text, parts.rules, parts.generators = compile_xml(template)
        return Contents(Presence.PRESENT, text, Form.TEXT, content_type), parts
    if parsed.is_form and isinstance(template, Mapping):
        return _form(template, content_type, parts)
    wanted, form, what = (str, Form.TEXT, "text") if parsed.is_text else (bytes, Form.BINARY, "bytes")
    value = _whole(template, parts, wanted)
    if not isinstance(value, wanted):
        schema = f"serializer={parsed.schema}(…), or " if parsed.schema else ""
        raise DeclarationError(
            f"Cannot use {value!r} as contents of type {content_type!r}: they are {what}. "
            f"Give {schema}{what}, or a matcher with {what} as its example."
        )
    if not value:
        return Contents(Presence.EMPTY, content_type=content_type), parts
    return Contents(Presence.PRESENT, value, form, content_type), parts


def _json_by(serializer: Serializer, template: object, content_type: str) -> tuple[Contents, Stated]:
    """JSON that a serializer knows the schema of: in a pact it is JSON as any other, and typed only where a frame is demanded."""
    contents, parts = _compile_contents(template, content_type)
    try:
        written = serializer.dump(contents.value)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        raise _no_contents(template, content_type, error) from None
    if frame_of(serializer) in (None, "none"):
        return contents, parts
    return Contents(Presence.PRESENT, written, Form.TYPED, content_type, serializer=serializer), parts


def _no_contents(template: object, content_type: str, why: Exception) -> DeclarationError:
    return DeclarationError(
        f"Cannot use {shown(template)} as contents of type {content_type!r}: {why}. Mend the example, or the schema."
    )


def _typed(template: object, content_type: str, serializer: Serializer, parts: Stated) -> tuple[Contents, Stated]:
    """Contents of which a serializer knows the schema: the example as its bytes."""
    example = _value(template, "$", parts)
    try:
        contents = example_bytes(serializer, example)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        raise _no_contents(template, content_type, error) from None
    document = serializer.load(contents)
    unstated = tuple(_path(keys) for keys in _unstated(example, document, ()))
    empty = {_path(keys): value for keys, value in _not_shown(example, document, ())}
    return Contents(Presence.PRESENT, contents, Form.TYPED, content_type, "BINARY", serializer, unstated, empty), parts


_Keys = tuple[str | int, ...]


def _unstated(stated: object, document: object, above: _Keys) -> Iterator[_Keys]:
    """Where a document has what a template does not name: fields that the schema gives a default."""
    match stated, document:
        case dict(), dict():
            for key, value in document.items():
                if key not in stated:
                    yield *above, key
                else:
                    yield from _unstated(stated[key], value, (*above, key))
        case list(), list():
            for index, (each, value) in enumerate(zip(stated, document, strict=False)):
                yield from _unstated(each, value, (*above, index))


def _not_shown(stated: object, document: object, above: _Keys) -> Iterator[tuple[_Keys, object]]:
    """The empty lists and objects that a template states and a document lacks: in Protobuf they take no bytes."""
    match stated, document:
        case dict(), dict():
            for key, value in stated.items():
                if key in document:
                    yield from _not_shown(value, document[key], (*above, key))
                elif value in ([], {}):
                    yield (*above, key), value
        case list(), list():
            for index, (each, value) in enumerate(zip(stated, document, strict=False)):
                yield from _not_shown(each, value, (*above, index))


def _path(keys: _Keys) -> str:
    """The path expression of a place of which more is to be said than the example says."""
    path = "$"
    for key in keys:
        if isinstance(key, str) and not _can_hold(key):
            raise DeclarationError(
                f"Cannot leave out fields, or state that they are empty, below the key {key!r} at {path}: Pact's path "
                "expressions cannot hold it. Give each of them a value."
            )
        path += f"[{key}]" if isinstance(key, int) else paths.field(key)
    return path


def _form(template: Mapping[object, object], content_type: str, parts: Stated) -> tuple[Contents, Stated]:
    """A form from a dict of its fields: a value each, or a list of values."""
    example = _value(template, "$", parts)
    assert isinstance(example, dict)
    for name, values in example.items():
        if values == []:
            raise DeclarationError(
                f"Cannot use no values for the field {name!r}: a form cannot show that, and would demand that the field "
                "is absent. Leave it out."
            )
    try:
        text = form_serializer.dump(example).decode()
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use {shown(template)} as a form: {error}. Give each field a text or a number, or a list of them."
        ) from None
    if not text:
        return Contents(Presence.EMPTY, content_type=content_type), parts
    return Contents(Presence.PRESENT, text, Form.TEXT, content_type), parts


def _whole(template: object, parts: Stated, wanted: type) -> object:
    """Contents that are one text or one run of bytes: a rule or a generator may stand at `$` only."""
    if isinstance(template, Generated) or (isinstance(template, Matcher) and isinstance(template.example, Generated)):
        return _value(template, "$", parts)
    if isinstance(template, Matcher) and isinstance(template.example, wanted):
        parts.rules["$"] = RuleSet(template.rules, template.combine)
        return template.example
    return template


def compile_template(template: object, *, typed: bool = False) -> tuple[object, PathRules, dict[str, Generator]]:
    """The example, the rules and the generators of a template, by path; *typed* as of `Stated`."""
    parts = Stated(typed=typed)
    return _value(template, "$", parts), parts.rules, parts.generators


# -- JSON ------------------------------------------------------------------------------------------------------------


def _value(template: object, path: str, parts: Stated) -> object:
    """The example that *template* stands for; what rules and generators it holds go into *parts*."""
    match template:
        case Matcher():
            return _matched(template, path, parts)
        case Generated():
            return parts.plain(parts.take(template, path), path)
        case Duration() if parts.typed:  # which is a tuple otherwise
            return template
        case Mapping():
            return {
                (name := _key(key, path)): _value(each, _below(path, name, each), parts)
                for key, each in template.items()
            }
        case list() | tuple():
            return [_value(each, f"{path}[{index}]", parts) for index, each in enumerate(template)]
        case set() | frozenset():  # their order changes from run to run, a pact's bytes do not
            return sorted((parts.plain(each, path) for each in template), key=json_serializer.dump)
        case _:
            return parts.plain(template, path)


def _key(key: object, path: str) -> str:
    if isinstance(key, enum.Enum):
        key = key.value
    if not isinstance(key, str):
        written = str(key).lower() if isinstance(key, bool) else str(key)
        raise DeclarationError(
            f"Cannot use {key!r} as a key at {path}: JSON objects have strings as keys. Write {written!r}."
        )
    return key


def _below(path: str, key: str, each: object) -> str:
    if not _can_hold(key) and says_more(each):  # which matters only if a rule would stand there
        raise DeclarationError(
            f"Cannot state a rule below the key {key!r} at {path}: Pact's path expressions cannot hold it. "
            "Use a plain value there, or match.values around it."
        )
    return path + paths.field(key)


def _can_hold(key: str) -> bool:
    """Whether a path expression can: neither a quote nor nothing."""
    return "'" not in key and key != ""


def says_more(template: object) -> bool:
    """Whether a template holds more than plain values."""
    if isinstance(template, Mapping):
        return any(map(says_more, template.values()))
    if isinstance(template, list | tuple):
        return any(map(says_more, template))
    return isinstance(template, Matcher | Generated)


def _matched(matcher: Matcher, path: str, parts: Stated) -> object:
    example = matcher.example
    if matcher.below == "variants":
        return _variants(matcher, path, parts)
    shown_by = parts.take(matcher, path)
    if isinstance(example, Generated):
        return parts.plain(shown_by, path)
    if matcher.below == "items":
        assert isinstance(example, list)
        return [_value(each, f"{path}[*]", parts) for each in example]
    if matcher.below == "entries":
        assert isinstance(example, Mapping)
        return {_key(key, path): _value(each, f"{path}.*", parts) for key, each in example.items()}
    return _value(example, path, parts)


def _variants(matcher: Matcher, path: str, parts: Stated) -> object:
    assert isinstance(matcher.example, list)
    examples, variants = [], []
    for index, template in enumerate(matcher.example):
        example, rules, generators = compile_template(template, typed=parts.typed)
        examples.append(example)
        variants.append(Variant(index, rules, generators))
    others = tuple(rule for rule in matcher.rules if rule.match != "arrayContains")
    rule = MatchingRule("arrayContains", {"variants": tuple(variants)})
    parts.put(path, RuleSet((rule, *others), matcher.combine))
    return examples


# -- metadata --------------------------------------------------------------------------------------------------------


def _compile_metadata(metadata: Mapping[str, object]) -> tuple[dict[str, object], PathRules, dict[str, Generator]]:
    entries: dict[str, object] = {}
    rules, generators = PathRules(), {}
    for key, template in metadata.items():
        if not isinstance(key, str) or not key:
            raise DeclarationError(
                f"Cannot use {key!r} as the name of a metadata entry: it is no text. Write a string."
            )
        example, found, generated = compile_template(template)
        if any(path != "$" for path in (*found, *generated)):
            raise DeclarationError(
                f"Cannot state a rule inside the metadata entry {key!r}: Pact sees an entry as a whole. "
                "Put the matcher around the whole value."
            )
        entries[key] = example
        path = key if paths.field(key) == f".{key}" or _is_plain(key) else f"$['{key}']"
        if (found or generated) and "'" in key:
            raise DeclarationError(
                f"Cannot state a rule for the metadata entry {key!r}: its name holds a quote. Use a plain value."
            )
        if "$" in found:
            rules[path] = found["$"]
        if "$" in generated:
            generators[path] = generated["$"]
    return entries, rules, generators


def _is_plain(key: str) -> bool:
    """Whether a name can stand in a path without brackets."""
    try:
        return paths.parse(key) == (key,)
    except paths.PathError:
        return False
