"""Drift: what messages of a live topic are, field by field, beside what contracts say of them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from msgpact.check import check_message
from msgpact.checking import NO_RULES, serializer_of, typed_example
from msgpact.errors import shown
from msgpact.expectation import message_of
from msgpact.live.differences import Break, DriftReport, InteractionDrift, NewFields
from msgpact.live.named import Named, SeenField, Tally, kind_in_words
from msgpact.model import Form, Message, MessageContents, Presence, is_content_type_key
from msgpact.pactfile import bound
from msgpact.planning import Planned
from msgpact.relaxing import relaxed
from msgpact.results import ABSENT, Mismatch
from msgpact.rules.paths import root
from msgpact.serializers import headers_of, received

__all__ = ["Drift"]

MOST_BREAKS = 200
MOST_GROUPS = 1000
LONGEST = 120
"""Characters of an example."""

_NO_DOCUMENT = object()


Value = Callable[[Message], object]


@dataclass(slots=True)
class _Noted:
    """A break while it is counted."""

    example: str
    times: int = 0


@dataclass(slots=True, eq=False)
class _Watched:
    """An interaction while messages come."""

    planned: Planned
    address: tuple[object, ...]
    value: object
    expected: MessageContents
    named: Named
    headers: frozenset[str]
    tally: Tally
    seen: int = 0
    fit: int = 0
    breaks: dict[tuple[str, str, str], _Noted] = field(default_factory=dict)


@dataclass(slots=True)
class _Group:
    """The messages that the same interactions are for."""

    watched: tuple[_Watched, ...]
    tally: Tally
    headers: frozenset[str]
    new_headers: Counter[str] = field(default_factory=Counter)
    seen: int = 0


class Drift:
    """Holds messages against contracts, relaxed to types, as they come.

    Args:
        planned: The interactions.
        keys: The entries of the metadata that are a message's address.
        value_of: What tells messages of one address apart, if anything does.
        shows_values: Whether an example may hold what a message had.
    """

    def __init__(
        self,
        planned: Iterable[Planned],
        *,
        keys: Sequence[str],
        value_of: Value | None = None,
        shows_values: bool = True,
    ) -> None:
        self._keys, self._value_of, self._shows_values = tuple(keys), value_of, shows_values
        self._watched = [self._made(each) for each in planned]
        self._groups: dict[tuple[tuple[object, ...], object], _Group] = {}
        self._nobodys = Counter[str]()
        self._seen = 0

    def _made(self, planned: Planned) -> _Watched:
        stated = planned.interaction.message
        assert stated is not None
        value = None
        if self._value_of is not None:
            bare = bound.unframed(stated)  # its registry need not be one to write to
            value = self._value_of(message_of(bare, bare.contents.value, bare.metadata))
        expected = relaxed(stated, without=self._keys)
        named = _named(expected)
        headers = frozenset(name.removeprefix("header:") for name in stated.metadata)
        address = tuple(stated.metadata.get(key) for key in self._keys)
        return _Watched(planned, address, value, expected, named, headers, Tally(named))

    @property
    def addresses(self) -> tuple[dict[str, str], ...]:
        """The addresses that the contracts state."""
        stated = dict.fromkeys(each.address for each in self._watched)
        return tuple(
            found
            for each in stated
            if (found := {key: value for key, value in zip(self._keys, each, strict=True) if isinstance(value, str)})
        )

    # -- one message --

    def add(self, message: Message) -> None:
        """Hold a message against the contracts that it is for."""
        self._seen += 1
        group = self._group(message)
        if not group.watched:
            self._nobodys[self._shown(self._address(message))] += 1
            return
        group.seen += 1
        names = {name for name, _ in message.headers if not is_content_type_key(name)}
        group.new_headers.update(names - group.headers)
        document = _document(group.watched[0].expected, message)
        if document is not _NO_DOCUMENT:
            group.tally.add(document)
        by_contract: dict[int, list[_Watched]] = {}
        for each in group.watched:
            by_contract.setdefault(id(each.planned.contract), []).append(each)
        for several in by_contract.values():
            self._hold(several, message)

    def _hold(self, several: list[_Watched], message: Message) -> None:
        """A message is for all interactions of a contract that it fits, or for the one that it comes closest to."""
        checked = [(each, check_message(each.expected, message)) for each in several]
        fitting = [each for each, mismatches in checked if not mismatches]
        for each in fitting:
            each.fit += 1
            _count(each, message)
        if not fitting:
            closest, mismatches = min(checked, key=lambda each: (len(each[1]), -_shared(each[0], message)))
            _count(closest, message)
            self._note(closest, mismatches)

    def _note(self, watched: _Watched, mismatches: Sequence[Mismatch]) -> None:
        found = {(each.part, _place(watched, each), each.rule): each for each in reversed(mismatches)}
        for key, each in found.items():
            if key not in watched.breaks:
                if len(watched.breaks) >= MOST_BREAKS:
                    continue
                watched.breaks[key] = _Noted(self._example(each))
            watched.breaks[key].times += 1

    def _example(self, mismatch: Mismatch) -> str:
        if mismatch.actual is ABSENT:
            return "nothing"
        text = mismatch.came if self._shows_values else kind_in_words(mismatch.actual)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"

    def _group(self, message: Message) -> _Group:
        address = self._address(message)
        value = None
        if self._value_of is not None:
            try:
                value = self._value_of(message)
            except (ValueError, TypeError, LookupError):
                value = _NO_DOCUMENT
        key = address, value
        if key not in self._groups:
            watched = tuple(each for each in self._watched if each.value == value and _fits(each.address, address))
            if len(self._groups) >= MOST_GROUPS:  # they are the senders': routing keys, discriminators
                same = (each for each in self._groups.values() if each.watched == watched)
                return next(same, None) or self._grouped(watched)
            self._groups[key] = self._grouped(watched)
        return self._groups[key]

    def _grouped(self, watched: Sequence[_Watched]) -> _Group:
        named = Named.all_of(each.named for each in watched)
        return _Group(tuple(watched), Tally(named), frozenset().union(*(each.headers for each in watched)))

    def _address(self, message: Message) -> tuple[object, ...]:
        return tuple(message.metadata.get(key) for key in self._keys)

    @staticmethod
    def _shown(address: tuple[object, ...]) -> str:
        return " ".join(each if isinstance(each, str) else shown(each) for each in address if each) or "no address"

    # -- the report --

    @property
    def report(self) -> DriftReport:
        """What was found so far."""
        new = []
        for (address, _), group in self._groups.items():
            headers = [
                SeenField(f"metadata {name}", times, group.seen, ("a header",))
                for name, times in sorted(group.new_headers.items())
            ]
            if found := (*group.tally.new, *headers):
                new.append(NewFields(self._shown(address), group.seen, found))
        interactions = tuple(_reported(each) for each in self._watched)
        return DriftReport(self._seen, interactions, tuple(new), dict(self._nobodys))


def _reported(watched: _Watched) -> InteractionDrift:
    breaks = [
        Break(part, path, rule, noted.times, noted.example) for (part, path, rule), noted in watched.breaks.items()
    ]
    breaks.sort(key=lambda each: (-each.times, each.part, each.path))
    if not watched.seen:
        return InteractionDrift(watched.planned, 0, 0)
    tally = watched.tally
    return InteractionDrift(watched.planned, watched.seen, watched.fit, tuple(breaks), tally.never, tally.optional)


def _fits(stated: tuple[object, ...], came: tuple[object, ...]) -> bool:
    """Whether an address is the stated one; of what is not stated, or not known, nothing is expected."""
    return all(mine is None or theirs is None or mine == theirs for mine, theirs in zip(stated, came, strict=True))


def _place(watched: _Watched, mismatch: Mismatch) -> str:
    return watched.named.general(mismatch.path) if mismatch.part == "contents" else mismatch.path


def _shared(watched: _Watched, message: Message) -> int:
    """How many of the named keys a message has."""
    document = _document(watched.expected, message)
    return len(watched.named.keys.keys() & document.keys()) if isinstance(document, dict) else 0


def _count(watched: _Watched, message: Message) -> None:
    watched.seen += 1
    document = _document(watched.expected, message)
    if document is not _NO_DOCUMENT:
        watched.tally.add(document)


def _named(expected: MessageContents) -> Named:
    stated = expected.contents
    if stated.presence is not Presence.PRESENT:
        return Named()
    document, rules = stated.value, expected.matching_rules.get("body")
    if stated.form is Form.TYPED:
        try:
            example = typed_example(expected)
        except (TypeError, ValueError):  # the check says so
            return Named()
        document, rules = example.document, example.rules
    return Named.of(document, root(rules) if rules else NO_RULES)


def _document(expected: MessageContents, message: Message) -> object:
    """The contents as a document, where they are one."""
    stated = expected.contents
    if not message.contents or stated.form not in (Form.JSON, Form.TYPED):
        return _NO_DOCUMENT
    try:
        serializer, payload = received(serializer_of(stated), message.contents, headers_of(message))
        return serializer.load(payload)
    except (TypeError, ValueError):  # the check says so
        return _NO_DOCUMENT
