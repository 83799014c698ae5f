"""Specification 3: a message pact holds `messages`, contents without an envelope, one set of rules per message.

https://github.com/pact-foundation/pact-specification/tree/version-3
V3 has no comments: what msgpact adds (origin, tombstone) stands in the file's own metadata, keyed by the message.
"""

import base64
import contextlib
import json
from collections.abc import Mapping

from msgpact.model import Contents, Form, Interaction, InteractionType, MessageContents, Presence
from msgpact.pactfile.interactions import (
    FormatError,
    body_of,
    from_base64,
    mapping_of,
    metadata_content_type,
    read_parts,
    read_states,
    state_json,
)
from msgpact.pactfile.rulesets import generators_json, rules_json
from msgpact.rules import content_types
from msgpact.serializers import others_serializer, serializer_for

__all__ = ["read", "read_contents", "read_http", "write"]

_KNOWN = frozenset(
    {
        "description",
        "providerStates",
        "providerState",
        "provider_state",
        "contents",
        "metadata",
        "metaData",
        "matchingRules",
        "generators",
    }
)


def read(raw: Mapping[str, object], index: int, marks: Mapping[str, object] | None = None) -> Interaction:
    """One message; *marks* is what msgpact's part of the file metadata says of it. Raises FormatError."""
    # metaData wins where a file has both, as in the reference.
    metadata = mapping_of(raw.get("metaData", raw.get("metadata")), "metadata")
    tombstone = marks is not None and marks.get("tombstone") is True
    rules, generators = read_parts(raw)
    contents = read_contents(raw, metadata_content_type(metadata), tombstone=tombstone)
    description = raw.get("description")
    return Interaction(
        InteractionType.ASYNCHRONOUS_MESSAGE,
        str(description) if description is not None else f"Message {index}",
        read_states(raw),
        MessageContents(contents, metadata, rules, generators),
        pending=marks is not None and marks.get("pending") is True,
        comments={"msgpact": dict(marks)} if marks else {},
        extra={name: value for name, value in raw.items() if name not in _KNOWN},
    )


def read_contents(
    raw: Mapping[str, object], stated: str | None, *, name: str = "contents", tombstone: bool = False
) -> Contents:
    """What *raw* holds under *name*, the contents of a message or the body of a request; *stated* is its content type."""
    if name not in raw:
        return Contents(content_type=stated)
    value = raw[name]
    if value is None:
        return Contents(Presence.NULL, content_type=stated)
    if value == "" and type(value) is str:
        return Contents(Presence.TOMBSTONE if tombstone else Presence.EMPTY, content_type=stated)
    parsed = content_types.parse(stated) if stated else None
    if parsed is None and isinstance(value, str):
        stated = content_types.guess(value.encode("utf-8", "surrogatepass"))
        parsed = content_types.parse(stated)
    if not isinstance(value, str):
        if parsed is not None and not parsed.is_json:
            return body_of(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), stated)
        return Contents(Presence.PRESENT, value, Form.JSON, stated or "application/json")
    assert parsed is not None
    if parsed.is_json:
        return Contents(Presence.PRESENT, _document(value, stated), Form.JSON, stated)
    if parsed.is_binary:
        try:
            contents = from_base64(value)
        except FormatError:  # as the reference: what is no base64 is taken as it stands
            return Contents(Presence.PRESENT, value.encode("utf-8", "surrogatepass"), Form.BINARY, stated)
        return body_of(contents, stated)
    return Contents(Presence.PRESENT, value, Form.TEXT, stated)


def _document(text: str, stated: str | None) -> object:
    """A string under a JSON type: document text if that is an object or a quoted string, else the string itself."""
    if text[:1] == '"' or text.lstrip()[:1] == "{":
        with contextlib.suppress(ValueError):
            return serializer_for(stated).load(text.encode("utf-8", "surrogatepass"))
    return text


def read_http(raw: Mapping[str, object], index: int) -> Interaction:
    """An HTTP interaction of versions 1 to 3: kept as it is; `pactfile.http` reads its parts."""
    description = raw.get("description")
    known = {"description", "providerStates", "providerState", "provider_state"}
    return Interaction(
        InteractionType.HTTP,
        str(description) if description is not None else f"Interaction {index}",
        read_states(raw),
        extra={name: value for name, value in raw.items() if name not in known},
    )


def write(interaction: Interaction) -> dict[str, object]:
    """The message as JSON; its marks are the caller's to put into the file's metadata."""
    raw: dict[str, object] = {**interaction.extra, "description": interaction.description}
    if interaction.provider_states:
        raw["providerStates"] = [state_json(each) for each in interaction.provider_states]
    message = interaction.message
    if message is None:
        return raw
    metadata = dict(message.metadata)
    if message.contents.presence is not Presence.MISSING:
        raw["contents"] = _contents_json(message.contents)
        if message.contents.content_type is not None and metadata_content_type(metadata) is None:
            metadata["contentType"] = message.contents.content_type
    if metadata:
        # As the specification spells it: pact-jvm reads nothing else, the reference reads both.
        raw["metaData"] = metadata
    if rules := rules_json(message.matching_rules):
        raw["matchingRules"] = rules
    if generators := generators_json(message.generators):
        raw["generators"] = generators
    return raw


def _contents_json(contents: Contents) -> object:
    if contents.presence is Presence.NULL:
        return None
    if contents.presence is not Presence.PRESENT:
        return ""
    if contents.form is Form.TYPED and contents.serializer is not others_serializer(contents.content_type):
        raise FormatError(f"version 3 cannot hold contents of type {contents.content_type!r}, which have a schema")
    if contents.form in (Form.BINARY, Form.TYPED):
        assert isinstance(contents.value, bytes)
        parsed = content_types.parse(contents.content_type or "")
        if parsed is not None and not parsed.is_binary:
            raise FormatError(f"version 3 cannot hold contents of type {contents.content_type!r} that are no text")
        return base64.b64encode(contents.value).decode("ascii")
    if contents.value is None:  # version 3 says null where there is nothing
        raise FormatError("version 3 cannot hold contents that are the JSON document null")
    if contents.form is Form.JSON and isinstance(contents.value, str):
        # A quoted string is read back as the string, whatever stands in it.
        return json.dumps(contents.value, ensure_ascii=False)
    return contents.value
