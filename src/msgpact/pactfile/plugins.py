"""Contents as Pact's own plugins write them: the configuration of a file and of an interaction → a serializer.

No schema is read, and nothing imported that can, before contents are read or written with it.
"""

import base64
import binascii
import copy
import dataclasses
import functools
import hashlib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from msgpact.errors import UnreadablePact, shown
from msgpact.model import (
    Contents,
    Contract,
    Form,
    Headers,
    Interaction,
    InteractionType,
    MessageContents,
    Presence,
    Serializer,
)
from msgpact.rules import content_types
from msgpact.serializers import json, received, sent
from msgpact.serializers.base import bare_reader
from msgpact.serializers.comparing import Came, Example
from msgpact.serializers.framed import NO_REGISTRY, Framing, Registry
from msgpact.serializers.framing import FRAMES, framing_of
from msgpact.serializers.plugin_form import PluginForm

__all__ = ["Bound", "beside", "bound", "looked_up", "not_verifiable", "unknown_in"]

Configuration = Mapping[str, Any]
_LONGEST = 1000
_Message = TypeVar("_Message", MessageContents, MessageContents | None)


def bound(interaction: Interaction, metadata: Mapping[str, object]) -> Interaction:
    """The interaction with a serializer for its contents, where a plugin that is known here wrote them.

    Args:
        metadata: The file's own.
    """
    said = interaction.extra.get("pluginConfiguration")
    if interaction.type is InteractionType.HTTP:
        return interaction
    ours = _mapping(interaction.comments.get("msgpact"))
    plugin: _Plugin | _FramedJson
    if isinstance(said, Mapping):
        name = next((each for each in _KEYS if each in said), None)
        if name is None:
            return interaction
        plugin = _Plugin(name, _plugin(metadata, name), said[name], interaction.description)
    else:
        plugin = _FramedJson(interaction.description)
    said_of_each = ours.get("response")
    marks = said_of_each if isinstance(said_of_each, list) else []
    return dataclasses.replace(
        interaction,
        message=plugin.bound(interaction.message, "message", ours),
        request=plugin.bound(interaction.request, "request", _mapping(ours.get("request"))),
        responses=tuple(
            plugin.bound(each, "response", _mapping(marks[index]) if index < len(marks) else {})
            for index, each in enumerate(interaction.responses)
        ),
    )


def _mapping(value: object) -> Configuration:
    return value if isinstance(value, Mapping) else {}


def looked_up(contract: Contract, registry: Registry | None) -> Contract:
    """The contract with its messages' schemas looked up in a registry."""
    if registry is None:
        return contract
    found = []
    for each in contract.interactions:
        message, request = each.message, each.request
        found.append(
            dataclasses.replace(
                each,
                message=None if message is None else beside(message, None, registry),
                request=None if request is None else beside(request, None, registry),
                responses=tuple(beside(response, None, registry) for response in each.responses),
            )
        )
    return dataclasses.replace(contract, interactions=tuple(found))


def beside(expected: MessageContents, sends: object, registry: Registry | None) -> MessageContents:
    """What is expected, of messages of a sender: see `Bound.beside`."""
    serializer = expected.contents.serializer
    if not isinstance(serializer, Bound) or (sends is None and registry is None):
        return expected
    contents = dataclasses.replace(expected.contents, serializer=serializer.beside(sends, registry))
    return dataclasses.replace(expected, contents=contents)


def unframed(expected: MessageContents) -> MessageContents:
    """What is expected, without the frame: for whoever is given what is in it."""
    serializer = expected.contents.serializer
    if not isinstance(serializer, Bound):
        return expected
    return dataclasses.replace(
        expected, contents=dataclasses.replace(expected.contents, serializer=serializer.unframed())
    )


def not_verifiable(interaction: Interaction) -> str | None:
    """Why nothing can be said of an interaction's contents: a plugin that is not known here wrote them."""
    unknown = unknown_in(interaction.extra)
    return f"contents of the plugin {', '.join(map(shown, unknown[:3]))}, not verified here" if unknown else None


def unknown_in(raw: Mapping[str, object]) -> tuple[str, ...]:
    """The plugins that wrote an interaction's contents, if none of them is known here."""
    said = raw.get("pluginConfiguration")
    if not isinstance(said, Mapping) or any(name in said for name in _KEYS):
        return ()
    return tuple(map(str, said))


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
        unstated = ours.get("unstated")
        contents = Contents(
            presence,
            value,
            Form.TYPED,
            stated.content_type,
            stated.content_type_hint,
            self.serializer(stated, role, ours),
            tuple(map(str, unstated)) if isinstance(unstated, list) else (),
        )
        return dataclasses.replace(message, contents=contents)

    def serializer(self, stated: Contents, role: str, ours: Configuration) -> "Bound":
        said = self.said if isinstance(self.said, Mapping) else {}
        schemas = self.of_file.get("configuration")
        key = said.get(_KEYS[self.name])
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
        return Bound(form, self.description, stated.content_type, role, is_exact=is_exact, framing=named)


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
        form = PluginForm(_JSON, "", "", {}, {})
        serializer = Bound(form, self.description, stated.content_type, role, is_exact=True, framing=framing)
        contents = dataclasses.replace(stated, value=json.dump(stated.value), form=Form.TYPED, serializer=serializer)
        return dataclasses.replace(message, contents=contents)


class Bound:
    """The serializer that a pact's plugin configuration describes, made when it is first asked for something.

    What is wrong with the configuration is an `UnreadablePact` then, and a missing library a `MissingExtra`.

    Attributes:
        plugin_form: What the file says.
        is_exact: Whether msgpact wrote the contents, so that all of them is compared.
        framing: The name of the frame that the contract demands; None where it cannot say, as the plugins cannot.
    """

    def __init__(
        self,
        form: PluginForm,
        description: str,
        content_type: str | None,
        role: str,
        *,
        is_exact: bool,
        framing: str | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.plugin_form = form
        self.is_exact = is_exact
        self.framing = framing
        self._description = description
        self._content_type = content_type
        self._role = role
        self._registry = registry
        self._sends: object = None

    @property
    def content_type(self) -> str:
        """The content type of its messages."""
        return self._content_type or cast(str, cast(Any, self.serializer).content_type)

    @functools.cached_property
    def _bare(self) -> Serializer:
        try:
            return _read(self.plugin_form, self._content_type, self._role)
        except _Unusable as error:
            raise self._unreadable(error) from None

    def _unreadable(self, why: object) -> UnreadablePact:
        reason = str(why)
        if len(reason) > _LONGEST:  # what is shown of a stranger's file may be of any length
            reason = f"{reason[:_LONGEST]}…"
        return UnreadablePact(
            f"Cannot read the contents of {shown(self._description)} as the plugin {self.plugin_form.name!r} wrote them: "
            f"{reason}. Let the tool that made the pact write it again."
        )

    @functools.cached_property
    def serializer(self) -> Serializer:
        """The serializer itself, with the frame that the contract demands or, where it cannot say, the sender's."""
        theirs = getattr(self._sends, "framing", None)
        framing = theirs if self.framing is None else None
        if self.framing not in (None, "none"):
            framing = self._demanded(self.framing, theirs)
        if framing is None:
            return self._bare
        framed: Any = copy.copy(self._bare)
        framed.framing = framing
        return cast(Serializer, framed)

    def _demanded(self, name: str, theirs: Any) -> Framing:
        """The frame of a name, with the registry that is asked or, where the frame has none, what the sender's knows."""
        if name in FRAMES:
            return framing_of(name, self._registry or getattr(theirs, "registry", None) or NO_REGISTRY)
        if getattr(theirs, "name", None) == name:
            return cast(Framing, theirs)
        own: Mapping[str, Framing] = getattr(self._bare, "frames", {})
        if name not in own:
            raise self._unreadable(f"it demands the frame {name!r}, and there are {', '.join([*FRAMES, *own])}")
        return own[name]

    def dump(self, value: object) -> bytes:
        """As the serializer."""
        return self.serializer.dump(value)

    def load(self, contents: bytes) -> object:
        """As the serializer."""
        return self.serializer.load(contents)

    def build(self, contents: bytes, into: object) -> object:
        """As the serializer."""
        return self.serializer.build(contents, into)

    def example(self, contents: bytes, rules: Mapping[str, Any]) -> Example:
        """The example, without what the plugin that wrote it does not compare."""
        if self.plugin_form.name == _JSON:
            return Example(self.load(contents), rules)
        comparison = _comparison(self.plugin_form.name)
        return cast(Example, comparison.example(self.serializer, contents, rules, lenient=not self.is_exact))

    def came(self, contents: bytes, beside: object) -> Came:
        """What came, with what the plugin takes for it where it is absent."""
        if self.plugin_form.name == _JSON:
            return Came(self.load(contents))
        comparison = _comparison(self.plugin_form.name)
        return cast(Came, comparison.came(self.serializer, contents, beside, lenient=not self.is_exact))

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """As the serializer."""
        return sent(self.serializer, payload)

    @property
    def known(self) -> object:
        """What is sure of every document, by the schema: see `rules.plan`."""
        return getattr(self.serializer, "known", None)

    @property
    def bare_reader(self) -> Callable[[bytes], object] | None:
        """What reads contents where no frame, and no other schema of a sender's, is to be looked at."""
        return bare_reader(self.serializer) if self._sends is None else None

    def received(self, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
        """The payload, and what reads it; which is this, unless it was written by another schema."""
        serializer, payload = received(self.serializer, contents, headers)
        writer, reading = getattr(self._sends, "schema", None), getattr(serializer, "reading", None)
        if serializer is self._bare and writer is not None and reading is not None:  # no frame names the schema
            serializer = reading(writer)
        return (self if serializer in (self.serializer, self._bare) else serializer), payload

    def beside(self, sends: object, registry: Registry | None) -> "Bound":
        """The same for messages of a sender, by whose schema and in whose registry they are looked up.

        Args:
            sends: The serializer of the sender, if it has one: its `schema` is the writer's where no frame names one; its
                `framing` has a registry, and is the one that counts where the contract cannot say one.
            registry: Where the schemas of frames are looked up, if not in the sender's.
        """
        found = copy.copy(self)
        found.__dict__.update(_sends=sends, _registry=registry or self._registry)
        found.__dict__.pop("serializer", None)
        return found

    def unframed(self) -> "Bound":
        """The same without a frame."""
        found = copy.copy(self)
        found.framing = "none"
        found.__dict__.pop("serializer", None)
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.plugin_form.key, self._role))

    @property
    def _said(self) -> tuple[object, ...]:
        return self.plugin_form, self._content_type, self._role, self.is_exact, self.framing

    def __repr__(self) -> str:
        return f"<{self.plugin_form.name} contents of {self._description!r}>"


def _comparison(plugin: str) -> Any:
    return importlib.import_module(f"msgpact.serializers.{plugin}.comparison")


# -- the plugins -----------------------------------------------------------------------------------------------------


class _Unusable(Exception):
    """A configuration that cannot be used; a clause."""


def _protobuf(form: PluginForm, content_type: str | None, role: str) -> Serializer:
    descriptors = _descriptors(form)
    module: Any = importlib.import_module("msgpact.serializers.protobuf")
    name = _message_name(form, content_type) or _message_of_method(form, descriptors, role)
    serializer = module.Protobuf(name.removeprefix("."), proto=descriptors, content_type=content_type)
    try:
        serializer.shape  # noqa: B018  (reads the schema, which is what may fail)
    except ValueError as error:
        if isinstance(error, ImportError):
            raise
        raise _Unusable(str(error).partition(": ")[2].rstrip(".") or str(error)) from None
    return cast(Serializer, serializer)


def _descriptors(form: PluginForm) -> bytes:
    """The FileDescriptorSet, which its key is the fingerprint of."""
    text = form.schema.get("protoDescriptors")
    if not form.key:
        raise _Unusable("its configuration has no descriptorKey")
    if not isinstance(text, str):
        raise _Unusable(f"the file has no descriptors under the key {form.key!r}")
    try:
        descriptors = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _Unusable(f"the descriptors under the key {form.key!r} are not base64: {error}") from None
    found = hashlib.md5(descriptors, usedforsecurity=False).hexdigest()
    if found != form.key:
        raise _Unusable(f"the descriptors under the key {form.key!r} are others, of the key {found!r}")
    return descriptors


def _message_name(form: PluginForm, content_type: str | None) -> str | None:
    """The message that the interaction or its content type names, in older files without its package."""
    stated = form.interaction.get("message")
    if isinstance(stated, str) and stated:
        return stated
    parsed = content_types.parse(content_type) if content_type else None
    return dict(parsed.parameters).get("message") if parsed is not None else None


def _message_of_method(form: PluginForm, descriptors: bytes, role: str) -> str:
    """The message that a service's method takes or gives; of a one-way message, as the plugin, the one it takes."""
    service = form.interaction.get("service")
    if not isinstance(service, str) or "/" not in service:
        raise _Unusable("its configuration names neither a message nor a service with its method")
    name, _, method = service.removeprefix(".").partition("/")
    pools: Any = importlib.import_module("msgpact.serializers.protobuf.pools")
    try:
        found = pools.pool_of(descriptors).FindServiceByName(name).methods_by_name[method.partition(":")[0]]
    except (KeyError, ValueError) as error:
        if isinstance(error, ImportError):
            raise
        raise _Unusable(f"its descriptors have no {service!r}") from None
    return str((found.output_type if role == "response" else found.input_type).full_name)


def _avro(form: PluginForm, content_type: str | None, role: str) -> Serializer:  # noqa: ARG001  (a reader)
    text = form.schema.get("avroSchema")
    record = form.interaction.get("record")
    if not form.key:
        raise _Unusable("its configuration has no schemaKey")
    if not isinstance(text, str):
        raise _Unusable(f"the file has no schema under the key {form.key!r}")
    if not isinstance(record, str) or not record:
        parsed = content_types.parse(content_type) if content_type else None
        record = dict(parsed.parameters).get("record") if parsed is not None else None
    if not record:
        raise _Unusable("its configuration names no record")
    module: Any = importlib.import_module("msgpact.serializers.avro")
    try:
        named = None if record in _WITHOUT_NAME else record
        return cast(Serializer, module.Avro(text, record=named, content_type=content_type))
    except ValueError as error:
        if isinstance(error, ImportError):
            raise
        raise _Unusable(f"its schema {shown(text, 60)} cannot be used: {error}") from None


_WITHOUT_NAME = frozenset(
    {"array", "map", "union", "null", "boolean", "int", "long", "float", "double", "bytes", "string"}
)
"""What we write as the record where the schema is of a type without a name."""


@functools.lru_cache(maxsize=128)
def _read(form: PluginForm, content_type: str | None, role: str) -> Serializer:
    """The serializer of a configuration, one for all interactions that say the same."""
    return _READERS[form.name](form, content_type, role)


def _json(form: PluginForm, content_type: str | None, role: str) -> Serializer:  # noqa: ARG001  (a reader)
    module: Any = importlib.import_module("msgpact.serializers.json_schema")
    # The schema is the frame's; whether it is held to is the sender's business.
    return cast(Serializer, module.JsonSchema(True, validate=False, content_type=content_type or "application/json"))


_JSON = "json"
"""Stands for the name of a plugin where there is none."""

_READERS: dict[str, Callable[[PluginForm, str | None, str], Serializer]] = {
    "protobuf": _protobuf,
    "avro": _avro,
    _JSON: _json,
}
_KEYS = {"protobuf": "descriptorKey", "avro": "schemaKey"}
