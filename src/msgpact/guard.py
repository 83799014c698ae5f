"""What becomes of a message that comes in, by the contract: who handles it and with what, or why nobody does.

Pure policy, the same for all transports: nothing is called but what reads contents, nothing is waited for.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from msgpact.consumer import Consumer
from msgpact.errors import DeclarationError, UsageError
from msgpact.expectation import Expectation, Via, message_of
from msgpact.model import Message
from msgpact.receivers import MOST, Expected, Handler, Handling, Reason, Receiver, receiver_of, short
from msgpact.relaxing import relaxed
from msgpact.rules import paths
from msgpact.serializers import received, serializer_for

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
Discriminator = str | Callable[[Message], object]

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


Decision = Accept | Reject | Unrouted

_NOT_DECODED = (ValueError, TypeError, LookupError)
"""What says that contents cannot be decoded. Whatever else a decoder raises may be its own trouble, as an outage is."""


# -- the guard -------------------------------------------------------------------------------------------------------

Way = tuple[str, bool, object]
"""How a message comes in: its address, whether it is a tombstone, what the discriminator makes of it."""


class Guard:
    """Decides what becomes of each message.

    Args:
        consumers: Whose handlers there are.
        address: The entry of the metadata by which messages are routed: `topic`, `queue`, …
        topics: The deployed names of the addresses that contracts name, where they differ.
        discriminator: What tells messages of one address apart: a name in the metadata, a path in the contents (`$.type`),
            or a function of the message. Whose they are, the examples say.
        mode: Whether what breaks the contract is handled all the same (`observe`) or rejected (`enforce`).
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler: for a method, the one of an instance.
        native: The function of `via=` that makes what the transport's own records are.

    Attributes:
        addresses: The deployed names at which messages are expected.

    Raises:
        UsageError: a setting cannot be.
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
    """

    def __init__(
        self,
        consumers: Consumer | Iterable[Consumer],
        *,
        address: str = "topic",
        topics: Mapping[str, str] | None = None,
        discriminator: Discriminator | None = None,
        mode: Mode = "observe",
        arguments: Mapping[str, object] | None = None,
        handlers: Mapping[Handler, Handler] | None = None,
        native: Via | None = None,
    ) -> None:
        self.mode = one_of("mode", mode, ("observe", "enforce"))
        self._address = address
        self._value_of = _value_of(discriminator)
        self._enforces = mode == "enforce"
        several = (consumers,) if isinstance(consumers, Consumer) else tuple(consumers)
        expectations = [each for consumer in several for each in consumer.load() if each.synchronous is None]
        if not expectations:
            names = ", ".join(repr(each.name) for each in several)
            raise DeclarationError(f"Cannot consume for {names}: no handler expects a message. Name its modules=[...].")
        self._topics = dict(topics or {})
        by_way: dict[Way, dict[Handler, list[Expected]]] = {}
        for each in expectations:
            way, expected = self._placed(each)
            by_way.setdefault(way, {}).setdefault(each.handler, []).append(expected)
        self._check_topics(expectations)
        instead = handlers or {}
        self._routes: dict[tuple[object, bool, object], tuple[Receiver, ...]] = {
            way: tuple(
                receiver_of(each, instead.get(handler, handler), arguments or {}, native)
                for handler, each in found.items()
            )
            for way, found in by_way.items()
        }
        if discriminator is None:
            self._check_routes()
        self.addresses = tuple(dict.fromkeys(way[0] for way in by_way))

    def decide(self, message: Message, native: object = None) -> Decision:
        """What becomes of a message.

        Args:
            message: The message.
            native: The transport's own record, for handlers that take it.

        Raises:
            Unavailable: a registry that knows its schema does not answer.
            Exception: what a decoder or a discriminator raises that does not say that the message cannot be decoded.
        """
        address = message.metadata.get(self._address)
        value: object = None
        if self._value_of is not None:
            try:
                value = self._value_of(message)
            except _NOT_DECODED as error:
                return Reject((Reason("undecodable", error=short(f"{type(error).__name__}: {error}")),))
        receivers = self._routes.get((address, message.contents is None, value))
        if receivers is None:
            return Unrouted(str(address), value)
        return self._decided(receivers, message, native)

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

    # -- routes --

    def _placed(self, expectation: Expectation) -> tuple[Way, Expected]:
        """The way by which the messages of an expectation come in, which its example shows."""
        stated = expectation.interaction.message
        assert stated is not None
        address = stated.metadata.get(self._address)
        if not isinstance(address, str):
            raise DeclarationError(
                f"Cannot consume {expectation.description!r}: it states no {self._address} (at {expectation.place}). "
                f"State it: metadata={{{self._address!r}: 'orders.v1'}}."
            )
        example = message_of(stated, stated.contents.value, stated.metadata)
        value = None if self._value_of is None else self._value_of(example)
        way = (self._topics.get(address, address), example.contents is None, value)
        return way, Expected(expectation, relaxed(stated, without=self._address))

    def _check_topics(self, expectations: Iterable[Expectation]) -> None:
        messages = (each.interaction.message for each in expectations)
        known = sorted({str(each.metadata[self._address]) for each in messages if each is not None})
        for name in self._topics:
            if name not in known:
                raise UsageError(
                    f"Cannot use {name!r} of topics=: no handler expects messages of that name. There are: {', '.join(known)}."
                )

    def _check_routes(self) -> None:
        for (address, is_none, _), receivers in self._routes.items():
            if len(receivers) > 1:
                what = "tombstones" if is_none else "messages"
                places = " and ".join(str(each.place) for each in receivers)
                raise DeclarationError(
                    f"Cannot tell whose the {what} of {address!r} are: {places} expect some. Say what tells them apart: "
                    "discriminator='event-type', a name in the metadata, '$.type', a path in the contents, or a function."
                )


N = TypeVar("N", bound=str)


def one_of(what: str, value: N, allowed: Sequence[str]) -> N:
    """A setting that is one of a few words. Raises UsageError where it is none."""
    if value in allowed:
        return value
    raise UsageError(f"Cannot use {what}={value!r}: there is no such one. Say {' or '.join(map(repr, allowed))}.")


def _value_of(discriminator: Discriminator | None) -> Callable[[Message], object] | None:
    if discriminator is None:
        return None
    if not isinstance(discriminator, str):
        if not callable(discriminator):
            raise UsageError(
                f"Cannot use discriminator={discriminator!r}: it is neither text nor a function. Name an entry of the metadata."
            )
        return discriminator
    name = discriminator
    if not name.startswith("$"):
        return lambda message: _known(message.metadata.get(name))
    tokens = paths.parse(name)

    def in_contents(message: Message) -> object:
        if message.contents is None:
            return None
        serializer, payload = received(serializer_for(message.content_type), message.contents, message.headers)
        found: Any = serializer.load(payload)
        for token in tokens:
            found = found.get(token) if isinstance(found, dict) else None
        return _known(found)

    return in_contents


def _known(value: object) -> object:
    """A value that tells messages apart, which a container does not."""
    return value if isinstance(value, str | int | bool) else None
