"""The schema that a plugin's configuration holds → the serializer that knows it.

No schema is read, and nothing imported that can, before contents are read or written with it.
"""

import base64
import binascii
import functools
import hashlib
import importlib
from collections.abc import Callable
from typing import Any, cast

from msgpact.errors import MissingExtra, shown
from msgpact.model import Serializer
from msgpact.rules import content_types
from msgpact.serializers.base import UnusableSchema
from msgpact.serializers.plugin_form import PluginForm

__all__ = ["JSON", "Unusable", "serializer_of"]


class Unusable(Exception):
    """A configuration that cannot be used; a clause."""


def _protobuf(form: PluginForm, content_type: str | None, role: str) -> Serializer:
    descriptors = _descriptors(form)
    module: Any = importlib.import_module("msgpact.serializers.protobuf")
    name = _message_name(form, content_type) or _message_of_method(form, descriptors, role)
    serializer = module.Protobuf(name.removeprefix("."), proto=descriptors, content_type=content_type)
    try:
        serializer.shape  # noqa: B018  (reads the schema, which is what may fail)
    except UnusableSchema as error:
        raise Unusable(error.why) from None
    return cast(Serializer, serializer)


def _descriptors(form: PluginForm) -> bytes:
    """The FileDescriptorSet, which its key is the fingerprint of."""
    text = form.schema.get("protoDescriptors")
    if not form.key:
        raise Unusable("its configuration has no descriptorKey")
    if not isinstance(text, str):
        raise Unusable(f"the file has no descriptors under the key {form.key!r}")
    try:
        descriptors = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unusable(f"the descriptors under the key {form.key!r} are not base64: {error}") from None
    found = hashlib.md5(descriptors, usedforsecurity=False).hexdigest()
    if found != form.key:
        raise Unusable(f"the descriptors under the key {form.key!r} are others, of the key {found!r}")
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
        raise Unusable("its configuration names neither a message nor a service with its method")
    name, _, method = service.removeprefix(".").partition("/")
    pools: Any = importlib.import_module("msgpact.serializers.protobuf.pools")
    try:
        found = pools.pool_of(descriptors).FindServiceByName(name).methods_by_name[method.partition(":")[0]]
    except MissingExtra:
        raise
    except (KeyError, ValueError):
        raise Unusable(f"its descriptors have no {service!r}") from None
    return str((found.output_type if role == "response" else found.input_type).full_name)


def _avro(form: PluginForm, content_type: str | None, role: str) -> Serializer:  # noqa: ARG001  (a reader)
    text = form.schema.get("avroSchema")
    record = form.interaction.get("record")
    if not form.key:
        raise Unusable("its configuration has no schemaKey")
    if not isinstance(text, str):
        raise Unusable(f"the file has no schema under the key {form.key!r}")
    if not isinstance(record, str) or not record:
        parsed = content_types.parse(content_type) if content_type else None
        record = dict(parsed.parameters).get("record") if parsed is not None else None
    if not record:
        raise Unusable("its configuration names no record")
    module: Any = importlib.import_module("msgpact.serializers.avro")
    try:
        named = None if record in _WITHOUT_NAME else record
        return cast(Serializer, module.Avro(text, record=named, content_type=content_type))
    except UnusableSchema as error:
        raise Unusable(f"its schema {shown(text, 60)} cannot be used: {error.why}") from None


_WITHOUT_NAME = frozenset(
    {"array", "map", "union", "null", "boolean", "int", "long", "float", "double", "bytes", "string"}
)
"""What we write as the record where the schema is of a type without a name."""


@functools.lru_cache(maxsize=128)
def serializer_of(form: PluginForm, content_type: str | None, role: str) -> Serializer:
    """The serializer of a configuration, one for all interactions that say the same."""
    return _READERS[form.name](form, content_type, role)


def _json(form: PluginForm, content_type: str | None, role: str) -> Serializer:  # noqa: ARG001  (a reader)
    module: Any = importlib.import_module("msgpact.serializers.json_schema")
    # The schema is the frame's; whether it is held to is the sender's business.
    return cast(Serializer, module.JsonSchema(True, validate=False, content_type=content_type or "application/json"))


JSON = "json"
"""Stands for the name of a plugin where there is none."""

_READERS: dict[str, Callable[[PluginForm, str | None, str], Serializer]] = {
    "protobuf": _protobuf,
    "avro": _avro,
    JSON: _json,
}
