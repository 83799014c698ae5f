"""What versions 3 and 4 of the file format share: names, provider states, contents, and where something is wrong."""

import base64
import binascii
import json
from collections.abc import Mapping

from msgpact.errors import MsgpactError
from msgpact.model import (
    Contents,
    Form,
    Generator,
    Interaction,
    PathRules,
    Presence,
    ProviderState,
    Serializer,
    is_content_type_key,
)
from msgpact.pactfile.rulesets import RuleError, read_generators, read_rules
from msgpact.rules import content_types
from msgpact.serializers import others_serializer, serializer_for

__all__ = [
    "FormatError",
    "body_of",
    "bytes_of",
    "from_base64",
    "mapping_of",
    "metadata_content_type",
    "own_comments",
    "read_parts",
    "read_states",
    "state_json",
]


class FormatError(ValueError):
    """A part of a pact that is not as the specification says; the message is a clause."""


def mapping_of(value: object, name: str) -> Mapping[str, object]:
    """*value* as a JSON object, nothing as an empty one."""
    if isinstance(value, dict):
        return value
    if value is None:
        return {}
    raise FormatError(f"{name} is no object: {_cut(value)}")


def _cut(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= 80 else text[:80] + "…"


def read_states(interaction: Mapping[str, object]) -> tuple[ProviderState, ...]:
    """`providerStates`, or the single string of versions 1 and 2 (`providerState`, `provider_state`)."""
    states = interaction.get("providerStates")
    if states is None:
        single = interaction.get("providerState") or interaction.get("provider_state")
        return (ProviderState(str(single)),) if single else ()
    if isinstance(states, str):
        return (ProviderState(states),) if states else ()
    if not isinstance(states, list):
        raise FormatError(f"providerStates is no array: {_cut(states)}")
    read = []
    for each in states:
        if isinstance(each, str):
            read.append(ProviderState(each))
        elif isinstance(each, Mapping) and isinstance(each.get("name"), str):
            read.append(ProviderState(each["name"], mapping_of(each.get("params"), "params of a provider state")))
        else:
            raise FormatError(f"a provider state has no name: {_cut(each)}")
    return tuple(read)


def state_json(state: ProviderState) -> dict[str, object]:
    """A provider state as it is written."""
    return {"name": state.name, "params": dict(state.params)} if state.params else {"name": state.name}


def own_comments(interaction: Interaction) -> dict[str, object]:
    """What msgpact says of an interaction beside the specification: in version 4 `comments.msgpact`."""
    ours = interaction.comments.get("msgpact")
    said = dict(ours) if isinstance(ours, Mapping) else {}
    if interaction.message is not None and interaction.message.contents.presence is Presence.TOMBSTONE:
        said["tombstone"] = True
    return said


def read_parts(
    part: Mapping[str, object],
) -> tuple[dict[str, PathRules], dict[str, dict[str, Generator]]]:
    """The matching rules and the generators of a message."""
    rules, generators = part.get("matchingRules"), part.get("generators")
    try:
        return read_rules(rules) if rules else {}, read_generators(generators) if generators else {}
    except RuleError as error:
        raise FormatError(str(error)) from None


def metadata_content_type(metadata: Mapping[str, object]) -> str | None:
    """The content type that metadata states, a list's first entry included."""
    for name, value in metadata.items():
        if is_content_type_key(name):
            if isinstance(value, list) and value:
                value = value[0]
            if isinstance(value, str):
                return value
    return None


def from_base64(text: str) -> bytes:
    """The bytes of strict base64, line breaks allowed."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise FormatError(f"the contents are not base64: {error}") from None


def body_of(contents: bytes, content_type: str | None, hint: str | None = None) -> Contents:
    """Contents given as bytes, in the form their type is compared in; what is no type is guessed from the bytes."""
    stated = content_types.parse(content_type) if content_type is not None else None
    guessed = content_types.guess(contents) if stated is None else ""
    parsed = stated or content_types.parse(guessed)
    others = others_serializer(content_type)
    if others is not None:
        return _typed(contents, content_type, hint, others)
    if parsed is not None and parsed.is_json and hint != "BINARY":
        try:
            document = serializer_for("application/json").load(contents)
            return Contents(Presence.PRESENT, document, Form.JSON, content_type or guessed, hint)
        except ValueError as error:
            if stated is not None:
                raise FormatError(f"the contents are of type {content_type!r}, but {error}") from None
            guessed = "text/plain"  # it only looked like JSON
    if parsed is not None and parsed.is_text and hint != "BINARY":
        try:
            return Contents(Presence.PRESENT, contents.decode(), Form.TEXT, content_type or guessed, hint)
        except UnicodeDecodeError:
            pass
    return Contents(Presence.PRESENT, contents, Form.BINARY, content_type or guessed, hint)


def _typed(contents: bytes, content_type: str | None, hint: str | None, serializer: Serializer) -> Contents:
    """Contents that another package's serializer reads, as it is found by their type."""
    try:
        serializer.load(contents)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        raise FormatError(f"the contents are of type {content_type!r}, but {error}") from None
    return Contents(Presence.PRESENT, contents, Form.TYPED, content_type, hint, serializer)


def bytes_of(contents: Contents) -> bytes | None:
    """The example contents as bytes; None for a tombstone and for contents that are not stated."""
    if contents.presence is Presence.EMPTY:
        return b""
    if contents.presence is not Presence.PRESENT:
        return None
    if contents.form is Form.TYPED:
        assert isinstance(contents.value, bytes)
        return contents.value
    if contents.form is Form.JSON:
        return json.dumps(contents.value, ensure_ascii=False, separators=(",", ":")).encode()
    if contents.form is Form.TEXT:
        return str(contents.value).encode()
    assert isinstance(contents.value, bytes)
    return contents.value
