"""The messages that a consumer's handlers are given: the examples of the contract, with generated values."""

import datetime
import random
from collections.abc import Mapping
from typing import NamedTuple

from msgpact.checking import check_once
from msgpact.errors import DeclarationError
from msgpact.expectation import Expectation, message_of
from msgpact.generated import body_generators, generated
from msgpact.model import Form, Generator, Message, MessageContents
from msgpact.pactfile.interactions import bytes_of
from msgpact.rules import generators

__all__ = ["Examples", "as_sent", "examples"]


class Examples(NamedTuple):
    """The messages of one interaction as they would come in.

    Attributes:
        delivered: What the handler is given: the message, or the responses.
        request: What is answered by them, of a synchronous message.
    """

    delivered: tuple[Message, ...]
    request: Message | None = None


def examples(expectation: Expectation, seed: int) -> Examples:
    """The messages that a handler is given: the examples through the real serializer, with generated values.

    Raises:
        DeclarationError: what was stated cannot be, or a generator's value does not meet the rule at its place.
    """
    interaction = expectation.interaction
    # Each interaction has a source of its own: which others run, and in what order, changes nothing.
    source = random.Random(f"{seed}:{expectation.provider}:{expectation}")
    context = generators.Context(source, datetime.datetime.now(datetime.UTC))
    if interaction.message is not None:
        return Examples((_example(expectation, interaction.message, context),))
    assert interaction.request is not None
    request = _example(expectation, interaction.request, context)
    return Examples(tuple(_example(expectation, each, context) for each in interaction.responses), request)


def _example(expectation: Expectation, expected: MessageContents, context: generators.Context) -> Message:
    in_body = _applied(body_generators(expected))
    in_metadata = _applied(expected.generators.get("metadata", {}))
    if not in_body and not in_metadata:
        return message_of(expected, expected.contents.value, expected.metadata)
    try:
        value = generated(expected.contents, in_body, context)
        metadata = generators.apply_to_metadata(expected.metadata, in_metadata, context)
    except generators.GeneratorError as error:
        raise DeclarationError(
            f"Cannot generate a value for {expectation.description!r}: {error}. Mend the generator at {expectation.place}."
        ) from None
    message = message_of(expected, value, metadata)
    for mismatch in check_once(expected, message):
        raise DeclarationError(
            f"Cannot deliver a generated value for {expectation.description!r}: it does not meet its rule ({mismatch}). "
            f"Mend the generator at {expectation.place}, or the rule."
        )
    return message


def _applied(by_path: Mapping[str, Generator]) -> dict[str, Generator]:
    """The generators that make something: for a message there is no mock server, so the example of its URL stays."""
    return {path: each for path, each in by_path.items() if each.type != "MockServerURL"}


def as_sent(expected: MessageContents, context: generators.Context) -> Message:
    """The example that a pact holds as the message that would be sent, with generated values.

    Raises:
        MsgpactError: it cannot be written, or not in its frame.
        GeneratorError, TypeError, ValueError: a value cannot be made, or has no bytes; a clause.
    """
    metadata: Mapping[str, object] = expected.metadata
    if said := expected.generators.get("metadata"):
        metadata = generators.apply_to_metadata(expected.metadata, said, context)
    if body := body_generators(expected):
        return message_of(expected, generated(expected.contents, body, context), metadata)
    if expected.contents.form is Form.TYPED:
        return message_of(expected, expected.contents.value, metadata)
    return Message(bytes_of(expected.contents), content_type=expected.contents.content_type, metadata=metadata)
