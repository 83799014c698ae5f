"""Specification 4: one list of interactions of mixed types, contents as `{content, contentType, encoded}`.

https://github.com/pact-foundation/pact-specification/tree/version-4
"""

import base64
import contextlib
import dataclasses
import json
from collections.abc import Mapping

from msgpact.model import (
    Contents,
    Form,
    Interaction,
    InteractionType,
    MessageContents,
    Presence,
)
from msgpact.pactfile.interactions import (
    FormatError,
    body_of,
    from_base64,
    mapping_of,
    metadata_content_type,
    own_comments,
    read_parts,
    read_states,
    state_json,
)
from msgpact.pactfile.rulesets import generators_json, rules_json
from msgpact.rules import content_types
from msgpact.serializers.json import load as load_json
from msgpact.serializers.plugin_form import APART, plugin_form, unknown_in

__all__ = ["contents_of", "read", "read_contents", "write"]

_TYPES = {each.value: each for each in InteractionType}
_COMMON = frozenset(
    {"type", "description", "providerStates", "providerState", "provider_state", "key", "pending", "comments"}
)
_KNOWN = {
    InteractionType.HTTP: _COMMON,
    InteractionType.ASYNCHRONOUS_MESSAGE: _COMMON | {"contents", "metadata", "metaData", "matchingRules", "generators"},
    InteractionType.SYNCHRONOUS_MESSAGE: _COMMON | {"request", "response"},
}


def read(raw: Mapping[str, object], index: int) -> Interaction:
    """One interaction; raises FormatError with a clause that says what is wrong."""
    kind = _TYPES.get(str(raw.get("type")))
    if kind is None:
        raise FormatError(f"its type is {raw.get('type')!r}; known are {', '.join(_TYPES)}")
    description = raw.get("description")
    key = raw.get("key")
    message = request = None
    responses: tuple[MessageContents, ...] = ()
    comments = mapping_of(raw.get("comments"), "comments")
    known = _KNOWN[kind]
    if unknown_in(raw):  # its contents and rules are that plugin's affair: all stays as it is
        known = _COMMON
    elif kind is InteractionType.ASYNCHRONOUS_MESSAGE:
        message = _read_message(raw, comments)
    elif kind is InteractionType.SYNCHRONOUS_MESSAGE:
        if "request" not in raw or not isinstance(raw.get("response"), list):
            raise FormatError("a synchronous message has a 'request' and an array 'response'")
        request = _read_message(mapping_of(raw["request"], "request"), {})
        answers = raw["response"]
        assert isinstance(answers, list)
        responses = tuple(_read_message(mapping_of(each, "response"), {}) for each in answers)
    return Interaction(
        kind,
        str(description) if description is not None else f"Interaction {index}",
        read_states(raw),
        message,
        request,
        responses,
        str(key) if key is not None else None,
        raw.get("pending") is True,
        comments,
        {name: value for name, value in raw.items() if name not in known},
    )


def _read_message(raw: Mapping[str, object], comments: Mapping[str, object]) -> MessageContents:
    # Both spellings are in use; the specification's cases say metaData.
    metadata = mapping_of(raw.get("metaData", raw.get("metadata")), "metadata")
    ours = comments.get("msgpact")
    tombstone = isinstance(ours, dict) and ours.get("tombstone") is True
    contents = read_contents(raw, metadata_content_type(metadata), tombstone=tombstone)
    rules, generators = read_parts(raw)
    return MessageContents(contents, metadata, rules, generators)


def read_contents(
    raw: Mapping[str, object], stated: str | None, *, name: str = "contents", tombstone: bool = False
) -> Contents:
    """What *raw* holds under *name*, the contents of a message or the body of a request; *stated* is its content type."""
    if name not in raw:
        return Contents(content_type=stated)
    body = raw[name]
    if body is None:
        return Contents(Presence.NULL, content_type=stated)
    if not isinstance(body, dict):
        raise FormatError(f"{name} is no object with 'content': {json.dumps(body)[:80]}")
    content_type = body.get("contentType") or stated
    if content_type is not None and not isinstance(content_type, str):
        raise FormatError(f"contentType is no text: {content_type!r}")
    hint = body.get("contentTypeHint")
    hint = str(hint) if hint is not None else None
    if "content" not in body:
        if not body or set(body) <= {"contentType", "encoded", "contentTypeHint"}:
            return Contents(content_type=content_type)
        content: object = body  # what the reference does with an object that has no `content`
        encoded: object = False
    else:
        content, encoded = body["content"], body.get("encoded", False)
    if content is None:
        return Contents(Presence.NULL, content_type=content_type)
    if content == "" and type(content) is str:
        presence = Presence.TOMBSTONE if tombstone else Presence.EMPTY
        return Contents(presence, content_type=content_type, content_type_hint=hint)
    return _decoded(content, encoded, content_type, hint)


def _decoded(content: object, encoded: object, content_type: str | None, hint: str | None) -> Contents:
    encoding = encoded.lower() if isinstance(encoded, str) else ""
    if encoding == "base64":
        if not isinstance(content, str):
            raise FormatError("the contents are called base64, but they are no string")
        return body_of(from_base64(content), content_type, hint)
    if encoding == "json" and isinstance(content, str):
        return body_of(content.encode(), content_type or "application/json", hint)
    if encoded is not False and isinstance(content, str):  # as the reference: then it is the text of the contents
        with contextlib.suppress(FormatError):
            return body_of(content.encode("utf-8", "surrogatepass"), content_type, hint)
    parsed = content_types.parse(content_type) if content_type else None
    if (parsed is not None and parsed.is_json) or not isinstance(content, str):
        if parsed is not None and not parsed.is_json:  # a document under a text type is its own text
            return body_of(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode(), content_type, hint)
        return Contents(Presence.PRESENT, content, Form.JSON, content_type or "application/json", hint)
    return body_of(content.encode("utf-8", "surrogatepass"), content_type, hint)


# -- writing ---------------------------------------------------------------------------------------------------------


def write(interaction: Interaction) -> dict[str, object]:
    """The interaction as JSON: attributes that say nothing are left out."""
    raw: dict[str, object] = {
        **interaction.extra,
        "type": interaction.type.value,
        "description": interaction.description,
    }
    raw["pending"] = interaction.pending
    if interaction.key is not None:
        raw["key"] = interaction.key
    if interaction.provider_states:
        raw["providerStates"] = [state_json(each) for each in interaction.provider_states]
    ours = _with_schemas_apart(interaction, own_comments(interaction))
    if interaction.comments or ours:
        raw["comments"] = {**interaction.comments, "msgpact": ours} if ours else dict(interaction.comments)
    if configuration := _plugin_configuration(interaction):
        raw["pluginConfiguration"] = configuration
    if interaction.message is not None:
        raw.update(_message_json(interaction.message))
    if interaction.request is not None:
        raw["request"] = _message_json(interaction.request)
        raw["response"] = [_message_json(each) for each in interaction.responses]
    return raw


def _plugin_configuration(interaction: Interaction) -> dict[str, object]:
    """Where the schemas of the contents stand in the file; what another tool wrote stays."""
    there = interaction.extra.get("pluginConfiguration")
    found = dict(there) if isinstance(there, Mapping) else {}
    for form in filter(None, map(plugin_form, contents_of(interaction))):
        found.setdefault(form.name, dict(form.interaction))
    return found


def _with_schemas_apart(interaction: Interaction, ours: dict[str, object]) -> dict[str, object]:
    """Our comments, with the schema of each part of a synchronous message, where it is not the same of all.

    A plugin's configuration is one for the interaction, and says no more than one message.
    """
    parts = contents_of(interaction)
    forms = [None if (form := plugin_form(each)) is None else {form.name: dict(form.interaction)} for each in parts]
    stated = [
        form for form, each in zip(forms, parts, strict=True) if each.presence in (Presence.PRESENT, Presence.EMPTY)
    ]
    if interaction.request is None or all(form == stated[0] for form in stated):
        return ours
    has = ours.get("response")
    marks = [ours.get("request"), *(has if isinstance(has, list) else ()), *({} for _ in interaction.responses)]
    asked, *answers = (
        {**(mark if isinstance(mark, dict) else {}), **({APART: form} if form else {})}
        for mark, form in zip(marks, forms, strict=False)
    )
    return {**ours, "request": asked, "response": answers}


def contents_of(interaction: Interaction) -> list[Contents]:
    """The contents of its message, or of its request and its responses."""
    parts = (interaction.message, interaction.request, *interaction.responses)
    return [each.contents for each in parts if each is not None]


def _message_json(message: MessageContents) -> dict[str, object]:
    raw: dict[str, object] = {}
    contents = _contents_json(message.contents)
    if contents is not None:
        raw["contents"] = contents
    if message.metadata:
        raw["metadata"] = dict(message.metadata)
    if rules := rules_json(message.matching_rules):
        raw["matchingRules"] = rules
    if generators := generators_json(message.generators):
        raw["generators"] = generators
    return raw


def _is_json(contents: Contents) -> bool:
    """Whether contents that travel in a frame are JSON."""
    parsed = content_types.parse(contents.content_type) if contents.content_type else None
    return parsed is not None and parsed.is_json


def _contents_json(contents: Contents) -> dict[str, object] | None:
    if contents.presence is Presence.MISSING:
        return None
    if contents.presence is Presence.NULL:
        written: dict[str, object] = {"content": None, "encoded": False}
    elif contents.presence in (Presence.EMPTY, Presence.TOMBSTONE):
        return {"content": ""}
    elif contents.form is Form.TYPED and contents.content_type_hint is None and _is_json(contents):
        assert isinstance(contents.value, bytes)
        return _contents_json(dataclasses.replace(contents, form=Form.JSON, value=load_json(contents.value)))
    elif contents.form is Form.BINARY or contents.form is Form.TYPED:
        assert isinstance(contents.value, bytes)
        written = {"content": base64.b64encode(contents.value).decode("ascii"), "encoded": "base64"}
    elif contents.form is Form.JSON and contents.value in (None, ""):
        # Written plainly these mean "null" and "empty"; as JSON text they stay the documents they are.
        written = {"content": json.dumps(contents.value), "encoded": "JSON"}
    else:
        written = {"content": contents.value, "encoded": False}
    if contents.content_type is not None:
        written["contentType"] = contents.content_type
    if contents.content_type_hint is not None:
        written["contentTypeHint"] = contents.content_type_hint
    return written
