"""Contents as Pact's own plugins write them: the configuration of a file and of an interaction → a serializer.

No schema is read, and nothing imported that can, before contents are read or written with it.
"""

import base64
import binascii
import dataclasses
import functools
import hashlib
import importlib
from collections.abc import Callable, Mapping
from typing import Any, cast

from msgpact.errors import UnreadablePact, shown
from msgpact.model import Contents, Form, Interaction, InteractionType, MessageContents, Presence, Serializer
from msgpact.rules import content_types
from msgpact.serializers.comparing import Came, Example
from msgpact.serializers.plugin_form import PluginForm

__all__ = ["Bound", "bound", "not_verifiable"]

Configuration = Mapping[str, Any]


def bound(interaction: Interaction, metadata: Mapping[str, object]) -> Interaction:
    """The interaction with a serializer for its contents, where a plugin that is known here wrote them.

    Args:
        metadata: The file's own.
    """
    said = interaction.extra.get("pluginConfiguration")
    if interaction.type is InteractionType.HTTP or not isinstance(said, Mapping):
        return interaction
    name = next((each for each in _READERS if each in said), None)
    if name is None:
        return interaction
    ours = interaction.comments.get("msgpact")
    is_exact = isinstance(ours, Mapping) and ours.get("exact") is True
    plugin = _Plugin(name, _plugin(metadata, name), said[name], interaction.description, is_exact)
    return dataclasses.replace(
        interaction,
        message=plugin.bound(interaction.message, "message"),
        request=plugin.bound(interaction.request, "request"),
        responses=tuple(filter(None, (plugin.bound(each, "response") for each in interaction.responses))),
    )


def not_verifiable(interaction: Interaction) -> str | None:
    """Why nothing can be said of an interaction's contents: a plugin that is not known here wrote them."""
    said = interaction.extra.get("pluginConfiguration")
    if not isinstance(said, Mapping) or not said or any(name in said for name in _READERS):
        return None
    return f"contents of the plugin {', '.join(map(repr, said))}, not verified here"


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
    is_exact: bool

    def bound(self, message: MessageContents | None, role: str) -> MessageContents | None:
        if message is None or message.contents.presence not in (Presence.PRESENT, Presence.EMPTY):
            return message
        stated = message.contents
        value = b"" if stated.presence is Presence.EMPTY else stated.value
        if not isinstance(value, bytes):  # no contents of this plugin
            return message
        # Of a plugin's contents that are empty, any byte is too much; of ours they are a message like any other.
        presence = Presence.PRESENT if self.is_exact else stated.presence
        contents = Contents(
            presence, value, Form.TYPED, stated.content_type, stated.content_type_hint, self.serializer(stated, role)
        )
        return dataclasses.replace(message, contents=contents)

    def serializer(self, stated: Contents, role: str) -> "Bound":
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
        return Bound(form, self.description, stated.content_type, role, is_exact=self.is_exact)


class Bound:
    """The serializer that a pact's plugin configuration describes, made when it is first asked for something.

    What is wrong with the configuration is an `UnreadablePact` then, and a missing library a `MissingExtra`.

    Attributes:
        plugin_form: What the file says.
        is_exact: Whether msgpact wrote the contents, so that all of them is compared.
    """

    def __init__(
        self, form: PluginForm, description: str, content_type: str | None, role: str, *, is_exact: bool
    ) -> None:
        self.plugin_form = form
        self.is_exact = is_exact
        self._description = description
        self._content_type = content_type
        self._role = role

    @property
    def content_type(self) -> str:
        """The content type of its messages."""
        return self._content_type or cast(str, cast(Any, self.serializer).content_type)

    @functools.cached_property
    def serializer(self) -> Serializer:
        """The serializer itself."""
        try:
            return _READERS[self.plugin_form.name](self.plugin_form, self._content_type, self._role)
        except _Unusable as error:
            raise UnreadablePact(
                f"Cannot read the contents of {self._description!r} as the plugin {self.plugin_form.name!r} wrote them: "
                f"{error}. Let the tool that made the pact write it again."
            ) from None

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
        comparison = _comparison(self.plugin_form.name)
        return cast(Example, comparison.example(self.serializer, contents, rules, lenient=not self.is_exact))

    def came(self, contents: bytes, beside: object) -> Came:
        """What came, with what the plugin takes for it where it is absent."""
        comparison = _comparison(self.plugin_form.name)
        return cast(Came, comparison.came(self.serializer, contents, beside, lenient=not self.is_exact))

    def __repr__(self) -> str:
        return f"<{self.plugin_form.name} contents of {self._description!r}>"


def _comparison(plugin: str) -> Any:
    return importlib.import_module(f"msgpact.serializers.{plugin}_comparison")


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
    pools: Any = importlib.import_module("msgpact.serializers.protobuf_pools")
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
        return cast(Serializer, module.Avro(text, record=record, content_type=content_type))
    except ValueError as error:
        if isinstance(error, ImportError):
            raise
        raise _Unusable(f"its schema {shown(text, 60)} cannot be used: {error}") from None


_READERS: dict[str, Callable[[PluginForm, str | None, str], Serializer]] = {"protobuf": _protobuf, "avro": _avro}
_KEYS = {"protobuf": "descriptorKey", "avro": "schemaKey"}
