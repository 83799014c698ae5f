"""What becomes of a message that comes in, by the contract: who handles it and with what, or why nobody does.

Pure policy, the same for all transports: nothing is called but what reads contents, nothing is waited for.
"""

import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from msgpact.annotations import is_plain_dict
from msgpact.check import check_message
from msgpact.consumer import Consumer
from msgpact.errors import DeclarationError, UsageError
from msgpact.expectation import Expectation, is_tombstone, load_as, message_of, native_type
from msgpact.model import Message, MessageContents, Serializer
from msgpact.relaxing import relaxed
from msgpact.results import Mismatch
from msgpact.rules import paths
from msgpact.serializers import received, serializer_for
from msgpact.signatures import Parameters, Place

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
Handler = Callable[..., object]

LONGEST = 200
"""Characters of a text in a `Reason`."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a message is not as expected, or was not handled; bounded, and without anything of its contents but in *error*.

    Attributes:
        kind: `contract`, `undecodable`, `unrouted` or `failed`.
        consumer: Whose handler it was for; empty where it was for none.
        pact: The contract, as `consumer-provider`.
        description: The expectation that it comes closest to.
        path: Where it is not as expected: a path expression, or a name in the metadata.
        rule: What was expected there, in words.
        error: What was raised, by its kind and its words.
    """

    kind: str
    consumer: str = ""
    pact: str = ""
    description: str = ""
    path: str = ""
    rule: str = ""
    error: str = ""

    def header(self, **more: object) -> bytes:
        """As it goes with a dead letter: compact JSON of some 1,500 bytes at most, without what is empty."""
        said = {"kind": self.kind, "consumer": self.consumer, "pact": self.pact, "description": self.description}
        said |= {"path": self.path, "rule": self.rule, "error": self.error}
        kept = {name: _short(text) for name, text in said.items() if text}
        return json.dumps({**kept, **more}, ensure_ascii=True, separators=(",", ":")).encode()


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# -- decisions -------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Handling:
    """One call of a handler: `receiver.handler(contents, **names)`."""

    receiver: "Receiver"
    contents: object
    names: Mapping[str, object]


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


MOST = 5
"""Reasons that are kept of one handler; content types whose readers are."""

Decision = Accept | Reject | Unrouted

_NOT_DECODED = (ValueError, TypeError, LookupError)
"""What says that contents cannot be decoded. Whatever else a decoder raises may be its own trouble, as an outage is."""


# -- handlers --------------------------------------------------------------------------------------------------------


@dataclass(slots=True, frozen=True)
class _Expected:
    """An expectation, and the contract that holds its messages."""

    expectation: Expectation
    contents: MessageContents

    def reason(self, kind: str, mismatch: Mismatch | None = None, error: BaseException | None = None) -> Reason:
        """Why a message is not as it says."""
        stated = self.expectation
        return Reason(
            kind,
            stated.consumer,
            f"{stated.consumer}-{stated.provider}",
            str(stated),
            "" if mismatch is None else mismatch.path,
            "" if mismatch is None else mismatch.rule,
            "" if error is None else _short(f"{type(error).__name__}: {error}"),
        )


@dataclass(slots=True, eq=False)
class Receiver:
    """A handler, what it expects of the messages that come in one way, and what it takes beside their contents.

    Attributes:
        is_async: Whether it is a coroutine function.
        plain: Whether it is given the same by name for each message.
    """

    handler: Handler
    expected: tuple[_Expected, ...]
    into: Any
    arguments: Mapping[str, object]
    wants_metadata: bool
    wants_message: tuple[str, ...]
    is_async: bool
    place: Place
    plain: bool = field(init=False)
    _readers: dict[tuple[int, str | None], Callable[[Message], object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plain = not self.wants_metadata and not self.wants_message

    def check(self, message: Message) -> tuple[_Expected, tuple[Mismatch, ...]]:
        """The expectation that the message fits; where it fits none the one that it comes closest to, and why not."""
        closest: tuple[_Expected, tuple[Mismatch, ...]] | None = None
        for each in self.expected:
            found = check_message(each.contents, message)
            if not found:
                return each, ()
            if closest is None or len(found) < len(closest[1]):
                closest = each, found
        assert closest is not None
        return closest

    def handling(self, by: Expectation, message: Message, native: object) -> Handling:
        """The call, with the contents decoded as *by* says. Raises what decoding raises."""
        names = self.arguments
        if not self.plain:
            more = dict.fromkeys(self.wants_message, message)
            names = {**names, **more, "metadata": dict(message.metadata)} if self.wants_metadata else {**names, **more}
        return Handling(self, self._contents(by, message, native), names)

    def _contents(self, by: Expectation, message: Message, native: object) -> object:
        """As `Delivery` gives an example to the handler in a contract test."""
        if by.via is not None:
            return by.via(message) if native is None else native
        if self.into is Message:
            return message
        if message.contents is None and is_tombstone(message, by.serializer):
            return None
        if by.decode is not None:
            return by.decode(message.contents or b"")
        if self.into is bytes:
            return message.contents or b""
        read = self._readers.get((id(by.serializer), message.content_type))
        if read is None:
            read = self._reader(by.serializer, message.content_type)
        return read(message)

    def _reader(self, serializer: Serializer | None, content_type: str | None) -> Callable[[Message], object]:
        """What `load_as` does of contents of one type, with all looked up that can be."""
        into, found = self.into, serializer or serializer_for(content_type)

        def read(message: Message) -> object:
            return load_as(into, message, serializer)

        builder = getattr(found, "builder", None)
        if builder is not None and into not in (Any, object) and not is_plain_dict(into):
            build = builder(into)

            def read(message: Message) -> object:
                return build(message.contents or b"")

        if len(self._readers) < MOST:  # content types are the senders'
            self._readers[id(serializer), content_type] = read
        return read


def _receiver(expected: Sequence[_Expected], handler: Handler, arguments: Mapping[str, object]) -> Receiver:
    expectation = expected[0].expectation
    parameters = expectation.parameters if handler is expectation.handler else Parameters(handler)
    place = Place.of(parameters.function)
    if handler is expectation.handler and expectation.is_method:
        raise DeclarationError(
            f"Cannot consume {expectation.description!r} by {place}: it is a method, and nobody made what it belongs to. "
            f"Give it: handlers={{Class.{place.name.rpartition('.')[2]}: instance.{place.name.rpartition('.')[2]}}}."
        )
    into = parameters.annotation(parameters.positional[0], needed=True) if parameters.positional else Any
    if parameters.positional and into is parameters.positional[0].empty:
        into = Any
    native = native_type(into)
    first = parameters.positional[0].name if parameters.positional else None
    named = {name: each for name, each in parameters.named.items() if name != first}
    messages = tuple(name for name, each in named.items() if native_type(parameters.annotation(each)) is Message)
    given: dict[str, object] = dict(arguments) if parameters.takes_any_name else {}
    for name, each in named.items():
        if name in arguments:
            given[name] = arguments[name]
        elif name != "metadata" and name not in messages and each.default is each.empty:
            raise DeclarationError(
                f"Cannot consume {expectation.description!r} by {place}: its parameter {name!r} has no value. "
                f"Give it: arguments={{{name!r}: ...}}."
            )
    return Receiver(
        handler=handler,
        expected=tuple(expected),
        into=into if native is None else native,
        arguments=given,
        wants_metadata="metadata" in named and "metadata" not in given,
        wants_message=tuple(name for name in messages if name not in given),
        is_async=inspect.iscoroutinefunction(parameters.function),
        place=place,
    )


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
        by_way: dict[Way, dict[Handler, list[_Expected]]] = {}
        for each in expectations:
            way, expected = self._placed(each)
            by_way.setdefault(way, {}).setdefault(each.handler, []).append(expected)
        self._check_topics(expectations)
        instead = handlers or {}
        self._routes: dict[tuple[object, bool, object], tuple[Receiver, ...]] = {
            way: tuple(
                _receiver(each, instead.get(handler, handler), arguments or {}) for handler, each in found.items()
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
                return Reject((Reason("undecodable", error=_short(f"{type(error).__name__}: {error}")),))
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

    def _placed(self, expectation: Expectation) -> tuple[Way, _Expected]:
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
        return way, _Expected(expectation, relaxed(stated, without=self._address))

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
