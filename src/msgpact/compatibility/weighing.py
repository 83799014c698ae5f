"""A change of a schema weighed by real consumers: whose contracts would messages of the new schema no longer meet?

The example of each contract that is about the changed type is written anew, as a producer with the new schema would: what that
has no longer is left out, what it has anew gets its default. Then it is read by the contract's own schema and checked against the
contract, rules and all. What the two schemas say themselves counts too, where the contract states something.
"""

import dataclasses
import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgpact import extras
from msgpact.check import check_message
from msgpact.compatibility.findings import Found, SchemaError
from msgpact.errors import MissingExtra, UnreadablePact
from msgpact.model import Contents, Contract, Interaction, Message, MessageContents, Presence, Serializer
from msgpact.pactfile import bound
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["Effect", "Rewritten", "Unweighable", "Weighed", "example_of", "weigh"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to one message of a contract that is about the changed type.

    Attributes:
        source: The contract's file.
        interaction: Its description, with its states.
        breaks: What the contract states and would not get: a path and a sentence each; none if it holds.
        unknown: Why nothing can be said, as a clause; empty if something can.
    """

    consumer: str
    provider: str
    source: str | None
    interaction: str
    breaks: tuple[tuple[str, str], ...] = ()
    unknown: str = ""

    @property
    def holds(self) -> bool:
        return not self.breaks and not self.unknown


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a change does to consumers.

    Attributes:
        effects: One for each message that is about the changed type.
    """

    effects: tuple[Effect, ...]

    @property
    def consumers(self) -> tuple[str, ...]:
        """Those whose contracts are about the changed type."""
        return tuple(sorted({each.consumer for each in self.effects}))

    @property
    def broken(self) -> tuple[str, ...]:
        """Those whose contracts the change breaks."""
        return tuple(sorted({each.consumer for each in self.effects if each.breaks}))

    @property
    def holds(self) -> bool:
        """Whether all contracts hold that are about the changed type; there may be none."""
        return all(each.holds for each in self.effects)


class Unweighable(ValueError):
    """What a change does to a contract cannot be said; a clause."""


def example_of(contents: Contents, reads: Serializer) -> Any:
    """The document of a contract's example. Raises Unweighable where it cannot be read."""
    try:
        return reads.load(contents.value if isinstance(contents.value, bytes) else b"")
    except MissingExtra:
        raise
    except ValueError as error:
        raise Unweighable(f"its example cannot be read: {error}") from None


class Rewritten(NamedTuple):
    """An example as a producer with the new schema would send it.

    Attributes:
        contents: None if the new schema cannot write it at all.
        sender: What wrote it; None of JSON.
        found: What the schemas themselves say, where the contract states something.
        is_unreadable: Whether they say more than that, be it of what the contract does not state; then it is no news that
            the whole cannot be read.
    """

    contents: bytes | None
    sender: Serializer | None
    found: tuple[Found, ...]
    is_unreadable: bool = False


Rewrite = Callable[[Contents, RegisteredSchema, RegisteredSchema], Rewritten | None]
"""From a contract's contents, the old schema and the new; None where they are not about the old schema's types."""

FORMATS = {"AVRO": "rewriting_avro", "JSON": "rewriting_json", "PROTOBUF": "rewriting_protobuf"}


def weigh(contracts: Iterable[Contract], old: RegisteredSchema, new: RegisteredSchema) -> Weighed:
    """Whose contracts break where a producer goes from the *old* schema to the *new*.

    Where a schema cannot be understood, nothing can be said of any contract; `check` says it once.

    Raises:
        MissingExtra: Protobuf needs the extra `schemas`, Avro `avro`.
    """
    if new.format == "PROTOBUF":
        extras.require("google.protobuf", extra="schemas", feature="a check of Protobuf schemas")
    rewrite: Rewrite = importlib.import_module(f"msgpact.compatibility.{FORMATS[new.format]}").rewritten
    return Weighed(tuple(each for contract in contracts for each in _effects(contract, old, new, rewrite)))


def _effects(contract: Contract, old: RegisteredSchema, new: RegisteredSchema, rewrite: Rewrite) -> Iterator[Effect]:
    for interaction in contract.interactions:
        for expected in _messages(interaction):
            if expected.contents.presence not in (Presence.PRESENT, Presence.EMPTY):
                continue
            effect = Effect(contract.consumer, contract.provider, contract.source, str(interaction))
            try:
                rewritten = rewrite(expected.contents, old, new)
                if rewritten is not None:
                    yield dataclasses.replace(effect, breaks=tuple(dict.fromkeys(_breaks(expected, rewritten))))
            except UnreadablePact as error:
                yield dataclasses.replace(effect, unknown=str(error))
            except (Unweighable, SchemaError) as error:
                yield dataclasses.replace(effect, unknown=str(error))


def _messages(interaction: Interaction) -> Iterator[MessageContents]:
    for each in (interaction.message, interaction.request, *interaction.responses):
        if each is not None:
            yield each


def _breaks(expected: MessageContents, rewritten: Rewritten) -> Iterator[tuple[str, str]]:
    said = {each.path for each in rewritten.found}
    yield from ((each.path, each.sentence) for each in rewritten.found)
    if rewritten.contents is None:
        return
    # Without the frame that the contract demands: which schema writes is said beside.
    alone = bound.for_sender(bound.unframed(dataclasses.replace(expected, metadata={})), rewritten.sender, None)
    for each in check_message(alone, Message(rewritten.contents, content_type=expected.contents.content_type)):
        if each.path not in said and not (rewritten.is_unreadable and each.path in ("", "$")):
            yield each.path or "$", f"The contract expects {each.expectation}, and would get {each.came}."
