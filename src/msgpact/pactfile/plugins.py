"""Contents as Pact's own plugins write them: the configuration of a file and of an interaction → a serializer."""

import dataclasses
from collections.abc import Mapping
from typing import Any, TypeVar

from msgpact.model import Contents, Form, Interaction, InteractionType, MessageContents, Presence
from msgpact.pactfile.bound import Bound
from msgpact.pactfile.plugin_schemas import JSON
from msgpact.serializers import json
from msgpact.serializers.plugin_form import APART, KEYS, PluginForm

__all__ = ["bound"]

Configuration = Mapping[str, Any]
_Message = TypeVar("_Message", MessageContents, MessageContents | None)


def bound(interaction: Interaction, metadata: Mapping[str, object]) -> Interaction:
    """The interaction with a serializer for its contents, where a plugin that is known here wrote them.

    Args:
        metadata: The file's own.
    """
    said = interaction.extra.get("pluginConfiguration")
    if interaction.type is InteractionType.HTTP or (
        isinstance(said, Mapping) and not any(each in said for each in KEYS)
    ):
        return interaction
    ours = _mapping(interaction.comments.get("msgpact"))
    if said is None and _OF_SCHEMAS.isdisjoint(ours):  # nearly all
        return interaction
    said_of_each = ours.get("response")
    marks = [_mapping(each) for each in said_of_each] if isinstance(said_of_each, list) else []
    asked = _mapping(ours.get("request"))
    is_apart = any(APART in each for each in (asked, *marks))

    def bound_by(message: _Message, role: str, mark: Configuration) -> _Message:
        return _plugin_of(mark.get(APART) if is_apart else said, interaction, metadata).bound(message, role, mark)

    return dataclasses.replace(
        interaction,
        message=bound_by(interaction.message, "message", ours),
        request=bound_by(interaction.request, "request", asked),
        responses=tuple(
            bound_by(each, "response", marks[index] if index < len(marks) else {})
            for index, each in enumerate(interaction.responses)
        ),
    )


_OF_SCHEMAS = frozenset({"framing", "request", "response", APART})
"""What our comments say where contents without a plugin's configuration have a frame or a schema."""


def _plugin_of(said: object, interaction: Interaction, metadata: Mapping[str, object]) -> "_Plugin | _FramedJson":
    """What is said of a part by a plugin's configuration, or without one by us."""
    name = next((each for each in KEYS if each in said), None) if isinstance(said, Mapping) else None
    if name is None:
        return _FramedJson(interaction.description)
    return _Plugin(name, _plugin(metadata, name), _mapping(said)[name], interaction.description)


def _mapping(value: object) -> Configuration:
    return value if isinstance(value, Mapping) else {}


def _plugin(metadata: Mapping[str, object], name: str) -> Configuration:
    """A plugin's entry in the file."""
    plugins = metadata.get("plugins")
    for each in plugins if isinstance(plugins, list) else ():
        if isinstance(each, Mapping) and each.get("name") == name:
            return each
    return {}


@dataclasses.dataclass(frozen=True, slots=True)
class _Plugin:
    """What a file and an interaction say of the contents of one plugin."""

    name: str
    of_file: Configuration
    said: object
    description: str

    def bound(self, message: _Message, role: str, ours: Configuration) -> _Message:
        """The message with its serializer; *ours* is what our comments say of it."""
        if message is None or message.contents.presence not in (Presence.PRESENT, Presence.EMPTY):
            return message
        stated = message.contents
        value = b"" if stated.presence is Presence.EMPTY else stated.value
        if not isinstance(value, bytes):  # no contents of this plugin
            return message
        # Of a plugin's contents that are empty, any byte is too much; of ours they are a message like any other.
        presence = Presence.PRESENT if ours.get("exact") is True else stated.presence
        unstated, empty = ours.get("unstated"), _mapping(ours.get("empty"))
        contents = Contents(
            presence,
            value,
            Form.TYPED,
            stated.content_type,
            stated.content_type_hint,
            self.serializer(stated, role, ours),
            tuple(map(str, unstated)) if isinstance(unstated, list) else (),
            {path: each for path, each in empty.items() if each in ([], {})},
        )
        return dataclasses.replace(message, contents=contents)

    def serializer(self, stated: Contents, role: str, ours: Configuration) -> "Bound":
        said = self.said if isinstance(self.said, Mapping) else {}
        schemas = self.of_file.get("configuration")
        key = said.get(KEYS[self.name])
        schema = schemas.get(key) if isinstance(schemas, Mapping) and isinstance(key, str) else None
        form = PluginForm(
            self.name,
            str(self.of_file.get("version", "")),
            key if isinstance(key, str) else "",
            schema if isinstance(schema, Mapping) else {},
            said,
        )
        is_exact, framing = ours.get("exact") is True, ours.get("framing")
        named = str(framing) if framing is not None else "none" if is_exact else None
        return Bound(form, self.description, stated.content_type, role, is_exact=is_exact, demanded=named)


@dataclasses.dataclass(frozen=True, slots=True)
class _FramedJson:
    """What our comments say of JSON that travels in a frame; there is no plugin for it."""

    description: str

    def bound(self, message: _Message, role: str, ours: Configuration) -> _Message:
        """The message with its serializer, where it demands a frame."""
        framing = ours.get("framing")
        if message is None or not isinstance(framing, str) or framing == "none":
            return message
        stated = message.contents
        if stated.presence is not Presence.PRESENT or stated.form is not Form.JSON:
            return message
        form = PluginForm(JSON, "", "", {}, {})
        serializer = Bound(form, self.description, stated.content_type, role, is_exact=True, demanded=framing)
        contents = dataclasses.replace(stated, value=json.dump(stated.value), form=Form.TYPED, serializer=serializer)
        return dataclasses.replace(message, contents=contents)
