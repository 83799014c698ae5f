"""Verification runs: every interaction that the pacts ask of a provider, or one of them as a case of a test."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from msgpact.calls import EventLoop, SyncDriver, drive, refuse_running_loop
from msgpact.deadlines import checked_timeout
from msgpact.errors import ContractBroken, DeclarationError, NothingToVerify, Unavailable, UserCodeError
from msgpact.model import Contract, Interaction
from msgpact.planning import Planned, Run, plan
from msgpact.provider import Provider, Selection, Source, sources_of
from msgpact.results import InteractionResult, Outcome, VerificationReport
from msgpact.serializers.framed import Registry
from msgpact.verification import Journey, verification

__all__ = ["ProviderCase", "averify", "provider_cases", "verify"]

OnResult = Callable[[InteractionResult], None]
Explain = Callable[[InteractionResult], str]


def verify(
    provider: Provider,
    pacts: Source | Iterable[Source],
    *,
    description: str | Iterable[str] | None = None,
    state: str | Iterable[str] | None = None,
    consumer: str | Iterable[str] | None = None,
    timeout: float | None = None,
    registry: Registry | None = None,
    via: Journey | None = None,
    on_result: OnResult | None = None,
) -> VerificationReport:
    """Verify what the pacts ask of a provider, in this process.

    Args:
        pacts: Contracts, pact files or folders; one, or several.
        description: Only interactions so described; `*` stands for any text.
        state: Only interactions in a state so named.
        consumer: Only these consumers' pacts.
        timeout: Seconds that each function of the provider's may take.
        registry: Where the schemas are looked up that frames of messages name, if the provider names none.
        via: By what way a message goes before it is checked, such as `msgpact.adapters.links.through` makes.
        on_result: Called with each result as it comes.

    Raises:
        WrongDriver: an event loop is running here; `await averify(...)` instead.
    """
    refuse_running_loop(f"verify {provider.name!r}", "msgpact.averify(...)")
    checked_timeout(timeout)
    run = plan(provider, sources_of(pacts), Selection.of(description, state, consumer), registry=registry)
    results = []
    with EventLoop() as loop:
        for planned in run.planned:
            # A driver for each interaction: what one sets in its context is not seen by the next.
            with SyncDriver(loop, timeout=timeout) as driver:
                result = driver.run(verification(provider, planned, {}, via=via))
            results.append(result)
            if on_result is not None:
                on_result(result)
    return VerificationReport(provider.name, tuple(results), tuple(run.problems), run.unused)


async def averify(
    provider: Provider,
    pacts: Source | Iterable[Source],
    *,
    description: str | Iterable[str] | None = None,
    state: str | Iterable[str] | None = None,
    consumer: str | Iterable[str] | None = None,
    timeout: float | None = None,
    registry: Registry | None = None,
    via: Journey | None = None,
    on_result: OnResult | None = None,
) -> VerificationReport:
    """As `verify`, on the event loop, in the task and in the context that run here."""
    checked_timeout(timeout)
    run = plan(provider, sources_of(pacts), Selection.of(description, state, consumer), registry=registry)
    results = []
    for planned in run.planned:
        result = await drive(verification(provider, planned, {}, via=via), timeout=timeout)
        results.append(result)
        if on_result is not None:
            on_result(result)
    return VerificationReport(provider.name, tuple(results), tuple(run.problems), run.unused)


# -- one case of a test run ------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False, repr=False)
class ProviderCase:
    """One interaction, to be verified by a test.

    Attributes:
        result: What became of it, once verified.
    """

    provider: Provider
    _planned: Planned
    _explain: Explain
    _loop: EventLoop | None = None
    _timeout: float | None = None
    _via: Journey | None = None
    result: InteractionResult | None = None

    def __repr__(self) -> str:
        return f"ProviderCase({self.contract.consumer!r}, {str(self.interaction)!r})"

    def __str__(self) -> str:
        return f"{self.contract.consumer}: {self.interaction}"

    @property
    def description(self) -> str:
        return self._planned.interaction.description

    @property
    def interaction(self) -> Interaction:
        return self._planned.interaction

    @property
    def contract(self) -> Contract:
        return self._planned.contract

    def verify(self, **names: object) -> InteractionResult:
        """Verify the interaction; *names* are values for producers, states and around functions to take.

        Raises:
            ContractBroken: the provider does not honour it; the message is the report.
            DeclarationError: none of the provider's functions takes one of the *names*.
            NothingToVerify: something is missing or can't be called, so that nothing could be checked.
            UserCodeError: a function of the provider's failed; an exception that it raised is raised itself.
            WrongDriver: an event loop is running here; `await case.averify(...)` instead.
        """
        __tracebackhide__ = True
        refuse_running_loop(f"verify {self.description!r}", "case.averify(...)")
        self._check_taken(names)
        with EventLoop() as own_loop, SyncDriver(self._loop or own_loop, timeout=self._timeout) as driver:
            self.result = driver.run(verification(self.provider, self._planned, names, via=self._via))
        return self._passed_on(self.result)

    async def averify(self, **names: object) -> InteractionResult:
        """As `verify`, on the event loop that runs here."""
        __tracebackhide__ = True
        self._check_taken(names)
        self.result = await drive(
            verification(self.provider, self._planned, names, via=self._via), timeout=self._timeout
        )
        return self._passed_on(self.result)

    def _check_taken(self, names: Mapping[str, object]) -> None:
        """A name that no function of the provider takes would be without effect: it is misspelt."""
        __tracebackhide__ = True
        functions = [each.parameters for each in self.provider.functions]
        if any(each.takes_any_name for each in functions):
            return
        taken = {name for each in functions for name in each.named}
        for name in names:
            if name not in taken:
                close_to = difflib.get_close_matches(name, sorted(taken), n=1)
                hint = (
                    f"Did you mean {close_to[0]!r}?"
                    if close_to
                    else f"They take: {', '.join(sorted(taken)) or 'none'}."
                )
                raise DeclarationError(
                    f"Cannot verify {self.description!r} with {name}=...: no function of provider {self.provider.name!r} "
                    f"takes such a parameter. {hint}"
                )

    def _passed_on(self, result: InteractionResult) -> InteractionResult:
        __tracebackhide__ = True
        if not result.failed:
            return result
        text, error = self._explain(result), result.error
        if result.outcome is Outcome.BROKEN:
            raise ContractBroken(text)
        if result.outcome is Outcome.UNAVAILABLE:
            raise Unavailable(text)
        if result.outcome is not Outcome.RAISED:
            raise NothingToVerify(text)
        # What would end a generator or the process is not raised again, nor what doesn't say everything.
        ends = isinstance(error, StopIteration | GeneratorExit | SystemExit)
        if error is None or ends or result.mismatches:
            raise UserCodeError(text) from error
        error.add_note(result.text)
        raise error


def provider_cases(
    run: Run,
    explain: Explain,
    *,
    loop: EventLoop | None = None,
    timeout: float | None = None,
    via: Journey | None = None,
) -> list[ProviderCase]:
    """A case for each planned interaction.

    Raises:
        NothingToVerify: something is wrong with the run itself.
    """
    if run.problems:
        behind = next((each.error for each in run.problems if each.error is not None), None)
        raise NothingToVerify("\n".join(each.text for each in run.problems)) from behind
    return [ProviderCase(run.provider, each, explain, loop, timeout, via) for each in run.planned]
