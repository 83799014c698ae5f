"""The smallest pair that still differs, for whoever has to understand it."""

from collections.abc import Callable, Iterator
from typing import Any

import reference
from json_text import Number, nodes, replaced, text
from judges import Pair, Raw, Sent, judged

from msgpact.errors import UnreadablePact
from msgpact.serializers import json as json_serializer

TRIES = 3000


def smallest(pair: Pair, differs: Callable[[Pair], bool]) -> Pair:
    """What is left of the pair when everything is taken away that the difference does not need."""
    tries = 0
    while True:
        for smaller in _smaller(pair):
            tries += 1
            if tries > TRIES:
                return pair
            found = _judged(*smaller)
            if found is not None and differs(found):
                pair = found
                break
        else:
            return pair


def _judged(entry: Raw, version: int, sent: Sent) -> Pair | None:
    try:
        return judged(entry, version, [sent])[0]
    except (UnreadablePact, reference.Unreadable):
        return None


def _smaller(pair: Pair) -> Iterator[tuple[Raw, int, Sent]]:
    sent = pair.sent
    for entry in _less(pair.entry):
        if isinstance(entry, dict):
            yield entry, pair.version, sent
    for metadata in _less(sent.metadata or {}):
        if isinstance(metadata, dict):
            yield pair.entry, pair.version, Sent(sent.contents, sent.content_type, metadata)
    try:
        document = json_serializer.load(sent.contents)
    except ValueError:
        return
    for less in _less(document):
        written = text(less).encode()
        if len(written) < len(sent.contents):
            yield pair.entry, pair.version, Sent(written, sent.content_type, sent.metadata)


def _less(document: Any) -> Iterator[Any]:
    for path, here in list(nodes(document)):
        for below in _simpler(here):
            yield replaced(document, path, _always(below))


def _always(value: Any) -> Callable[[Any], Any]:
    return lambda _: value


def _simpler(here: Any) -> Iterator[Any]:
    if isinstance(here, dict):
        for key in here:
            yield {name: value for name, value in here.items() if name != key}
        yield from here.values()
    elif isinstance(here, list):
        for index in range(len(here)):
            yield here[:index] + here[index + 1 :]
        yield from here
    elif isinstance(here, Number) and here != "1":
        yield Number("1")
