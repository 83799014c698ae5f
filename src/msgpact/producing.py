"""What a producer returned as the message that production would send, and the request that it is given to answer."""

import datetime
import random
from collections.abc import Mapping
from typing import Any

from msgpact.errors import MsgpactError, NothingToVerify, Unserializable
from msgpact.model import Interaction, Message, MessageContents, Outgoing, is_content_type_key
from msgpact.pactfile.interactions import bytes_of
from msgpact.provider import Producer
from msgpact.rules import generators
from msgpact.serializers import serializer_for

__all__ = ["Broken", "message_of", "request_of"]


class Broken(Exception):
    """The contract is broken by what the producer did, before there is a message to compare."""


def message_of(returned: object, producer: Producer) -> Message:
    """The message that production would send for what a producer returned.

    Raises:
        Unserializable: it has no form in its content type.
    """
    metadata: Mapping[str, object] = producer.metadata
    if returned is None:
        raise Broken(
            f"The producer {producer.registered.place} returned None: it made no message. "
            "Return the message; for a tombstone, return msgpact.Outgoing(None)."
        )
    if isinstance(returned, Message):
        merged = {**metadata, **returned.metadata}
        stated = returned.content_type or _stated(metadata) or (producer.content_type if returned.contents else None)
        return Message(
            returned.contents,
            content_type=stated,
            metadata={**merged, "contentType": stated} if stated else merged,
            headers=(),
        )
    if isinstance(returned, Outgoing):
        metadata, returned = {**metadata, **returned.metadata}, returned.value
        if returned is None:
            return Message(None, metadata=metadata)
    content_type = _stated(metadata) or producer.content_type
    try:
        if isinstance(returned, bytes | bytearray | memoryview):
            contents = bytes(returned)
        elif producer.serializer is not None:
            contents = _serialized(producer, returned)
        else:
            contents = serializer_for(content_type).dump(returned)
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, MsgpactError):
            raise
        raised = Unserializable(
            f"Cannot send what the producer {producer.registered.place} returned as {content_type}: {error}. "
            "Return what production sends, or give its serializer=."
        )
        raised.__cause__ = error if producer.serializer is not None else None
        raise raised from None
    return Message(contents, content_type=content_type, metadata=metadata)


def _stated(metadata: Mapping[str, object]) -> str | None:
    for name in ("contentType", *metadata):
        if name in metadata and is_content_type_key(name):
            return str(metadata[name])
    return None


def _serialized(producer: Producer, value: object) -> bytes:
    assert producer.serializer is not None
    contents: object = producer.serializer(value)
    if isinstance(contents, str):
        return contents.encode()
    if not isinstance(contents, bytes | bytearray):
        raise TypeError(f"its serializer gave a {type(contents).__name__}, not bytes")
    return bytes(contents)


def request_of(producer: Producer, interaction: Interaction, values: Mapping[str, object]) -> object:
    """The example request, with what the states gave put in, as the type that the function annotates."""
    expected = interaction.request
    assert expected is not None
    parameter = producer.registered.parameters.positional[0]
    into: Any = producer.registered.parameters.annotation(parameter, needed=True)
    message = _generated(expected, interaction, values)
    if into is Message:
        return message
    if message.contents is None or into is bytes:
        return message.contents
    serializer = serializer_for(message.content_type)
    try:
        if into is parameter.empty or into in (Any, object, dict):
            return serializer.load(message.contents)
        return serializer.build(message.contents, into)
    except (TypeError, ValueError) as error:
        raise Broken(
            f"The request of {interaction.description!r} does not load as {getattr(into, '__name__', into)} for "
            f"{producer.registered.place}: {error}"
        ) from None


def _generated(expected: MessageContents, interaction: Interaction, values: Mapping[str, object]) -> Message:
    context = generators.Context(random.Random(0), datetime.datetime.now(datetime.UTC), "provider", values)
    contents = bytes_of(expected.contents)
    metadata: Mapping[str, object] = expected.metadata
    try:
        if body := expected.generators.get("body"):
            contents = serializer_for(expected.contents.content_type).dump(
                generators.apply(expected.contents.value, body, context)
            )
        if said := expected.generators.get("metadata"):
            metadata = generators.apply_to_metadata(expected.metadata, said, context)
    except generators.GeneratorError as error:
        raise NothingToVerify(
            f"Cannot make the request of {interaction.description!r}: {error}. Let a state return the value."
        ) from None
    return Message(contents, content_type=expected.contents.content_type, metadata=metadata)
