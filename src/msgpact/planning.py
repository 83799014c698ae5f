"""Which interactions a verification is about, and what is wrong with it before anything is called."""

import difflib
import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from os import PathLike
from typing import NamedTuple

from msgpact.errors import MsgpactError
from msgpact.model import Contract, Interaction, InteractionType
from msgpact.pactfile import files
from msgpact.provider import Provider, Selection
from msgpact.results import Outcome, Problem

__all__ = ["Planned", "Run", "plan"]


class Planned(NamedTuple):
    """An interaction to verify, and the contract it stands in."""

    contract: Contract
    interaction: Interaction


# -- what is to be verified ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Run:
    """What a verification will do, and what is wrong with it as a whole."""

    provider: Provider
    planned: list[Planned] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    unused: tuple[str, ...] = ()


def plan(
    provider: Provider, pacts: Iterable[str | PathLike[str] | Contract], selection: Selection | None = None
) -> Run:
    """Read the pacts and choose what of them is this provider's and selected. Problems are noted, not raised."""
    run = Run(provider)
    if selection is None:
        selection = Selection()
    try:
        provider.load()
    except MsgpactError as error:
        run.problems.append(Problem(Outcome.MISUSED, str(error)))
        return run
    except Exception as error:  # raised by a module while it was imported
        text = f"Cannot import the modules of provider {provider.name!r}: {type(error).__name__}: {error}. Mend the module."
        run.problems.append(Problem(Outcome.RAISED, text, error))
        return run
    contracts = _read(pacts, run.problems)
    ours = [each for each in contracts if each.provider == provider.name]
    everything = [Planned(contract, interaction) for contract in ours for interaction in contract.interactions]
    run.planned = [each for each in everything if _selected(each, selection)]
    run.unused = _unused(provider, everything) if ours else ()
    if not run.problems:
        run.problems.extend(_nothing(provider, contracts, ours, everything, run.planned, selection))
    return run


def _read(pacts: Iterable[str | PathLike[str] | Contract], problems: list[Problem]) -> list[Contract]:
    contracts: list[Contract] = []
    for each in pacts:
        if isinstance(each, Contract):
            contracts.append(each)
            continue
        try:
            found = files.find([each])
            if not found:
                problems.append(
                    Problem(
                        Outcome.MISUSED,
                        f"Cannot verify by {str(each)!r}: the folder holds no pact (*.json). Record one, or name another folder.",
                    )
                )
        except MsgpactError as error:
            problems.append(Problem(Outcome.MISUSED, str(error)))
            continue
        for path in found:
            try:
                contracts.append(files.load(path))
            except MsgpactError as error:
                problems.append(Problem(Outcome.MISUSED, str(error)))
    return contracts


def _selected(planned: Planned, selection: Selection) -> bool:
    interaction = planned.interaction
    return (
        _fits(selection.descriptions, [interaction.description])
        and _fits(selection.states, [each.name for each in interaction.provider_states])
        and _fits(selection.consumers, [planned.contract.consumer])
    )


def _fits(wanted: Sequence[str], names: Sequence[str]) -> bool:
    if not wanted:
        return True
    return any(
        name == pattern
        or ("*" in pattern and fnmatch.fnmatchcase(name, pattern.replace("[", "[[]").replace("?", "[?]")))
        for pattern in wanted
        for name in names
    )


def _unused(provider: Provider, everything: Iterable[Planned]) -> tuple[str, ...]:
    asked = {each.interaction.description for each in everything}
    producers = provider.producers.items()
    return tuple(f"{name} ({each.registered.place})" for name, each in producers if name not in asked)


def _nothing(
    provider: Provider,
    contracts: Sequence[Contract],
    ours: Sequence[Contract],
    everything: Sequence[Planned],
    planned: Sequence[Planned],
    selection: Selection,
) -> Iterator[Problem]:
    """Whatever verifies nothing is a failure that says why."""
    what = f"Cannot verify provider {provider.name!r}"
    if not contracts:
        yield Problem(Outcome.MISUSED, f"{what}: there is no pact. Name a pact file or a folder that holds some.")
    elif not ours:
        names = sorted({each.provider for each in contracts})
        close_to = difflib.get_close_matches(provider.name, names, n=1)
        hint = f"Did you mean {close_to[0]!r}?" if close_to else "Give the provider that name, or name other pacts."
        yield Problem(Outcome.MISUSED, f"{what}: the pacts are with {', '.join(map(repr, names))}. {hint}")
    elif not everything:
        names = sorted(each.source or each.consumer for each in ours)
        yield Problem(Outcome.MISUSED, f"{what}: no pact holds an interaction ({', '.join(names)}). Record some.")
    elif not planned:
        known = "\n  ".join(sorted({f"{each.interaction} of {each.contract.consumer}" for each in everything}))
        yield Problem(Outcome.MISUSED, f"{what}: nothing is selected by {selection}. The pacts hold:\n  {known}")
    elif all(each.interaction.type is InteractionType.HTTP for each in planned):
        yield Problem(
            Outcome.MISUSED,
            f"{what}: the pacts hold HTTP interactions only, which are not verified here. Use an HTTP verifier.",
        )
