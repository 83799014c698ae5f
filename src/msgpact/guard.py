"""What becomes of a message that comes in, by the contract: who handles it and with what, or why nobody does.

Pure policy, the same for all transports: nothing is called but what reads contents, nothing is waited for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from msgpact.check import DOUBTFUL
from msgpact.consumer import Consumer
from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.expectation import Via
from msgpact.model import Message
from msgpact.receivers import MOST, Handler, Handling, Reason, Receiver, short
from msgpact.relaxing import relaxed
from msgpact.routing import Discriminator, Routes, is_opaque, value_of

__all__ = [
    "Accept",
    "Discriminator",
    "Guard",
    "Handler",
    "Handling",
    "Mode",
    "Reason",
    "Receiver",
    "Reject",
    "Unrouted",
    "one_of",
    "relaxed",
]

Mode = Literal["observe", "enforce"]

# -- decisions -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Accept:
    """A message that is to be handled, by one handler or several; *broken* says what of the contract it breaks all the same."""

    handlings: tuple[Handling, ...]
    broken: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Reject:
    """A message for the dead letters: it cannot be decoded, or breaks the contract where that is enforced."""

    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Unrouted:
    """A message that no handler expects; *value* is what the discriminator made of it."""

    address: str
    value: object = None

    @property
    def where(self) -> str:
        """Both, for people."""
        return self.address if self.value is None else f"{self.address}, {shown(self.value, 100)}"


Decision = Accept | Reject | Unrouted

_NOT_DECODED = (ValueError, TypeError, LookupError)
"""What says that contents cannot be decoded. Whatever else a decoder raises may be its own trouble, as an outage is."""


# -- the guard -------------------------------------------------------------------------------------------------------


class Guard:
    """Decides what becomes of each message.

    Args:
        consumers: Whose handlers there are.
        keys: The entries of the metadata by which messages are routed: `topic`; `exchange` and `routingKey`; …
        names: The deployed names of what contracts name in these entries, where they differ.
        discriminator: What tells messages of one address apart: a name in the metadata, a path in the contents (`$.type`),
            or a function of the message. Whose they are, the examples say.
        mode: Whether what breaks the contract is handled all the same (`observe`) or rejected (`enforce`).
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler: for a method, the one of an instance.
        native: The function of `via=` that makes what the transport's own records are.

    Raises:
        UsageError: a setting cannot be.
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
    """

    def __init__(
        self,
        consumers: Consumer | Iterable[Consumer],
        *,
        keys: Sequence[str] = ("topic",),
        names: Mapping[str, str] | None = None,
        discriminator: Discriminator | None = None,
        mode: Mode = "observe",
        arguments: Mapping[str, object] | None = None,
        handlers: Mapping[Handler, Handler] | None = None,
        native: Via | None = None,
    ) -> None:
        self.mode = one_of("mode", mode, ("observe", "enforce"))
        self._enforces = mode == "enforce"
        self._value_of = value_of(discriminator)
        self._path = discriminator if isinstance(discriminator, str) and discriminator.startswith("$") else None
        several = _several(consumers)
        expectations = [each for consumer in several for each in consumer.load() if each.synchronous is None]
        if not expectations:
            called = ", ".join(repr(each.name) for each in several)
            raise DeclarationError(
                f"Cannot consume for {called}: no handler expects a message. Name its modules=[...]."
            )
        self._routes = Routes(
            expectations,
            keys=keys,
            names=names or {},
            value_of=self._value_of,
            arguments=arguments or {},
            handlers=handlers or {},
            native=native,
        )

    def deployed(self, key: str) -> tuple[str, ...]:
        """The deployed names that handlers expect messages at, where all have to state one in this entry of the metadata.

        Raises:
            DeclarationError: one states none.
        """
        return self._routes.deployed(key)

    @property
    def needs(self) -> frozenset[str] | None:
        """The entries of the metadata that `quick` looks at; None if it may be any."""
        return self._routes.needs if self._value_of is None else None

    def quick(self, message: Message) -> tuple[Receiver, object] | None:
        """What `decide` accepts of nearly all messages: the only handler of one that is certainly as expected, and its contents.

        None where `decide` has more to say, or to find out. Raises whatever may be raised; `decide` says what it means.
        """
        receivers = self._routes.of(message, None if self._value_of is None else self._value_of(message))
        if len(receivers) != 1:
            return None
        receiver = receivers[0]
        contents = receiver.take(message)
        return None if contents is DOUBTFUL else (receiver, contents)

    def decide(self, message: Message, native: object = None) -> Decision:
        """What becomes of a message.

        Args:
            message: The message.
            native: The transport's own record, for handlers that take it.

        Raises:
            Unavailable: a registry that knows its schema does not answer.
            Exception: what a decoder or a discriminator raises that does not say that the message cannot be decoded.
        """
        value: object = None
        if self._value_of is not None:
            try:
                value = self._value_of(message)
            except _NOT_DECODED as error:
                return Reject((Reason("undecodable", error=short(f"{type(error).__name__}: {error}")),))
        receivers = self._routes.of(message, value)
        if not receivers:
            if value is None and self._path is not None and self._is_opaque(message):
                said = f"its contents are of type {message.content_type}, in which there is no {self._path}"
                return Reject((Reason("undecodable", error=short(said)),))
            return Unrouted(self._routes.address(message), value)
        return self._decided(receivers, message, native)

    def _is_opaque(self, message: Message) -> bool:
        """Whether a message may be somebody's, and cannot be looked into to see whose."""
        return message.contents is not None and self._routes.is_known(message) and is_opaque(message)

    def _decided(self, receivers: Sequence[Receiver], message: Message, native: object) -> Decision:
        handlings: list[Handling] = []
        broken: tuple[Reason, ...] = ()
        for each in receivers:
            expected, mismatches = each.check(message)
            if mismatches:
                broken += tuple(expected.reason("contract", mismatch) for mismatch in mismatches[:MOST])
                if self._enforces:
                    continue
            try:
                handlings.append(each.handling(expected.expectation, message, native))
            except _NOT_DECODED as error:
                return Reject((expected.reason("undecodable", mismatches[0] if mismatches else None, error),))
        return Reject(broken) if broken and self._enforces else Accept(tuple(handlings), broken)


def _several(consumers: object) -> tuple[Consumer, ...]:
    several = tuple(consumers) if isinstance(consumers, Iterable) and not isinstance(consumers, str) else (consumers,)
    for each in several:
        if not isinstance(each, Consumer):
            raise UsageError(f"Cannot consume for {each!r}: it is no msgpact.Consumer. Give one, or several.")
    return several


N = TypeVar("N", bound=str)


def one_of(what: str, value: N, allowed: Sequence[str]) -> N:
    """A setting that is one of a few words. Raises UsageError where it is none."""
    if value in allowed:
        return value
    raise UsageError(f"Cannot use {what}={value!r}: there is no such one. Say {' or '.join(map(repr, allowed))}.")
