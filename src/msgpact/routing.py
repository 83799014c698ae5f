"""Whose a message is: by what its metadata say of the way it came, and by what tells messages of one address apart."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgpact.errors import DeclarationError, UsageError
from msgpact.expectation import Expectation, Via, message_of
from msgpact.model import Message, RuleSet
from msgpact.receivers import Expected, Handler, Receiver, receiver_of
from msgpact.relaxing import relaxed
from msgpact.rules import paths
from msgpact.rules.compare import failures
from msgpact.serializers import binary, received, serializer_for, text

__all__ = ["Discriminator", "Routes", "is_opaque", "value_of"]

Discriminator = str | Callable[[Message], object]

MOST = 1000
"""Ways that are remembered: routing keys are the senders'."""

Way = tuple[tuple[object, ...], bool, object]
"""How a message comes in: the entries that route it, whether it is a tombstone, what the discriminator makes of it."""


@dataclass(frozen=True, slots=True)
class _Name:
    """What an expectation states in one of the entries, by its deployed name."""

    stated: str
    value: str
    rules: RuleSet | None = field(default=None, hash=False)

    def fits(self, came: object) -> bool:
        """Whether it is what came; of what is not known, as a topic behind a queue, nothing is expected."""
        if came is None or came == self.value:
            return True
        return self.rules is not None and not any(failures(self.rules, self.value, came))


@dataclass(frozen=True, slots=True)
class _Route:
    """The messages that a handler expects; of an entry that it does not state, it expects nothing."""

    names: tuple[_Name | None, ...]
    is_tombstone: bool
    value: object
    receiver: Receiver

    def fits(self, way: Way) -> bool:
        came, is_tombstone, value = way
        if is_tombstone is not self.is_tombstone or value != self.value:
            return False
        if not any(came):  # nothing is known of the way it came
            return not any(self.names)
        return all(name is None or name.fits(each) for name, each in zip(self.names, came, strict=True))

    def is_apart(self, other: "_Route") -> bool:
        """Whether messages are told from those of another."""
        both = zip(self.names, other.names, strict=True)
        return self.is_tombstone is not other.is_tombstone or any(
            mine is not None and theirs is not None and mine.value != theirs.value for mine, theirs in both
        )


class Routes:
    """The handlers, by the messages that they expect.

    Args:
        expectations: What is expected.
        keys: The entries of the metadata by which messages are routed.
        names: The deployed names of what contracts name there, where they differ.
        value_of: The discriminator as a function.
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler.
        native: The function of `via=` that makes what the transport's own records are.
    """

    def __init__(
        self,
        expectations: Sequence[Expectation],
        *,
        keys: Sequence[str],
        names: Mapping[str, str],
        value_of: Callable[[Message], object] | None,
        arguments: Mapping[str, object],
        handlers: Mapping[Handler, Handler],
        native: Via | None,
    ) -> None:
        self._keys = tuple(keys)
        self._key = self._keys[0] if len(self._keys) == 1 else None
        self._deployed = names
        self._value_of = value_of
        self._found: dict[tuple[object, bool, object], tuple[Receiver, ...]] = {}
        places: dict[tuple[tuple[_Name | None, ...], bool, object, Handler], list[Expected]] = {}
        self._expectations: list[tuple[Expectation, tuple[_Name | None, ...]]] = []
        for each in expectations:
            place, expected = self._placed(each)
            self._expectations.append((each, place[0]))
            places.setdefault((*place, each.handler), []).append(expected)
        self._check_names()
        self._routes = [
            _Route(stated, is_none, value, receiver_of(each, handlers.get(handler, handler), arguments, native))
            for (stated, is_none, value, handler), each in places.items()
        ]
        self._check_handlers(handlers)
        if value_of is None:
            self._check_apart()

    @property
    def needs(self) -> frozenset[str]:
        """The entries of the metadata that handlers are told by, and those that contracts state."""
        stated = (each.contents.metadata for route in self._routes for each in route.receiver.expected)
        return frozenset(self._keys).union(*stated)

    def of(self, message: Message, value: object) -> tuple[Receiver, ...]:
        """Whose a message is.

        Args:
            message: The message.
            value: What the discriminator made of it.
        """
        # One look at a dictionary for each message: a tuple within the tuple would take as long as that.
        metadata, is_none = message.metadata, message.contents is None
        came = metadata.get(self._key) if self._key is not None else tuple(map(metadata.get, self._keys))
        found = self._found.get((came, is_none, value))
        if found is None:
            if len(self._found) >= MOST:
                self._found.clear()
            way: Way = (came,) if self._key is not None else came, is_none, value  # type: ignore[assignment]  # of several keys it is one
            found = self._found[came, is_none, value] = tuple(each.receiver for each in self._routes if each.fits(way))
        return found

    def is_known(self, message: Message) -> bool:
        """Whether any messages are expected of the way that it came, whatever the discriminator makes of them."""
        came, is_none = tuple(map(message.metadata.get, self._keys)), message.contents is None
        return any(each.fits((came, is_none, each.value)) for each in self._routes)

    def address(self, message: Message) -> str:
        """How a message came, for people."""
        known = [message.metadata.get(key) for key in self._keys]
        return " ".join(str(each) for each in known if each) or "an unknown address"

    def deployed(self, key: str) -> tuple[str, ...]:
        """The deployed names that are stated in one of the entries. Raises DeclarationError where one is not."""
        at, found = self._keys.index(key), []
        for expectation, names in self._expectations:
            name = names[at]
            if name is None:
                raise DeclarationError(
                    f"Cannot consume {expectation.description!r}: it states no {key} (at {expectation.place}). "
                    f"State it: metadata={{{key!r}: 'orders.v1'}}."
                )
            found.append(name.value)
        return tuple(dict.fromkeys(found))

    # -- at the start --

    def _placed(self, expectation: Expectation) -> tuple[tuple[tuple[_Name | None, ...], bool, object], Expected]:
        """How the messages of an expectation come in, which its example shows."""
        stated = expectation.interaction.message
        assert stated is not None
        rules = stated.matching_rules.get("metadata") or {}
        names = tuple(self._name(stated.metadata.get(key), rules.get(key)) for key in self._keys)
        example = message_of(stated, stated.contents.value, stated.metadata)
        value = None if self._value_of is None else self._value_of(example)
        return (names, example.contents is None, value), Expected(expectation, relaxed(stated, without=self._keys))

    def _name(self, stated: object, rules: RuleSet | None) -> _Name | None:
        if not isinstance(stated, str):
            return None
        if stated in self._deployed:
            return _Name(stated, self._deployed[stated])
        return _Name(stated, stated, rules if rules is not None and rules.matchers else None)

    def _check_names(self) -> None:
        known = sorted({name.stated for _, names in self._expectations for name in names if name is not None})
        for each in self._deployed:
            if each not in known:
                raise UsageError(
                    f"Cannot use {each!r} as a name in contracts: no handler expects messages of that name. "
                    f"There are: {', '.join(known) or 'none'}."
                )

    def _check_handlers(self, handlers: Mapping[Handler, Handler]) -> None:
        known = {expectation.handler for expectation, _ in self._expectations}
        for each in handlers:
            if each not in known:
                raise UsageError(f"Cannot use {each!r} of handlers=: it expects no message. Give what is decorated.")

    def _check_apart(self) -> None:
        for number, one in enumerate(self._routes):
            for other in self._routes[:number]:
                if not one.is_apart(other):
                    what = "tombstones" if one.is_tombstone else "messages"
                    where = " ".join(repr(each.value) for each in one.names if each is not None) or "one address"
                    raise DeclarationError(
                        f"Cannot tell whose the {what} of {where} are: {other.receiver.place} and {one.receiver.place} "
                        "expect some. Say what tells them apart: discriminator='event-type', a name in the metadata, "
                        "'$.type', a path in the contents, or a function."
                    )


# -- what tells messages of one address apart ------------------------------------------------------------------------


def value_of(discriminator: Discriminator | None) -> Callable[[Message], object] | None:
    """A discriminator as a function.

    Raises:
        UsageError: it is none.
    """
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
    try:
        tokens = paths.parse(name)
    except paths.PathError as error:
        raise UsageError(f"Cannot use discriminator={name!r}: {error}. Say a path such as '$.type'.") from None

    def in_contents(message: Message) -> object:
        if message.contents is None:
            return None
        serializer, payload = received(serializer_for(message.content_type), message.contents, message.headers)
        found: Any = serializer.load(payload)
        for token in tokens:
            found = found.get(token) if isinstance(found, dict) else None
        return _known(found)

    return in_contents


def is_opaque(message: Message) -> bool:
    """Whether its contents are of a type in which nothing can be looked up."""
    serializer, _ = received(serializer_for(message.content_type), message.contents or b"", message.headers)
    return serializer in (binary, text)


def _known(value: object) -> object:
    """A value that tells messages apart, which a container does not."""
    return value if isinstance(value, str | int | bool) else None
