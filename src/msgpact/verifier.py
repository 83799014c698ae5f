"""Verification: each interaction's states are set up, its producer is called, what comes out is checked, all torn down."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

from msgpact.calls import (
    Call,
    EventLoop,
    Parameters,
    Resource,
    Steps,
    SyncDriver,
    close,
    drive,
    enter,
    refuse_running_loop,
)
from msgpact.check import check_message
from msgpact.errors import (
    ContractBroken,
    DeclarationError,
    MsgpactError,
    NothingToVerify,
    Unavailable,
    UserCodeError,
)
from msgpact.model import Contract, Interaction, InteractionType
from msgpact.planning import Planned, Run, plan
from msgpact.producing import Broken, message_of, request_of
from msgpact.provider import Producer, Provider, Registered, Selection
from msgpact.results import InteractionResult, Mismatch, Outcome, VerificationReport

__all__ = ["ProviderCase", "averify", "provider_cases", "verify"]


# -- one interaction -------------------------------------------------------------------------------------------------


def verification(provider: Provider, planned: Planned, names: Mapping[str, object]) -> Steps[InteractionResult]:
    """The steps of one interaction's verification; they end in a result, whatever the user's code does."""
    contract, interaction = planned
    said = (contract.consumer, contract.provider, interaction)
    if interaction.type is InteractionType.HTTP:
        return InteractionResult(*said, Outcome.NOT_VERIFIED, text="HTTP, not verified here", source=contract.source)
    producer = provider._registry.producers.get(interaction.description)
    place = producer.registered.place if producer is not None else None
    if problem := _unproducible(provider, interaction, producer):
        outcome, text = problem
        return InteractionResult(*said, outcome, text=text, producer=place, source=contract.source)
    assert producer is not None
    found: tuple[Mismatch, ...] = ()
    outcome, text, failure = Outcome.PASSED, "", None
    try:
        found = yield from _surrounded(provider, producer, interaction, names)
        if found:
            outcome = Outcome.BROKEN
    except Broken as error:
        outcome, text = Outcome.BROKEN, str(error)
    except UserCodeError as error:
        outcome, text, failure = Outcome.RAISED, str(error), error.__cause__
    except Unavailable as error:
        outcome, text = Outcome.UNAVAILABLE, str(error)
    except MsgpactError as error:
        outcome, text = Outcome.MISUSED, str(error)
    except Exception as error:
        outcome, text, failure = Outcome.RAISED, _raised(error, provider, interaction), error
    return InteractionResult(*said, outcome, found, text, failure, place, contract.source)


def _unproducible(
    provider: Provider, interaction: Interaction, producer: Producer | None
) -> tuple[Outcome, str] | None:
    what = f"Cannot verify {interaction.description!r}"
    if producer is None:
        names = list(provider._registry.producers)
        close_to = difflib.get_close_matches(interaction.description, names, n=1)
        hint = f"Did you mean {close_to[0]!r}, which is produced?" if close_to else "Register one:"
        decorator = "answers" if interaction.type is InteractionType.SYNCHRONOUS_MESSAGE else "produces"
        return (
            Outcome.BROKEN,
            f"{what}: nobody produces it. {hint} @{provider.name}.{decorator}({interaction.description!r}).",
        )
    if producer.answers != (interaction.type is InteractionType.SYNCHRONOUS_MESSAGE):
        wanted = "produces" if producer.answers else "answers"
        return (
            Outcome.MISUSED,
            f"{what}: it is {interaction.type.value}. Register {producer.registered.place} by {wanted} instead.",
        )
    for state in interaction.provider_states:
        if state.name not in provider._registry.states:
            known = list(provider._registry.states)
            close_to = difflib.get_close_matches(state.name, known, n=1)
            hint = (
                f"Did you mean {close_to[0]!r}?"
                if close_to
                else f"Register one: @{provider.name}.state({state.name!r})."
            )
            return Outcome.MISUSED, f"{what}: no function sets up the state {state.name!r}. {hint}"
    return None


def _raised(error: Exception, provider: Provider, interaction: Interaction) -> str:
    """Whose exception it was: the innermost function of the user's that we know."""
    producer = provider._registry.producers[interaction.description].registered
    known = [("producer", producer)]
    known += [(f"state {each.name!r}", provider._registry.states[each.name]) for each in interaction.provider_states]
    known += [("around function", each) for each in provider._registry.arounds.values()]
    codes = {getattr(each.function, "__code__", None): (role, each.place) for role, each in known}
    tb = error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code in codes:
            role, place = codes[tb.tb_frame.f_code]
            return f"The {role} {place} raised {type(error).__name__}: {error}"
        tb = tb.tb_next
    return f"{type(error).__name__}: {error}"


def _surrounded(
    provider: Provider, producer: Producer, interaction: Interaction, given: Mapping[str, object]
) -> Steps[tuple[Mismatch, ...]]:
    """around → states → producer → check → tear-down in the reverse order, whatever happens in between."""
    registry = provider._registry
    if not registry.arounds and not interaction.provider_states:
        return (yield from _produced(producer, interaction, given, given))
    resources: list[Resource] = []
    surrounding: dict[str, object] = {}
    params: dict[str, object] = {}
    values: dict[str, object] = {}
    try:
        for around in registry.arounds.values():
            names = {**given, **surrounding}
            yielded, resource = yield from enter(
                around.function, _filled(around, names, "around function"), "around function"
            )
            if resource is not None:
                resources.append(resource)
            surrounding.update(_mapping(yielded, around, "around function"))
        for state in interaction.provider_states:
            registered = registry.states[state.name]
            role = f"state {state.name!r}"
            kwargs = _filled(registered, {**given, **surrounding, **state.params}, role, demanded=state.params)
            returned, resource = yield from enter(registered.function, kwargs, role)
            if resource is not None:
                resources.append(resource)
            values.update(_mapping(returned, registered, role))
            params.update(state.params)
        return (
            yield from _produced(
                producer, interaction, {**given, **surrounding, **params, **values}, {**params, **values}
            )
        )
    finally:
        yield from _torn_down(resources)


def _torn_down(resources: list[Resource]) -> Steps[None]:
    """Finish every resource, the last first; one that raises does not keep the others from being finished."""
    failure: BaseException | None = None
    for resource in reversed(resources):
        try:
            yield from close(resource)
        except BaseException as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _mapping(returned: object, registered: Registered, role: str) -> Mapping[str, object]:
    if returned is None:
        return {}
    if not isinstance(returned, Mapping) or not all(isinstance(name, str) for name in returned):
        raise DeclarationError(
            f"Cannot use what the {role} {registered.place} gives: {returned!r} is no dict of names. Return a dict, or nothing."
        )
    return returned


def _filled(
    registered: Registered, names: Mapping[str, object], role: str, *, demanded: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Keyword arguments for a function from the names there are; *demanded* ones must be taken."""
    parameters = registered.parameters
    if parameters.takes_any_name:
        return dict(names)
    for name in demanded or ():
        if name not in parameters.named:
            takes = ", ".join(parameters.named) or "none"
            raise DeclarationError(
                f"Cannot set up the {role} with {name}={demanded[name]!r}: {registered.place} takes no such parameter "  # type: ignore[index]  # it is being iterated
                f"(it takes: {takes}). Add it, or mend the pact's state."
            )
    kwargs: dict[str, object] = {}
    for name, parameter in parameters.named.items():
        if name in names:
            kwargs[name] = names[name]
        elif parameter.default is parameter.empty:
            there = ", ".join(sorted(names)) or "none"
            raise DeclarationError(
                f"Cannot call the {role} {registered.place}: its parameter {name!r} has no value (there are: {there}). "
                "Let a state return it, state it as a state's parameter, or give it to case.verify."
            )
    return kwargs


# -- the producer ----------------------------------------------------------------------------------------------------


def _produced(
    producer: Producer, interaction: Interaction, names: Mapping[str, object], values: Mapping[str, object]
) -> Steps[tuple[Mismatch, ...]]:
    registered = producer.registered
    parameters = registered.parameters
    args: tuple[object, ...] = ()
    if producer.answers:
        args = (request_of(producer, interaction, values),)
    if parameters.named:
        names = _with_interaction(parameters, interaction, names, skip=len(args))
        kwargs = _filled(registered, names, "producer")
        for each in parameters.positional[: len(args)]:
            kwargs.pop(each.name, None)
    else:
        kwargs = dict(names) if parameters.takes_any_name else {}
    returned = yield Call(registered.function, args, kwargs, "producer")
    if not producer.answers:
        assert interaction.message is not None
        return check_message(interaction.message, message_of(returned, producer))
    return _check_responses(producer, interaction, returned)


def _with_interaction(
    parameters: Parameters, interaction: Interaction, names: Mapping[str, object], *, skip: int
) -> Mapping[str, object]:
    first = {each.name for each in parameters.positional[:skip]}
    more: dict[str, object] = dict.fromkeys(first)
    for name, parameter in parameters.named.items():
        if name not in names and parameters.annotation(parameter) is Interaction:
            more[name] = interaction
    return {**names, **more} if more else names


def _check_responses(producer: Producer, interaction: Interaction, returned: object) -> tuple[Mismatch, ...]:
    expected = interaction.responses
    if len(expected) == 1:
        return check_message(expected[0], message_of(returned, producer))
    if not isinstance(returned, list | tuple) or len(returned) != len(expected):
        came = f"{len(returned)} responses" if isinstance(returned, list | tuple) else f"a {type(returned).__name__}"
        raise Broken(f"{producer.registered.place} gave {came}, where a list of {len(expected)} responses is expected")
    found: list[Mismatch] = []
    for index, (each, answer) in enumerate(zip(expected, returned, strict=True)):
        for mismatch in check_message(each, message_of(answer, producer)):
            found.append(
                Mismatch(
                    mismatch.path,
                    mismatch.rule,
                    mismatch.expected,
                    mismatch.actual,
                    f"response {index} {mismatch.part}",
                    mismatch.reason,
                    mismatch.matching_rule,
                )
            )
    return tuple(found)


# -- whole runs ------------------------------------------------------------------------------------------------------

OnResult = Callable[[InteractionResult], None]


def verify(
    provider: Provider,
    pacts: Iterable[str | PathLike[str] | Contract],
    *,
    description: str | Iterable[str] | None = None,
    state: str | Iterable[str] | None = None,
    consumer: str | Iterable[str] | None = None,
    timeout: float | None = None,
    on_result: OnResult | None = None,
) -> VerificationReport:
    """Verify what the pacts ask of a provider, in this process.

    Args:
        pacts: Contracts, pact files or folders.
        description: Only interactions so described; `*` stands for any text.
        state: Only interactions in a state so named.
        consumer: Only these consumers' pacts.
        timeout: Seconds that each function of the provider's may take.
        on_result: Called with each result as it comes.

    Raises:
        WrongDriver: an event loop is running here; `await averify(...)` instead.
    """
    refuse_running_loop(f"verify {provider.name!r}", "msgpact.averify(...)")
    run = plan(provider, _several(pacts), Selection.of(description, state, consumer))
    results = []
    with EventLoop() as loop, SyncDriver(loop, timeout=timeout) as driver:
        for planned in run.planned:
            result = driver.run(verification(provider, planned, {}))
            results.append(result)
            if on_result is not None:
                on_result(result)
    return VerificationReport(provider.name, tuple(results), tuple(run.problems), run.unused)


async def averify(
    provider: Provider,
    pacts: Iterable[str | PathLike[str] | Contract],
    *,
    description: str | Iterable[str] | None = None,
    state: str | Iterable[str] | None = None,
    consumer: str | Iterable[str] | None = None,
    timeout: float | None = None,
    on_result: OnResult | None = None,
) -> VerificationReport:
    """As `verify`, on the event loop, in the task and in the context that run here."""
    run = plan(provider, _several(pacts), Selection.of(description, state, consumer))
    results = []
    for planned in run.planned:
        result = await drive(verification(provider, planned, {}), timeout=timeout)
        results.append(result)
        if on_result is not None:
            on_result(result)
    return VerificationReport(provider.name, tuple(results), tuple(run.problems), run.unused)


def _several(pacts: object) -> Iterable[Any]:
    return (pacts,) if isinstance(pacts, str | PathLike | Contract) else pacts  # type: ignore[return-value]  # else an iterable


# -- one case of a test run ------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class ProviderCase:
    """One interaction, to be verified by a test.

    Attributes:
        result: What became of it, once verified.
    """

    provider: Provider
    planned: Planned
    explain: Callable[[InteractionResult], str]
    loop: EventLoop | None = None
    timeout: float | None = None
    result: InteractionResult | None = None

    @property
    def description(self) -> str:
        return self.planned.interaction.description

    @property
    def interaction(self) -> Interaction:
        return self.planned.interaction

    @property
    def contract(self) -> Contract:
        return self.planned.contract

    def verify(self, **names: object) -> InteractionResult:
        """Verify the interaction; *names* are values for producers, states and around functions to take.

        Raises:
            ContractBroken: the provider does not honour it; the message is the report.
            NothingToVerify: there is no producer or no state function for it.
            UserCodeError: a function of the provider's failed; an exception that it raised is raised itself.
            WrongDriver: an event loop is running here; `await case.averify(...)` instead.
        """
        __tracebackhide__ = True
        refuse_running_loop(f"verify {self.description!r}", "case.averify(...)")
        own_loop = EventLoop()
        try:
            with SyncDriver(self.loop or own_loop, timeout=self.timeout) as driver:
                self.result = driver.run(verification(self.provider, self.planned, names))
        finally:
            own_loop.close()
        return _passed_on(self.result, self.explain)

    async def averify(self, **names: object) -> InteractionResult:
        """As `verify`, on the event loop that runs here."""
        __tracebackhide__ = True
        self.result = await drive(verification(self.provider, self.planned, names), timeout=self.timeout)
        return _passed_on(self.result, self.explain)


def _passed_on(result: InteractionResult, explain: Callable[[InteractionResult], str]) -> InteractionResult:
    __tracebackhide__ = True
    if not result.failed:
        return result
    if result.outcome is Outcome.RAISED and result.error is not None:
        result.error.add_note(result.text)
        raise result.error
    text = explain(result)
    if result.outcome is Outcome.BROKEN:
        raise ContractBroken(text)
    if result.outcome is Outcome.RAISED:
        raise UserCodeError(text)
    raise Unavailable(text) if result.outcome is Outcome.UNAVAILABLE else NothingToVerify(text)


def provider_cases(
    run: Run,
    explain: Callable[[InteractionResult], str],
    *,
    loop: EventLoop | None = None,
    timeout: float | None = None,
) -> list[ProviderCase]:
    """A case for each planned interaction.

    Raises:
        NothingToVerify: something is wrong with the run itself.
    """
    if run.problems:
        raise NothingToVerify("\n".join(each.text for each in run.problems))
    return [ProviderCase(run.provider, each, explain, loop, timeout) for each in run.planned]
