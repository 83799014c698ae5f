"""Which interactions a verification is about, and what is wrong with it before anything is called."""

import difflib
import fnmatch
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgpact.errors import MsgpactError, NothingToVerify
from msgpact.model import Contract, Interaction, InteractionType, MessageSequence
from msgpact.pactfile import bound, files
from msgpact.provider import Provider, Selection, Source
from msgpact.results import Outcome, Problem
from msgpact.serializers.framed import Registry
from msgpact.serializers.plugin_form import not_verifiable

__all__ = ["Planned", "Run", "chosen", "plan"]

_HTTP = InteractionType.HTTP

SHOWN = 10
"""Names that a message lists, of those there are."""


class Planned(NamedTuple):
    """An interaction to verify, or a sequence, and the contract it stands in."""

    contract: Contract
    interaction: Interaction


@dataclass(slots=True)
class Run:
    """What a verification will do, and what is wrong with it as a whole.

    Attributes:
        unused: Producers that no pact asks for, as `description (place)`.
    """

    provider: Provider
    planned: list[Planned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unused: tuple[str, ...] = ()


def plan(
    provider: Provider,
    pacts: Iterable[Source],
    selection: Selection | None = None,
    *,
    registry: Registry | None = None,
) -> Run:
    """Read the pacts and choose what of them is this provider's and selected. Problems are noted, not raised.

    Where the provider names no *registry*, the schemas of frames are looked up in that one.
    """
    run = Run(provider)
    try:
        provider.load()
    except MsgpactError as error:
        run.problems.append(Problem.of(error))
        return run
    pacts = tuple(pacts)
    contracts = [bound.with_registry(each, registry) for each in _read(pacts, run.problems, "verify")]
    ours = [each for each in contracts if each.provider == provider.name]
    everything = [
        Planned(contract, each) for contract in ours for each in (*contract.interactions, *contract.sequences)
    ]
    filters = _filters(selection or Selection())
    run.planned = [each for each in everything if all(one.takes(each) for one in filters)]
    run.unused = _unused(provider, everything) if ours else ()
    if ours:
        run.problems += _others(provider, contracts, pacts)
        run.problems += _empty(provider, ours)
        run.problems += _unselected(f"Cannot verify provider {provider.name!r}", run.planned, everything, filters)
        run.problems += _none_verifiable(provider, run.planned)
    elif not run.problems:
        run.problems.append(_nobodys(provider, contracts))
    return run


def chosen(
    pacts: Iterable[Source], selection: Selection, doing: str, *, registry: Registry | None = None
) -> list[Planned]:
    """The one-way messages of pacts that are selected, whosever they are, for whatever is done with them, a verb.

    Raises:
        NothingToVerify: there is none, or something is wrong with the pacts or the selection; all that is, line by line.
    """
    problems: list[Problem] = []
    contracts = [bound.with_registry(each, registry) for each in _read(pacts, problems, doing)]
    everything = [Planned(contract, each) for contract in contracts for each in contract.interactions if each.message]
    everything = [each for each in everything if not_verifiable(each.interaction) is None]
    filters = _filters(selection)
    found = [each for each in everything if all(one.takes(each) for one in filters)]
    what = f"Cannot {doing}"
    problems += _unselected(what, found, everything, filters)
    if not found and not problems:
        problems.append(Problem(Outcome.MISUSED, f"{what}: the pacts hold no one-way message. Name others."))
    if problems:
        raise NothingToVerify("\n".join(each.text for each in problems))
    return found


# -- reading ---------------------------------------------------------------------------------------------------------


def _read(pacts: Iterable[Source], problems: list[Problem], doing: str) -> list[Contract]:
    contracts: list[Contract] = []
    paths: dict[Path, Path] = {}  # by where it really lies: a file that is named twice is read once
    for each in pacts:
        if isinstance(each, Contract):
            contracts.append(each)
            continue
        try:
            found = files.find([each])
        except MsgpactError as error:
            problems.append(Problem(Outcome.MISUSED, str(error)))
            continue
        paths.update((path.resolve(), path) for path in found)
        if not found:
            text = f"Cannot {doing} by {str(each)!r}: the folder holds no pact (*.json). Record one, or name another folder."
            problems.append(Problem(Outcome.MISUSED, text))
    for path in paths.values():
        try:
            contracts.append(files.load(path))
        except MsgpactError as error:
            problems.append(Problem(Outcome.MISUSED, str(error)))
    return contracts


# -- selecting -------------------------------------------------------------------------------------------------------


class _Filter(NamedTuple):
    """What a user said of one property: an interaction must fit one of the patterns."""

    kind: str
    patterns: Sequence[str]
    names_of: Callable[[Planned], Sequence[str]]

    def takes(self, planned: Planned) -> bool:
        names = self.names_of(planned)
        return any(_fits(pattern, names) for pattern in self.patterns)


def _filters(selection: Selection) -> list[_Filter]:
    filters = [
        _Filter("description", selection.descriptions, lambda planned: [planned.interaction.description]),
        _Filter("state", selection.states, lambda planned: [each.name for each in planned.interaction.provider_states]),
        _Filter("consumer", selection.consumers, lambda planned: [planned.contract.consumer]),
    ]
    return [each for each in filters if each.patterns]


def _fits(pattern: str, names: Iterable[str]) -> bool:
    if "*" not in pattern:
        return pattern in names
    # Only * is special: descriptions may hold brackets and question marks.
    pattern = pattern.replace("[", "[[]").replace("?", "[?]")
    return any(fnmatch.fnmatchcase(name, pattern) for name in names)


# -- no silent green: whatever verifies nothing is a failure that says why -------------------------------------------


def _nobodys(provider: Provider, contracts: Sequence[Contract]) -> Problem:
    what = f"Cannot verify provider {provider.name!r}"
    if not contracts:
        return Problem(Outcome.MISUSED, f"{what}: there is no pact. Name a pact file or a folder that holds some.")
    names = sorted({each.provider for each in contracts})
    text = f"no pact is with a provider of that name. {_hint(provider.name, names)}"
    return Problem(Outcome.MISUSED, f"{what}: {text}")


def _others(provider: Provider, contracts: Iterable[Contract], pacts: Iterable[Source]) -> Iterator[Problem]:
    """A pact that was named, and is another provider's: in a folder it may lie, but here it was meant."""
    given = {id(each) for each in pacts if isinstance(each, Contract)}
    paths = {os.fspath(each) for each in pacts if not isinstance(each, Contract)}
    for each in contracts:
        if each.provider != provider.name and (id(each) in given or each.source in paths):
            shown = repr(each.source) if each.source else f"of {each.consumer!r}"
            text = f"the pact {shown} is with the provider {each.provider!r}. Leave it out, or mend the name."
            yield Problem(Outcome.MISUSED, f"Cannot verify provider {provider.name!r}: {text}")


def _empty(provider: Provider, ours: Iterable[Contract]) -> Iterator[Problem]:
    for each in ours:
        if not each.interactions:
            where = f" ({each.source})" if each.source else ""
            text = f"the pact of {each.consumer!r}{where} holds no interaction. Record some, or remove it."
            yield Problem(Outcome.MISUSED, f"Cannot verify provider {provider.name!r}: {text}")


def _unselected(
    what: str, planned: Sequence[Planned], everything: Sequence[Planned], filters: Sequence[_Filter]
) -> Iterator[Problem]:
    """A filter that fits no interaction at all is most likely misspelt, even where others fit some."""
    useless = False
    for kind, patterns, names_of in filters:
        known = sorted({name for each in everything for name in names_of(each)})
        for pattern in patterns:
            if not _fits(pattern, known):
                useless = True
                text = f"nothing is selected by {kind} {pattern!r}. {_hint(pattern, known)}"
                yield Problem(Outcome.MISUSED, f"{what}: {text}")
    if everything and not planned and not useless:
        said = ", ".join(f"{kind} {' or '.join(map(repr, patterns))}" for kind, patterns, _ in filters)
        yield Problem(Outcome.MISUSED, f"{what}: no interaction fits {said} together. Leave one of them out.")


def _hint(wanted: str, known: Sequence[str]) -> str:
    if close_to := difflib.get_close_matches(wanted, known, n=1):
        return f"Did you mean {close_to[0]!r}?"
    shown = ", ".join(map(repr, known[:SHOWN])) or "none"
    more = f" and {len(known) - SHOWN} more" if len(known) > SHOWN else ""
    return f"There are: {shown}{more}."


def _none_verifiable(provider: Provider, planned: Sequence[Planned]) -> Iterator[Problem]:
    what = f"Cannot verify provider {provider.name!r}"
    unknown = {not_verifiable(each.interaction) for each in planned if each.interaction.type is not _HTTP}
    if planned and not unknown:
        text = "the pacts hold HTTP interactions only, which are not verified here. Use an HTTP verifier."
        yield Problem(Outcome.MISUSED, f"{what}: {text}")
    elif planned and None not in unknown:
        text = (
            "the pacts hold nothing but contents of plugins that are not known here. Use a verifier with those plugins."
        )
        yield Problem(Outcome.MISUSED, f"{what}: {text}")


def _unused(provider: Provider, everything: Iterable[Planned]) -> tuple[str, ...]:
    asked = {(isinstance(each.interaction, MessageSequence), each.interaction.description) for each in everything}
    registered = [(False, provider.producers), (True, provider.actions)]
    return tuple(
        f"{name} ({each.registered.place})"
        for is_action, known in registered
        for name, each in known.items()
        if (is_action, name) not in asked
    )
