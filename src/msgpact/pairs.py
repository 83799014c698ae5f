"""The consumer-provider pairs of a run, and what each of them writes.

A red pair writes nothing. A green one merges what was delivered into its pact; if everything declared was delivered, what
the same modules recorded before and no longer declare goes.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from msgpact import modules
from msgpact.consumer import Consumer
from msgpact.errors import MsgpactError
from msgpact.expectation import origin_of
from msgpact.model import Contract, Interaction, MessageSequence
from msgpact.pactfile import files
from msgpact.results import Outcome, Problem, WrittenPact

__all__ = ["Pair", "commit", "pairs_of"]


@dataclass(slots=True)
class Pair:
    """What a run found out about one consumer–provider pair.

    Attributes:
        declared: All expectations that are registered, by their words.
        modules: The modules that declare them, and those the consumer names with what lies below them.
        green: By their words, the interactions whose handlers coped.
        red: What failed, errored, was skipped or never ended.
        sequences: What is stated of several messages together.
        is_narrowed: Whether more may be declared than is known, so that nothing may go.
    """

    consumer: str
    provider: str
    declared: frozenset[str] = frozenset()
    modules: frozenset[str] = frozenset()
    green: dict[str, list[Interaction]] = field(default_factory=dict)
    red: list[str] = field(default_factory=list)
    sequences: list[MessageSequence] = field(default_factory=list)
    is_narrowed: bool = False

    @property
    def is_full(self) -> bool:
        """Whether everything declared was delivered."""
        return not self.is_narrowed and self.declared <= self.green.keys()

    def passed(self, interaction: Interaction) -> None:
        """Note that a handler coped; several tests may say so of one interaction."""
        known = self.green.setdefault(str(interaction), [])
        if interaction not in known:
            known.append(interaction)


def pairs_of(consumer: Consumer) -> dict[str, Pair]:
    """The consumer's pairs by provider, with nothing run yet."""
    declared: dict[str, set[str]] = {}
    # What a package imports is its own, also where nothing is declared any more.
    own = {name for each in consumer.modules for name in (each, *modules.loaded_below(each))}
    for expectation in consumer.expectations:
        declared.setdefault(expectation.provider, set()).add(str(expectation))
        own.add(_module(origin_of(expectation.handler)))
    pairs = {
        provider: Pair(consumer.name, provider, frozenset(names), frozenset(own))
        for provider, names in declared.items()
    }
    for provider, sequence in consumer.sequences:
        pairs[provider].sequences.append(sequence)
        own.add(str(sequence.origin))
    for pair in pairs.values():
        pair.modules = frozenset(own)
    return pairs


def commit(
    pairs: Iterable[Pair], folder: Path, spec_version: str, *, prune: bool = False
) -> tuple[list[WrittenPact], list[Problem]]:
    """Write what is green: nothing for a red pair; a full pair also loses what its modules no longer declare."""
    pairs = list(pairs)
    written: list[WrittenPact] = []
    problems: list[Problem] = []
    for pair in pairs:
        if pair.red:
            red = list(dict.fromkeys(pair.red))
            what = repr(red[0]) if len(red) == 1 else f"{len(red)} of {len(pair.declared)}"
            text = f"not written: {what} did not pass"
            written.append(WrittenPact(pair.consumer, pair.provider, None, text=text))
        elif pair.green:
            try:
                written.append(_written(pair, folder, spec_version, prune=prune))
            except MsgpactError as error:
                problems.append(Problem(Outcome.MISUSED, str(error)))
    for consumer in dict.fromkeys(pair.consumer for pair in pairs):
        own = [pair for pair in pairs if pair.consumer == consumer]
        if all(pair.is_full and not pair.red for pair in own) and not problems:
            try:
                written.extend(_deserted(own, folder, prune=prune))
            except MsgpactError as error:
                problems.append(Problem(Outcome.MISUSED, str(error)))
    return written, problems


def _written(pair: Pair, folder: Path, spec_version: str, *, prune: bool) -> WrittenPact:
    interactions = tuple(each for found in pair.green.values() for each in found)
    # One that names a message which no handler was given in this run stays as it was recorded.
    sequences = tuple(each for each in pair.sequences if {*map(str, each.emits)} <= pair.green.keys())
    contract = Contract(pair.consumer, pair.provider, interactions, sequences=sequences)
    merged = files.merge(contract, folder, spec_version=spec_version, drop=_dropped(pair, prune=prune))
    gone = tuple(f"{name} ({origin})" for name, origin in merged.kept if not modules.exists(_module(origin)))
    return WrittenPact(
        pair.consumer,
        pair.provider,
        os.fspath(merged.path),
        len(interactions),
        merged.changed,
        merged.removed,
        gone,
        undelivered=tuple(sorted(pair.declared - pair.green.keys())),
        sequences=len(sequences),
    )


def _dropped(pair: Pair, *, prune: bool) -> Callable[[str], bool]:
    def drop(origin: str) -> bool:
        name = _module(origin)
        return pair.is_full and (name in pair.modules or (prune and not modules.exists(name)))

    return drop


def _module(origin: str) -> str:
    return origin.partition(":")[0]


def _deserted(pairs: Sequence[Pair], folder: Path, *, prune: bool) -> list[WrittenPact]:
    """Files of the same consumer with providers it no longer expects anything of: what was recorded there goes."""
    consumer, providers = pairs[0].consumer, {pair.provider for pair in pairs}
    own = frozenset().union(*(pair.modules for pair in pairs))
    written = []
    for path in sorted(folder.glob("*.json")):
        try:
            contract = files.load(path)
        except MsgpactError:
            continue  # not ours to judge
        if contract.consumer != consumer or contract.provider in providers:
            continue
        drop = _dropped(Pair(consumer, contract.provider, modules=own), prune=prune)
        recorded = (*contract.interactions, *contract.sequences)
        has_ours = any(each.origin is not None and drop(each.origin) for each in recorded)
        if not has_ours or path.name != files.file_name(consumer, contract.provider):
            continue
        merged = files.merge(
            Contract(consumer, contract.provider),
            folder,
            spec_version=contract.spec_version,
            drop=drop,
            delete_empty=True,
        )
        text = "" if path.exists() else "deleted: nothing is expected of this provider any more"
        written.append(
            WrittenPact(consumer, contract.provider, os.fspath(merged.path), 0, True, merged.removed, text=text)
        )
    return written
