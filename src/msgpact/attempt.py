"""One attempt at what a pact asks for: around → states → the provider's function → tear-down in the reverse order."""

import contextlib
import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgpact.calls import Call, Resource, Steps, ends_the_run, enter, finish, in_users_code, in_words
from msgpact.captured import CapturingClient
from msgpact.capturing import Catch
from msgpact.errors import DeclarationError, MsgpactError, Unavailable, UserCodeError
from msgpact.model import Interaction, ProviderState
from msgpact.planning import Planned
from msgpact.producing import Broken
from msgpact.provider import Producer, Provider, Registered
from msgpact.results import InteractionResult, Mismatch, Outcome, worst
from msgpact.signatures import Place

__all__ = ["Attempt", "Failure", "Names", "failure_of", "hint", "refuse_states_without_functions", "result_of"]

Names = Mapping[str, object]


class Failure(NamedTuple):
    """What went wrong, besides mismatches."""

    outcome: Outcome
    text: str
    error: BaseException | None = None


def failure_of(error: BaseException, turn: tuple[str, Place] | None = None) -> Failure:
    """What an exception means; *turn* is whose turn it was, as of `Attempt`."""
    match error:
        case Broken():
            return Failure(Outcome.BROKEN, str(error))
        case UserCodeError():
            return Failure(Outcome.RAISED, str(error), error.__cause__)
        case Unavailable():
            return Failure(Outcome.UNAVAILABLE, str(error))
        case MsgpactError():
            return Failure(Outcome.MISUSED, str(error))
        case _:
            who = "" if turn is None else f"The {turn[0]} {turn[1]} raised "
            return Failure(Outcome.RAISED, who + in_words(error), in_users_code(error))


def result_of(
    planned: Planned, producer: Producer | None, failures: Sequence[Failure], mismatches: tuple[Mismatch, ...] = ()
) -> InteractionResult:
    """What became of it: the worst of the failures, and the mismatches."""
    contract, interaction = planned
    outcomes = [each.outcome for each in failures]
    if mismatches:
        outcomes.append(Outcome.BROKEN)
    errors = [each.error for each in failures if each.error is not None]
    return InteractionResult(
        contract.consumer,
        contract.provider,
        interaction,
        worst(outcomes),
        mismatches,
        "\n".join(each.text for each in failures),
        BaseExceptionGroup("several functions raised", errors) if len(errors) > 1 else next(iter(errors), None),
        None if producer is None else producer.registered.place,
        contract.source,
    )


def hint(wanted: str, known: Iterable[str], decorator: str) -> str:
    """What to do where nothing is registered by a name."""
    close_to = difflib.get_close_matches(wanted, list(known), n=1)
    return f"Did you mean {close_to[0]!r}?" if close_to else f"Register one: @provider.{decorator}({wanted!r})."


def refuse_states_without_functions(provider: Provider, interaction: Interaction) -> None:
    """Raise DeclarationError where nothing sets up one of its states."""
    for state in interaction.provider_states:
        if state.name not in provider.states:
            raise DeclarationError(
                f"Cannot verify {interaction.description!r}: no function sets up the state {state.name!r}. "
                f"{hint(state.name, provider.states, 'state')}"
            )


Body = Callable[[Names, Names], Steps[None]]
"""What is done when all is set up, with the names there are and those of them that are the states'."""


@dataclass(slots=True)
class Attempt:
    """What a pact asks for, while it is being verified.

    Attributes:
        given: Values by name, for all functions to take.
        turn: Whose turn it is, in words, and its place: what raises now, raises there.
        failures: What went wrong besides mismatches: one before the check, and any number in tear-downs.
        catch: What is captured of what the functions send.
    """

    provider: Provider
    producer: Producer
    interaction: Interaction
    given: Names
    turn: tuple[str, Place]
    catch: Catch
    failures: list[Failure] = field(default_factory=list)

    @classmethod
    def at(cls, provider: Provider, producer: Producer, interaction: Interaction, given: Names) -> "Attempt":
        """One that begins."""
        place = producer.registered.place
        return cls(provider, producer, interaction, given, (producer.role, place), Catch(producer, str(interaction)))

    def made(self, body: Body) -> Steps[None]:
        """Set up, do what is to be done, tear down whatever happened in between; what is sent meanwhile is captured."""
        resources: list[Resource] = []
        with contextlib.ExitStack() as captures:
            try:
                captures.enter_context(self.catch.opened())
                names: Names = self.given
                values: Names = {}
                if self.provider.arounds or self.interaction.provider_states:
                    names, values = yield from self._set_up(resources)
                yield from body(names, values)
            except GeneratorExit:  # the steps are abandoned: no more can be called
                resources.clear()
                raise
            except BaseException as error:
                if ends_the_run(error):
                    raise
                self.failures.append(failure_of(error, self.turn))
            finally:
                if resources:
                    yield from finish(resources, self._not_torn_down)

    def called(self, names: Names, args: tuple[object, ...] = ()) -> Steps[object]:
        """Call the function that is the attempt's own; gives what it returns."""
        registered, role = self.producer.registered, self.producer.role
        self.turn = role, registered.place
        kwargs = self._filled(registered, names, names, by_position=len(args))
        if not self.catch.is_on:
            return (yield Call(registered.function, args, kwargs, role))
        with self.catch.catching():
            return (yield Call(registered.function, args, kwargs, role))

    # -- around and states --

    def _set_up(self, resources: list[Resource]) -> Steps[tuple[Names, Names]]:
        """The names there are for the producer, and those of them that are the states'."""
        around: Names = self.given
        for registered in self.provider.arounds:
            around = {**around, **(yield from self._entered(registered, "around function", around, around, resources))}
        params: Names = {}
        values: Names = {}
        for state in self.interaction.provider_states:
            registered, role = self.provider.states[state.name], f"state {state.name!r}"
            _check_taken(registered, state)
            names = {**around, **values, **state.params}
            values = {**values, **(yield from self._entered(registered, role, names, state.params, resources))}
            params = {**params, **state.params}
        return {**around, **params, **values}, {**params, **values}

    def _entered(
        self, registered: Registered, role: str, names: Names, rest: Names, resources: list[Resource]
    ) -> Steps[Names]:
        """Call a function that may be a generator; gives the names that it returns or yields."""
        self.turn = role, registered.place
        value, resource = yield from enter(registered.function, self._filled(registered, names, rest), role)
        if resource is not None:
            resources.append(resource)
        if value is None:
            return {}
        if isinstance(value, contextlib.AbstractContextManager | contextlib.AbstractAsyncContextManager):
            raise DeclarationError(
                f"Cannot use the {role} {registered.place}: it returns a context manager, which nobody enters. "
                "Remove @contextmanager: a plain generator does."
            )
        if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
            raise DeclarationError(
                f"Cannot use what the {role} {registered.place} gives: {value!r} is no dict of names. "
                "Return a dict, or nothing."
            )
        return value

    def _not_torn_down(self, resource: Resource, error: BaseException) -> None:
        self.failures.append(failure_of(error, (f"tear-down of the {resource.role}", Place.of(resource.function))))

    # -- parameters --

    def _filled(self, registered: Registered, names: Names, rest: Names, *, by_position: int = 0) -> dict[str, object]:
        """Values for a function's parameters after *by_position*; one that takes any name also gets all of *rest*."""
        parameters = registered.parameters
        taken: Collection[str] = ()
        if by_position:
            taken = [each.name for each in parameters.positional[:by_position]]
        kwargs: dict[str, object] = {}
        if parameters.takes_any_name:
            kwargs.update((name, value) for name, value in rest.items() if name not in taken)
        for name, parameter in parameters.named.items():
            if name in taken:
                continue
            if name in names:
                kwargs[name] = names[name]
                if isinstance(client := names[name], CapturingClient):
                    self.catch.adopt(client, is_producers=registered is self.producer.registered)
            elif (annotation := parameters.annotation(parameter)) is Interaction:
                kwargs[name] = self.interaction
            elif isinstance(annotation, type) and issubclass(annotation, CapturingClient):
                kwargs[name] = self.catch.client(annotation, is_producers=registered is self.producer.registered)
            elif parameter.default is parameter.empty:
                there = ", ".join(sorted(names)) or "none"
                raise DeclarationError(
                    f"Cannot call the {self.turn[0]} {registered.place}: its parameter {name!r} has no value "
                    f"(there are: {there}). Let a state return it, state it as a state's parameter, let an "
                    "@provider.around yield it, or in a test give it to case.verify."
                )
        return kwargs


def _check_taken(registered: Registered, state: ProviderState) -> None:
    """A parameter that the pact states and the function doesn't take is an error: it would be without effect."""
    parameters = registered.parameters
    for name, value in state.params.items():
        if name not in parameters.named and not parameters.takes_any_name:
            takes = ", ".join(parameters.named) or "none"
            raise DeclarationError(
                f"Cannot set up the state {state.name!r} with {name}={value!r}: {registered.place} takes no such "
                f"parameter (it takes: {takes}). Add it, or mend the pact's state."
            )
