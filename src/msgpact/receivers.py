"""A handler as it is called in production: what it expects, and what it is given of a message."""

import functools
import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgpact.annotations import is_plain_dict
from msgpact.check import DOUBTFUL, check_message, taker
from msgpact.declarations import refuse_generator
from msgpact.errors import DeclarationError
from msgpact.expectation import Expectation, Via, is_tombstone, load_as, native_type
from msgpact.model import Message, MessageContents, Serializer
from msgpact.results import Mismatch
from msgpact.serializers import json as json_serializer
from msgpact.serializers import serializer_for
from msgpact.serializers.alike import from_document
from msgpact.signatures import Parameters, Place

__all__ = ["HEADER", "MOST", "Expected", "Handler", "Handling", "Reason", "Receiver", "receiver_of", "short"]

Handler = Callable[..., object]

HEADER = "msgpact"
"""The header, or attribute, of a dead letter that says why it is one."""

LONGEST = 200
"""Characters of a text in a `Reason`."""

LARGEST = 1500
"""Bytes of a `Reason` as it goes with a dead letter."""

MOST = 5
"""Reasons that are kept of one handler; content types whose readers are."""


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
        """As it goes with a dead letter: compact JSON of 1,500 bytes at most, without what is empty."""
        said = {"kind": self.kind, "consumer": self.consumer, "pact": self.pact, "description": self.description}
        said |= {"path": self.path, "rule": self.rule, "error": self.error}
        kept = {name: short(text) for name, text in said.items() if text}
        while True:
            made = json.dumps({**kept, **more}, ensure_ascii=True, separators=(",", ":")).encode()
            name = max(kept, key=lambda name: len(kept[name]))
            if len(made) <= LARGEST or len(kept[name]) < 2:
                return made
            kept[name] = short(kept[name], len(kept[name]) // 2)  # a letter that is not ASCII takes six bytes or more


def short(text: str, longest: int = LONGEST) -> str:
    """A text as a reason holds it."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


@dataclass(slots=True)
class Handling:
    """One call of a handler: `receiver.handler(contents, **names)`."""

    receiver: "Receiver"
    contents: object
    names: Mapping[str, object]


@dataclass(slots=True, frozen=True)
class Expected:
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
            "" if error is None else short(f"{type(error).__name__}: {error}"),
        )


@dataclass(slots=True, eq=False)
class Receiver:
    """A handler, what it expects of the messages that come in one way, and what it takes beside their contents.

    Attributes:
        is_async: Whether it is a coroutine function.
        made_by: The function that makes records such as the transport has itself: instead of its own those are handed on.
        plain: Whether it is given the same by name for each message.
        call: Calls the handler with contents, where it is plain.
        take: Takes the contents for a plain handler out of a message that is certainly as expected, in one go; of any other,
            and of some that are as expected, it says DOUBTFUL, or raises.
    """

    handler: Handler
    expected: tuple[Expected, ...]
    into: Any
    arguments: Mapping[str, object]
    wants_metadata: bool
    wants_message: tuple[str, ...]
    is_async: bool
    place: Place
    made_by: Via | None
    plain: bool = field(init=False)
    _readers: dict[tuple[int, str | None], Callable[[Message], object]] = field(default_factory=dict)
    call: Callable[[object], object] = field(init=False)
    take: Callable[[Message], object] = field(init=False)

    def __post_init__(self) -> None:
        self.plain = not self.wants_metadata and not self.wants_message
        self.call = functools.partial(self.handler, **self.arguments) if self.arguments else self.handler
        self.take = self._first

    def _first(self, message: Message) -> object:
        """What `take` is until it is needed."""
        self.take = self._taker() or _doubt
        return self.take(message)

    def _taker(self) -> Callable[[Message], object] | None:
        by, contents = self.expected[0].expectation, self.expected[0].contents
        if not self.plain or len(self.expected) > 1 or by.via is not None or by.decode is not None:
            return None
        is_json = contents.contents.content_type is not None and by.serializer in (None, json_serializer)
        if not is_json or self.into in (bytes, Message):
            return None
        if self.into in (Any, object) or (is_plain_dict(self.into) and type(contents.contents.value) is dict):
            return taker(contents)
        of_document = from_document(self.into)
        if of_document is not None:
            return taker(contents, *of_document)
        checked, build = taker(contents, _nothing), json_serializer.builder(self.into)
        return (
            None
            if checked is None
            else lambda each: DOUBTFUL if checked(each) is DOUBTFUL else build(each.contents or b"")
        )

    def check(self, message: Message) -> tuple[Expected, tuple[Mismatch, ...]]:
        """The expectation that the message fits; where it fits none the one that it comes closest to, and why not."""
        closest: tuple[Expected, tuple[Mismatch, ...]] | None = None
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
            return native if native is not None and by.via is self.made_by else by.via(message)
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


def _doubt(_: Message) -> object:
    return DOUBTFUL


def _nothing(_: object, *, strict: bool) -> None:
    """What is made of a document where its JSON is to be read again."""


def receiver_of(
    expected: Sequence[Expected], handler: Handler, arguments: Mapping[str, object], made_by: Via | None
) -> Receiver:
    """A handler as it is called.

    Raises:
        DeclarationError: it cannot be, or one of its parameters has no value.
    """
    expectation = expected[0].expectation
    if handler is not expectation.handler:
        doing = f"consume {expectation.description!r} by"
        refuse_generator(handler, doing, "Let it handle the message when it is called.")
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
        made_by=made_by,
    )
