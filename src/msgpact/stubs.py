"""The messages of contracts as a stand-in for their providers sends them: examples with generated values."""

import dataclasses
import datetime
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from msgpact.checking import check_once
from msgpact.errors import DeclarationError, MsgpactError
from msgpact.example_messages import as_sent
from msgpact.model import Generator, Message, MessageContents
from msgpact.pactfile import bound
from msgpact.planning import Planned
from msgpact.rules import generators
from msgpact.serializers.members import frame_of

__all__ = ["SUBJECT", "Stub", "stubs"]

SUBJECT = "{topic}-value"
"""Under which the schema of a framed message is registered."""


class Stub(NamedTuple):
    """A message to be published, and whose it is."""

    planned: Planned
    message: Message


def stubs(planned: Iterable[Planned], *, seed: int, times: int = 1, subject: str = SUBJECT) -> Iterator[Stub]:
    """Each message, *times* over, with other generated values each time.

    Args:
        seed: Of generated values.
        subject: Under which the schemas of framed messages are registered; `{topic}` is the topic that the message states.

    Raises:
        DeclarationError: a message cannot be made, or does not keep its own contract.
    """
    planned = tuple(planned)
    for turn in range(times):
        for each in planned:
            yield Stub(each, _message(each, seed, turn, subject))


def _message(planned: Planned, seed: int, turn: int, subject: str) -> Message:
    contract, interaction = planned
    what = f"Cannot make an example of {str(interaction)!r}"
    assert interaction.message is not None
    expected = _to_be_written(interaction.message, subject)
    source = random.Random(f"{seed}:{turn}:{contract.consumer}:{contract.provider}:{interaction}")
    try:
        message = as_sent(expected, generators.Context(source, datetime.datetime.now(datetime.UTC)))
    except MsgpactError as error:
        raise DeclarationError(f"{what}: {_lowered(error)}") from None
    except (generators.GeneratorError, TypeError, ValueError) as error:
        raise DeclarationError(f"{what}: {error}. Mend the pact.") from None
    for mismatch in check_once(expected, message):
        raise DeclarationError(
            f"{what}: what its generators make does not meet its rules ({mismatch}). Mend one of them in the pact."
        )
    return message


def _to_be_written(expected: MessageContents, subject: str) -> MessageContents:
    """What is expected, its frame ready to be written; a URL of a mock server is not generated, as there is none."""
    made = {kind: _without_mock_server(each) for kind, each in expected.generators.items()}
    expected = dataclasses.replace(expected, generators=made)
    if frame_of(expected.contents.serializer) in (None, "none"):
        return expected
    return bound.under_subject(expected, subject.replace("{topic}", str(expected.metadata.get("topic", "messages"))))


def _without_mock_server(by_path: Mapping[str, Generator]) -> dict[str, Generator]:
    return {path: each for path, each in by_path.items() if each.type != "MockServerURL"}


def _lowered(error: MsgpactError) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]
