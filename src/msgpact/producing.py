"""What a producer returned as the message that production would send, and the request that it is given to answer."""

import datetime
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from msgpact.calls import Call, Steps, in_words
from msgpact.errors import MsgpactError, NothingToVerify, Unserializable
from msgpact.example_messages import as_sent
from msgpact.expectation import load_as, native_type
from msgpact.model import (
    Form,
    Interaction,
    Message,
    MessageContents,
    Outgoing,
    Serializer,
    is_content_type_key,
)
from msgpact.pactfile import bound
from msgpact.provider import Producer, Serialize
from msgpact.rules import generators
from msgpact.serializers import sent, serializer_for
from msgpact.serializers.members import of_messages
from msgpact.signatures import Place

__all__ = ["Broken", "Maker", "message_of", "request_of", "serialized"]


class Broken(Exception):
    """The contract is broken by what the producer did, before there is a message to compare."""


# -- what was returned → the message ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Maker:
    """A function that makes a message, and what production adds to what it returns.

    Attributes:
        role: What it is called: the provider's `producer`, the consumer's `sender` of a request.
        assumed: Whether bytes that come without a content type have none: nobody stated it, and their schema says what they are.
    """

    place: Place
    content_type: str
    metadata: Mapping[str, object] = field(default_factory=dict)
    serializer: Serialize | Serializer | None = None
    role: str = "producer"
    assumed: bool = False

    @classmethod
    def of(cls, producer: Producer, expected: MessageContents) -> "Maker":
        """A provider's producer as one, of a message that is expected."""
        place, assumed = producer.registered.place, producer.assumed and expected.contents.form is Form.TYPED
        return cls(place, producer.content_type, producer.metadata, producer.serializer, assumed=assumed)

    @property
    def of_bytes(self) -> str | None:
        """The content type of bytes that come without one."""
        return None if self.assumed else self.content_type

    def __str__(self) -> str:
        return f"{self.role} {self.place}"


def serialized(returned: object, maker: Maker) -> Steps[object]:
    """What was returned, its value made bytes by the serializer that the user gave; what has no value is left."""
    value = returned.value if isinstance(returned, Outgoing) else returned
    serialize = maker.serializer
    if not callable(serialize) or value is None or isinstance(value, Message | bytes | bytearray | memoryview):
        return returned
    try:
        contents: object = yield Call(serialize, (value,), {}, "serializer")
    except MsgpactError:
        raise
    except Exception as error:
        what = f"its serializer {Place.of(serialize)} raised {in_words(error)}"
        raise _unserializable(maker, _content_type(maker, returned), what) from error
    if isinstance(contents, str):
        contents = contents.encode()
    if not isinstance(contents, bytes | bytearray | memoryview):
        what = f"its serializer {Place.of(serialize)} gave a {type(contents).__name__}, not bytes"
        raise _unserializable(maker, _content_type(maker, returned), what)
    return Outgoing(contents, returned.metadata) if isinstance(returned, Outgoing) else contents


def message_of(returned: object, maker: Maker) -> Message:
    """The message that production would send for what a function returned.

    Raises:
        Broken: it made no message.
        Unserializable: it has no form in its content type.
    """
    if returned is None:
        hint = "; for a tombstone, return msgpact.Outgoing(None)" if maker.role == "producer" else ""
        raise Broken(f"The {maker} returned None: it made no message. Return the message{hint}.")
    metadata = _metadata(maker, returned)
    if isinstance(returned, Message):
        stated = _stated(metadata) or (maker.of_bytes if returned.contents else None)
        return Message(returned.contents, content_type=stated, metadata=metadata)
    content_type = _stated(metadata) or maker.content_type
    value = returned.value if isinstance(returned, Outgoing) else returned
    if value is None:
        return Message(None, metadata=metadata)
    if isinstance(value, bytes | bytearray | memoryview):
        return Message(bytes(value), content_type=_stated(metadata) or maker.of_bytes, metadata=metadata)
    serializer = serializer_for(content_type) if maker.serializer is None else maker.serializer
    assert not callable(serializer)
    try:
        contents, headers = sent(serializer, serializer.dump(value))
    except MsgpactError:
        raise
    except Exception as error:
        # A TypeError or ValueError says itself what is wrong; anything else is the user's own code within.
        known = isinstance(error, TypeError | ValueError | RecursionError)
        what = str(error) if known else f"it raised {in_words(error)}"
        raise _unserializable(maker, content_type, what) from (None if known else error)
    said = next((each for name, each in headers if is_content_type_key(name)), None)
    if said is not None and _stated(metadata) is None:  # an envelope that knows it, such as an event's
        content_type = said.decode()
    return Message(bytes(contents), content_type=content_type, metadata=metadata, headers=headers)


def _metadata(maker: Maker, returned: object) -> Mapping[str, object]:
    """What production adds, under what the function itself said."""
    said = returned.metadata if isinstance(returned, Message | Outgoing) else None
    if not said:
        return maker.metadata
    added = maker.metadata
    if _stated(said) is not None:  # however it is spelt
        added = {name: value for name, value in added.items() if not is_content_type_key(name)}
    return {**added, **said}


def _stated(metadata: Mapping[str, object]) -> str | None:
    """The content type that metadata states."""
    for name in metadata:
        if is_content_type_key(name):
            return str(metadata[name])
    return None


def _content_type(maker: Maker, returned: object) -> str:
    return _stated(_metadata(maker, returned)) or maker.content_type


def _unserializable(maker: Maker, content_type: str, what: str) -> Unserializable:
    hint = ", or give production's serializer=" if maker.role == "producer" else ", or its bytes"
    return Unserializable(
        f"Cannot send what the {maker} returned as {content_type}: {what}. Return what production sends{hint}."
    )


# -- the request of a synchronous message ----------------------------------------------------------------------------


def request_of(producer: Producer, interaction: Interaction, values: Mapping[str, object]) -> object:
    """The example request, with what the states gave put in, as the type that the function annotates.

    Raises:
        Broken: it does not load as that type.
        NothingToVerify: no state gave a value that is to be put in.
    """
    expected = interaction.request
    assert expected is not None
    parameter = producer.registered.parameters.positional[0]
    into: Any = producer.registered.parameters.annotation(parameter, needed=True)
    into = Any if into is parameter.empty else into
    if native_type(into) is None:  # the frame would be taken off again, and its registry need not be one to write to
        expected = bound.unframed(expected)
    message = _generated(expected, interaction, values)
    if native_type(into) is Message:
        return message
    if message.contents is None or native_type(into) is bytes:
        return message.contents
    try:
        given = producer.serializer
        serializer = of_messages(given) or expected.contents.serializer
        return load_as(into, message, serializer)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        raise Broken(
            f"The request of {interaction.description!r} does not load as {getattr(into, '__name__', into)} for "
            f"{producer.registered.place}: {error}"
        ) from None


def _generated(expected: MessageContents, interaction: Interaction, values: Mapping[str, object]) -> Message:
    context = generators.Context(random.Random(0), datetime.datetime.now(datetime.UTC), "provider", values)
    try:
        return as_sent(expected, context)
    except MsgpactError:
        raise
    except (generators.GeneratorError, TypeError, ValueError) as error:  # what a state gave may have no bytes
        raise NothingToVerify(
            f"Cannot make the request of {interaction.description!r}: {error}. Let a state return the value, or mend the pact."
        ) from None
