"""Sequences of messages in a pact file: in its own metadata, as no other tool knows them.

{"metadata": {"msgpact": {"sequences": [{
  "description": str, "providerStates": [{"name": str, "params": {…}}],
  "emits": [{"description": str, "providerStates": […]}],    the interactions of the file whose messages are sent
  "ordered": bool, "exactly": bool, "within": [str],
  "origin": str, "pending": bool
}]}}}
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgpact.errors import MergeConflict
from msgpact.model import Emitted, InteractionType, MessageSequence, ProviderState
from msgpact.pactfile.interactions import FormatError, mapping_of, read_states, state_json

__all__ = ["listed", "merged", "read", "write"]

Raw = dict[str, Any]


def listed(document: Mapping[str, Any]) -> list[Raw]:
    """The sequences of a document as they stand there. Raises FormatError."""
    ours = mapping_of(document.get("metadata"), "metadata").get("msgpact")
    found = ours.get("sequences") if isinstance(ours, Mapping) else None
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise FormatError(f"sequences of its metadata are no list of objects: {json.dumps(found)[:80]}")
    return found


def read(document: Mapping[str, Any]) -> tuple[MessageSequence, ...]:
    """The sequences of a document. Raises FormatError with a clause that says what is wrong."""
    return tuple(map(_read, listed(document)))


def _read(raw: Raw) -> MessageSequence:
    description = raw.get("description")
    if not isinstance(description, str):
        raise FormatError(f"a sequence has no description: {json.dumps(raw)[:80]}")
    emits, within = raw.get("emits"), raw.get("within", [])
    if not isinstance(emits, list) or not all(_is_named(each) for each in emits):
        raise FormatError(f"what the sequence {description!r} emits is no list of descriptions")
    if not isinstance(within, list) or not all(isinstance(each, str) for each in within):
        raise FormatError(f"what the sequence {description!r} is within is no list of names")
    origin = raw.get("origin")
    return MessageSequence(
        InteractionType.ASYNCHRONOUS_MESSAGE,
        description,
        read_states(raw),
        pending=raw.get("pending") is True,
        comments={"msgpact": {"origin": origin}} if isinstance(origin, str) else {},
        emits=tuple(Emitted(each["description"], read_states(each)) for each in emits),
        ordered=raw.get("ordered") is not False,
        exactly=raw.get("exactly") is not False,
        within=tuple(within),
    )


def _is_named(each: object) -> bool:
    return isinstance(each, dict) and isinstance(each.get("description"), str)


def write(sequence: MessageSequence) -> Raw:
    """The sequence as JSON."""
    raw: Raw = {
        **_named(sequence.description, sequence.provider_states),
        "emits": [_named(each.description, each.provider_states) for each in sequence.emits],
        "ordered": sequence.ordered,
        "exactly": sequence.exactly,
    }
    if sequence.within:
        raw["within"] = list(sequence.within)
    if sequence.origin is not None:
        raw["origin"] = sequence.origin
    if sequence.pending:
        raw["pending"] = True
    return raw


def _named(description: str, states: Iterable[ProviderState]) -> Raw:
    given = [state_json(each) for each in states]
    return {"description": description, "providerStates": given} if given else {"description": description}


def merged(
    sequences: Iterable[MessageSequence], there: Iterable[Raw], drop: Callable[[str], bool], source: str
) -> tuple[list[Raw], list[str], list[tuple[str, str]]]:
    """*sequences* beside those that are *there*: the same one is replaced, and what *drop* answers True for goes.

    Gives the sequences, sorted; descriptions of what was dropped; and `(description, origin)` of what was kept.

    Raises:
        MergeConflict: two of them are the same one, and say different things.
    """
    fresh: dict[str, Raw] = {}
    for each in sequences:
        raw = write(each)
        if fresh.setdefault(_identity(raw), raw) != raw:
            raise MergeConflict(
                f"Cannot write the sequence {each.description!r} twice into {source!r}: the contract holds it with two contents. "
                "Give one of them another description or other states."
            )
    removed, kept = [], []
    found = dict(fresh)
    for raw in there:
        identity, origin = _identity(raw), raw.get("origin")
        if identity in fresh:
            continue
        if isinstance(origin, str) and drop(origin):
            removed.append(str(raw.get("description")))
            continue
        if isinstance(origin, str):
            kept.append((str(raw.get("description")), origin))
        found[identity] = raw
    return [found[identity] for identity in sorted(found)], removed, kept


def _identity(raw: Raw) -> str:
    return json.dumps([raw.get("description"), raw.get("providerStates") or []], sort_keys=True)
