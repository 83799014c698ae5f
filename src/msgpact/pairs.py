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
from msgpact.expectation import Expectation, origin_of
from msgpact.model import Contract, Interaction
from msgpact.pactfile import files
from msgpact.results import Outcome, Problem, WrittenPact

__all__ = ["Pair", "commit", "pairs_of"]


@dataclass(slots=True)
class Pair:
    """What a run found out about one consumer–provider pair.

    Attributes:
        registered: How many expectations are declared.
        modules: The modules that declare them, and those the consumer names.
        green: By its words, each interaction whose handler coped.
        red: What failed, errored, was skipped or never ended.
    """

    consumer: str
    provider: str
    registered: int
    modules: frozenset[str]
    green: dict[str, Interaction] = field(default_factory=dict)
    red: list[str] = field(default_factory=list)

    @property
    def full(self) -> bool:
        """Whether everything declared was delivered."""
        return len(self.green) >= self.registered


def pairs_of(consumer: Consumer) -> dict[str, Pair]:
    """The consumer's pairs by provider, with nothing run yet."""
    pairs: dict[str, Pair] = {}
    own = {module_of(each) for each in consumer.expectations} | set(consumer.modules)
    for expectation in consumer.expectations:
        pair = pairs.setdefault(expectation.provider, Pair(consumer.name, expectation.provider, 0, frozenset(own)))
        pair.registered += 1
    return pairs


def module_of(expectation: Expectation) -> str:
    """The module that an expectation's handler is recorded under."""
    return origin_of(expectation.handler).partition(":")[0]


def commit(
    pairs: Iterable[Pair], folder: Path, spec_version: str, *, prune: bool = False
) -> tuple[list[WrittenPact], list[Problem]]:
    """Write what is green: nothing for a red pair; a full pair also loses what its modules no longer declare."""
    pairs = list(pairs)
    written: list[WrittenPact] = []
    problems: list[Problem] = []
    for pair in pairs:
        if pair.red:
            failed = f"{len(pair.red)} of {pair.registered} failed" if len(pair.red) > 1 else f"{pair.red[0]!r} failed"
            written.append(WrittenPact(pair.consumer, pair.provider, None, text=f"not written: {failed}"))
        elif pair.green:
            try:
                written.append(_written(pair, folder, spec_version, prune=prune))
            except MsgpactError as error:
                problems.append(Problem(Outcome.MISUSED, str(error)))
    for consumer in {pair.consumer for pair in pairs}:
        own = [pair for pair in pairs if pair.consumer == consumer]
        if all(pair.full and not pair.red for pair in own) and not problems:
            written.extend(_deserted(own, folder, prune=prune))
    return written, problems


def _written(pair: Pair, folder: Path, spec_version: str, *, prune: bool) -> WrittenPact:
    contract = Contract(pair.consumer, pair.provider, tuple(pair.green.values()))
    merged = files.merge(contract, folder, spec_version=spec_version, drop=_dropped(pair, prune=prune))
    gone = tuple(f"{name} ({origin})" for name, origin in merged.kept if not modules.exists(_module(origin)))
    return WrittenPact(
        pair.consumer, pair.provider, os.fspath(merged.path), len(pair.green), merged.changed, merged.removed, gone
    )


def _dropped(pair: Pair, *, prune: bool) -> Callable[[str], bool]:
    def drop(origin: str) -> bool:
        name = _module(origin)
        return pair.full and (name in pair.modules or (prune and not modules.exists(name)))

    return drop


def _module(origin: str) -> str:
    return origin.partition(":")[0]


def _deserted(pairs: Sequence[Pair], folder: Path, *, prune: bool) -> list[WrittenPact]:
    """Files of the same consumer with providers it no longer expects anything of: what was recorded there goes."""
    consumer, providers = pairs[0].consumer, {pair.provider for pair in pairs}
    written = []
    for path in sorted(folder.glob("*.json")):
        try:
            contract = files.load(path)
        except MsgpactError:
            continue  # not ours to judge
        named = path.name == files.file_name(consumer, contract.provider)
        if contract.consumer != consumer or contract.provider in providers or not named:
            continue
        pair = Pair(consumer, contract.provider, 0, pairs[0].modules)
        merged = files.merge(
            Contract(consumer, contract.provider),
            folder,
            spec_version=contract.spec_version,
            drop=_dropped(pair, prune=prune),
            delete_empty=True,
        )
        if merged.removed:
            text = "" if path.exists() else "deleted: nothing is expected of this provider any more"
            written.append(
                WrittenPact(consumer, contract.provider, os.fspath(merged.path), 0, True, merged.removed, text=text)
            )
    return written
