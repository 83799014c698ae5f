"""Messages by their kind: where they come, what they are at the top, and what tells those of one address apart."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from msgpact.live.inference import MOST_ALTERNATIVES, Place, is_word
from msgpact.model import Message
from msgpact.routing import value_of
from msgpact.rules import content_types
from msgpact.rules.paths import PathError, parse
from msgpact.serializers import received, serializer_for

__all__ = ["Group", "key_of", "kinds"]

MOST_ADDRESSES = 20
"""Of one topic or exchange: where there are more, what tells them apart is data."""

DEEPEST = 60
"""Levels of a document: Python reads no source with more brackets in each other than some 200, which are three a level."""

WELL_KNOWN = ("type", "event-type", "event_type", "eventType", "event", "kind", "name", "ce_type")
"""What tells messages apart is mostly called so."""


@dataclass(slots=True)
class Group:
    """Messages of one kind."""

    address: tuple[object, ...]
    content_type: str | None
    is_tombstone: bool
    messages: list[Message] = field(default_factory=list)
    documents: list[object] = field(default_factory=list)
    discriminator: str | None = None
    value: object = None


def kinds(
    messages: Iterable[Message], keys: Sequence[str], discriminator: str | None, left_out: Counter[str]
) -> list[Group]:
    """The messages by their kind; those that cannot be read are *left_out*, by why."""
    messages = tuple(messages)
    return [
        found for each in _by_top(messages, _telling(messages, keys), left_out) for found in _apart(each, discriminator)
    ]


def _telling(messages: Sequence[Message], keys: Sequence[str]) -> Callable[[Message], tuple[object, ...]]:
    """The address of a message: without the parts that are data, as routing keys with an id in them."""
    found = {tuple(message.metadata.get(key) for key in keys) for message in messages}
    many = Counter(each[:1] for each in found)

    def address(message: Message) -> tuple[object, ...]:
        whole = tuple(message.metadata.get(key) for key in keys)
        return whole if many[whole[:1]] <= MOST_ADDRESSES else whole[:1]

    return address


def _is_too_deep(document: object) -> bool:
    level = [document]
    for _ in range(DEEPEST):
        level = [
            below
            for each in level
            if isinstance(each, dict | list)
            for below in (each.values() if isinstance(each, dict) else each)
            if isinstance(below, dict | list)
        ]
    return bool(level)


def _by_top(
    messages: Iterable[Message], address_of: Callable[[Message], tuple[object, ...]], left_out: Counter[str]
) -> list[Group]:
    """Messages by their address, their content type, and what their contents are at the top."""
    found: dict[tuple[object, ...], Group] = {}
    for message in messages:
        address = address_of(message)
        document: object = None
        if message.contents is not None:
            try:
                document = _document(message)
            except (ValueError, TypeError):
                left_out[f"of {message.content_type or 'no content type'} that cannot be read without a schema"] += 1
                continue
        if _is_too_deep(document):
            left_out[f"that are more than {DEEPEST} levels deep"] += 1
            continue
        is_tombstone = message.contents is None
        key = (
            address,
            message.content_type,
            is_tombstone,
            type(document) if isinstance(document, dict | list) else None,
        )
        group = found.setdefault(key, Group(address, message.content_type, is_tombstone))
        group.messages.append(message)
        group.documents.append(document)
    return list(found.values())


def _document(message: Message) -> object:
    content_type = message.content_type or content_types.guess(message.contents or b"")
    parsed = content_types.parse(content_type)
    if parsed is None or not parsed.is_json:
        raise ValueError(content_type)
    serializer, payload = received(serializer_for(content_type), message.contents or b"", message.headers)
    return serializer.load(payload)


def _apart(group: Group, discriminator: str | None) -> Iterator[Group]:
    """The messages of a kind by what tells them apart."""
    name = discriminator or (None if group.is_tombstone else _found_out(group))
    if name is None:
        yield group
        return
    function = value_of(name)
    assert function is not None
    parts: dict[object, Group] = {}
    for message, document in zip(group.messages, group.documents, strict=True):
        value = function(message)
        part = parts.setdefault(
            (type(value), value), Group(group.address, group.content_type, group.is_tombstone, value=value)
        )
        part.discriminator = name if value is not None else None
        part.messages.append(message)
        part.documents.append(document)
    yield from parts.values()


def _found_out(group: Group) -> str | None:
    """What tells messages apart: by its values, each kind of them has its own keys."""
    if not all(isinstance(each, dict) for each in group.documents):
        return None
    place = Place.of(group.documents)
    whole = sum(1 for _ in place.sometimes)
    best: tuple[int, int, str] | None = None
    for name, function in _candidates(group, place):
        parts: dict[object, list[object]] = {}
        for message, document in zip(group.messages, group.documents, strict=True):
            parts.setdefault(function(message), []).append(document)
        if not 2 <= len(parts) <= MOST_ALTERNATIVES or not _are_names(parts):
            continue
        optional = sum(sum(1 for _ in Place.of(each).sometimes) for each in parts.values())
        bare = name.removeprefix("$.")
        rank = WELL_KNOWN.index(bare) if bare in WELL_KNOWN else len(WELL_KNOWN)
        if optional < whole and (best is None or (optional, rank, name) < best):
            best = optional, rank, name
    return None if best is None else best[2]


def _are_names(parts: Mapping[object, list[object]]) -> bool:
    return all(isinstance(each, str) and is_word(each) for each in parts) and any(
        len(each) > 1 for each in parts.values()
    )


def _candidates(group: Group, place: Place) -> Iterator[tuple[str, Callable[[Message], object]]]:
    headers = {name for message in group.messages for name, _ in message.headers}
    names = [*sorted(headers), *(f"$.{key}" for key, below in place.always if set(below.kinds) == {"string"})]
    for name in names:
        if name.startswith("$.") and key_of(name) is None:
            continue
        function = value_of(name)
        assert function is not None
        yield name, function


def key_of(path: str) -> str | None:
    """The key that a path of one key names; None where it is none such."""
    try:
        tokens = parse(path)
    except PathError:
        return None
    return tokens[0] if len(tokens) == 1 and isinstance(tokens[0], str) else None
