"""What was captured of an application that publishes: the messages that would have gone out, and whose capture they are."""

import contextlib
import contextvars
import copy
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

from msgpact.errors import DeclarationError, UsageError
from msgpact.model import Message
from msgpact.results import Mismatch

__all__ = [
    "ADDRESS",
    "Capture",
    "CapturingClient",
    "Scope",
    "Sent",
    "Sink",
    "address_in_words",
    "address_of",
    "checked_captures",
    "checked_names",
    "closest",
    "goes_there",
    "is_uncaptured",
    "listed",
    "of_type",
    "shown",
    "uncaptured",
]

ADDRESS = ("topic", "queue", "exchange", "routingKey")
"""The metadata that say where a message goes."""

SHOWN = 10
"""Messages that a report lists, of those there are."""


@dataclass(slots=True, eq=False)
class Sent:
    """A message that the application gave to its client.

    Attributes:
        withheld: Why it would not have gone out all the same; empty where it would.
    """

    message: Message
    withheld: str = ""


class Sink:
    """Where captured messages go, in the order in which they were sent, from any thread.

    Args:
        whose: Whose publishing is captured, in words.

    Attributes:
        leaked: What was given to a real client all the same, in words.
        elsewhere: What was sent meanwhile where nobody captures, by whomever, in words.
    """

    def __init__(self, whose: str = "") -> None:
        self.whose = whose
        self.all: list[Sent] = []
        self.leaked: list[str] = []
        self.elsewhere: list[str] = []
        self._is_closed = False
        self._names: dict[object, str] = {}

    def take(self, message: Message, withheld: str = "") -> Sent:
        """Take a message in.

        Raises:
            UsageError: nobody looks any more.
        """
        if self._is_closed:
            raise UsageError(
                f"Cannot send {message!r}: it goes to what captured the messages of {self.whose}, which is over. Do not keep "
                "a client that captures, and finish what sends before the function ends."
            )
        sent = Sent(_named(message, self._names) if self._names else message, withheld)
        self.all.append(sent)
        return sent

    def know(self, names: Mapping[str, str]) -> None:
        """Take in what is sent to these names, the deployed ones, as sent to those that contracts say."""
        self._names.update({deployed: said for said, deployed in names.items()})

    @property
    def messages(self) -> tuple[Message, ...]:
        """Those that would have gone out."""
        return tuple(each.message for each in self.all if not each.withheld)

    def close(self) -> None:
        """Take no more."""
        self._is_closed = True


_IS_UNCAPTURED: contextvars.ContextVar[bool] = contextvars.ContextVar("msgpact_uncaptured", default=False)


@contextlib.contextmanager
def uncaptured() -> Iterator[None]:
    """Until it is left, what is sent in this context is really sent, whoever captures."""
    before = _IS_UNCAPTURED.set(True)
    try:
        yield
    finally:
        _IS_UNCAPTURED.reset(before)


def _named(message: Message, names: Mapping[object, str]) -> Message:
    """The message, sent to where contracts say that it is."""
    found = {name: names[where] for name, where in address_of(message.metadata).items() if where in names}
    return _restated(message, message.content_type, found) if found else message


def is_uncaptured() -> bool:
    """Whether what is sent in this context is really sent, whoever captures."""
    return _IS_UNCAPTURED.get()


class Scope:
    """Who captures what a transport's clients send, in which context; one a transport."""

    def __init__(self, name: str) -> None:
        self._here: contextvars.ContextVar[tuple[Sink, ...]] = contextvars.ContextVar(f"msgpact_{name}", default=())
        self._open: list[tuple[Sink, weakref.WeakSet[threading.Thread], bool]] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def entered(self, sink: Sink, *, everywhere: bool = False) -> Iterator[None]:
        """Until it is left, what is sent in this context, or in a thread that starts meanwhile, goes to *sink*.

        So does with *everywhere* what is sent in other threads and contexts, if nobody captures there.
        """
        before = self._here.get()
        entry = sink, weakref.WeakSet(threading.enumerate()), everywhere
        with self._lock:
            self._open.append(entry)
        self._here.set((*before, sink))
        try:
            yield
        finally:
            with self._lock:
                self._open.remove(entry)
            self._here.set(before)

    def pass_by(self, what: str) -> None:
        """Tell all who capture that something was sent by a real client, as nobody captures there."""
        for sink, *_ in tuple(self._open):
            sink.elsewhere.append(what)

    @property
    def is_open(self) -> bool:
        """Whether anybody captures anywhere."""
        return bool(self._open)

    @property
    def nested(self) -> tuple[Sink, ...]:
        """Those that capture in this context, the innermost last."""
        return self._here.get()

    def sink(self) -> Sink | None:
        """Where goes what is sent here: None where nobody captures, and it is for the real client.

        A thread does not inherit the context of the one that starts it: what a thread sends that was not there before is for
        the one that captures.

        Raises:
            UsageError: several capture, and nothing says for which of them this thread works.
        """
        if is_uncaptured():
            return None
        if here := self.nested:
            return here[-1]
        thread = threading.current_thread()
        fitting = {id(sink): sink for sink, before, anywhere in tuple(self._open) if anywhere or thread not in before}
        if len(fitting) > 1:
            whose = " and of ".join(each.whose for each in fitting.values())
            raise UsageError(
                f"Cannot send from the thread {thread.name!r}: the messages of {whose} are captured, and nothing says for which "
                "of them it works. Start it in a copy of its caller's context."
            )
        return next(iter(fitting.values()), None)


# -- what captures ---------------------------------------------------------------------------------------------------


class Capture(Protocol):
    """What takes the place of a transport's client while the application publishes."""

    def capturing(self, sink: Sink, *, early: bool = False) -> AbstractContextManager[object]:
        """Until it is left, what the application sends goes to *sink*; *early*: what is to be replaced may not be there yet."""

    def hint(self) -> str:
        """What to do where nothing was captured, in sentences."""


class CapturingClient:
    """A client that captures: a function of the provider's is given one for a parameter that is annotated so."""

    hint: ClassVar[str] = ""

    @classmethod
    def capturing(cls, sink: Sink) -> Self:
        """One whose messages go to *sink*."""
        raise NotImplementedError

    @property
    def messages(self) -> tuple[Message, ...]:
        """What would have been sent, in order."""
        raise NotImplementedError


def checked_captures(capture: Any, whose: str) -> tuple[Capture, ...]:
    """One capture, several, or none, as a tuple.

    Raises:
        DeclarationError: it is something else.
    """
    if capture is None:
        return ()
    several = tuple(capture) if isinstance(capture, list | tuple) else (capture,)
    for each in several:
        if not callable(getattr(each, "capturing", None)) or isinstance(each, type):
            raise DeclarationError(
                f"Cannot use capture={each!r} for {whose}: it captures nothing. Write what takes the place of the client, like "
                "capture=kafka.at('app.bus:producer')."
            )
    return several


def checked_names(names: Any, argument: str) -> dict[str, str]:
    """The deployed names by those that contracts say.

    Raises:
        DeclarationError: they are no such names, or two stand for one.
    """
    if names is None:
        return {}
    if not isinstance(names, Mapping) or not all(isinstance(each, str) for pair in names.items() for each in pair):
        raise DeclarationError(
            f"Cannot use {argument}={names!r}: it is no dict of names. Write {argument}={{'orders.v1': 'eu.orders.v1'}}, the "
            "deployed name behind the contract's."
        )
    if len(set(names.values())) < len(names):
        raise DeclarationError(
            f"Cannot use {argument}={names!r}: two names stand for one that is deployed, and what is sent there could be either. "
            "Capture them apart."
        )
    return dict(names)


# -- which of several ------------------------------------------------------------------------------------------------


def address_of(metadata: Mapping[str, object]) -> dict[str, object]:
    """What metadata say of where a message goes."""
    return {name: metadata[name] for name in ADDRESS if metadata.get(name) is not None}


def address_in_words(metadata: Mapping[str, object]) -> str:
    """Where a message goes, in words."""
    said = [f"{_IN_WORDS[name]} {value!r}" for name, value in address_of(metadata).items()]
    return ", ".join(said) or "nowhere"


_IN_WORDS = {name: name for name in ADDRESS} | {"routingKey": "routing key"}


def goes_there(mismatches: Iterable[Mismatch]) -> bool:
    """Whether a message with these mismatches goes where it is expected."""
    return not any(each.part == "metadata" and each.path in ADDRESS for each in mismatches)


def closest(found: Sequence[tuple[Mismatch, ...]]) -> int | None:
    """Of captured messages, by the mismatches of each, the one that is meant: one that fits, else the one with the fewest.

    Only those count that go where the message is expected; None where none does.
    """
    there = [index for index, mismatches in enumerate(found) if goes_there(mismatches)]
    return min(there, key=lambda index: len(found[index]), default=None)


def of_type(message: Message, content_type: str) -> Message:
    """The message with that content type, which it does not say itself."""
    return _restated(message, content_type, {"contentType": content_type})


def _restated(message: Message, content_type: str | None, facts: Mapping[str, object]) -> Message:
    """The message, exact headers and all, with other facts in its metadata."""
    found = copy.copy(message)
    object.__setattr__(found, "content_type", content_type)
    object.__setattr__(found, "metadata", {**message.metadata, **facts})
    return found


def listed(all_sent: Sequence[Sent]) -> str:
    """Captured messages in lines: where each goes, its key, its size."""
    lines = [
        f"  {shown(each.message)}{f' (not sent: {each.withheld})' if each.withheld else ''}"
        for each in all_sent[:SHOWN]
    ]
    if len(all_sent) > SHOWN:
        lines.append(f"  … and {len(all_sent) - SHOWN} more")
    return "\n".join(lines)


def shown(message: Message) -> str:
    """A message in a few words: where it goes, its key, its size."""
    key = message.metadata.get("key")
    size = "a tombstone" if message.contents is None else f"{len(message.contents)} bytes"
    return f"{address_in_words(message.metadata)}{'' if key is None else f', key {key!r}'}: {size}"
