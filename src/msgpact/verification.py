"""The verification of one interaction, as steps: around → states → producer → check → tear-down in the reverse order."""

import contextlib
import dataclasses
import difflib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from msgpact.calls import Call, Resource, Steps, ends_the_run, enter, finish, in_users_code, in_words
from msgpact.check import check_message
from msgpact.checking import not_compared
from msgpact.errors import DeclarationError, MsgpactError, NothingToVerify, Unavailable, UserCodeError
from msgpact.model import Interaction, InteractionType, Message, MessageContents, Presence, ProviderState
from msgpact.pactfile import bound
from msgpact.planning import Planned
from msgpact.producing import Broken, Maker, message_of, request_of, serialized
from msgpact.provider import Producer, Provider, Registered
from msgpact.results import InteractionResult, Mismatch, Outcome, worst
from msgpact.serializers.plugin_form import not_verifiable
from msgpact.signatures import Place

__all__ = ["Journey", "verification"]

Names = Mapping[str, object]
Journey = Callable[[Message], Message]
"""Takes a message to where it is published, and gives back what was read there."""


def verification(
    provider: Provider, planned: Planned, given: Names, *, via: Journey | None = None
) -> Steps[InteractionResult]:
    """The steps of one interaction's verification; they end in a result, whatever the user's code raises.

    Args:
        given: Values by name, for producers, states and around functions to take.
        via: By what way a message goes before it is checked; answers go none.
    """
    contract, interaction = planned
    producer = provider.producers.get(interaction.description)
    text = "HTTP, not verified here" if interaction.type is InteractionType.HTTP else not_verifiable(interaction)
    if text is not None:
        return InteractionResult(
            contract.consumer, contract.provider, interaction, Outcome.NOT_VERIFIED, text=text, source=contract.source
        )
    try:
        fitting = _fitting(provider, interaction, producer)
    except (Broken, MsgpactError) as error:
        return _result(planned, producer, [_failure(error)])
    attempt = _Attempt(provider, fitting, interaction, given, ("producer", fitting.registered.place), via)
    yield from attempt.made()
    result = _result(planned, fitting, attempt.failures, attempt.mismatches)
    if attempt.not_compared:
        result = dataclasses.replace(result, not_compared=attempt.not_compared)
    if result.outcome is Outcome.PASSED and not _states_something(interaction):
        result = dataclasses.replace(result, text="the pact states nothing of it, so anything passes")
    return result


def _states_something(interaction: Interaction) -> bool:
    expected = interaction.responses if interaction.message is None else (interaction.message,)
    return any(each.contents.presence is not Presence.MISSING or each.metadata for each in expected)


def _states_no_request(interaction: Interaction) -> bool:
    request = interaction.request
    return request is None or (request.contents.presence is Presence.MISSING and not request.metadata)


class _Failure(NamedTuple):
    outcome: Outcome
    text: str
    error: BaseException | None = None


def _failure(error: BaseException, turn: tuple[str, Place] | None = None) -> _Failure:
    match error:
        case Broken():
            return _Failure(Outcome.BROKEN, str(error))
        case UserCodeError():
            return _Failure(Outcome.RAISED, str(error), error.__cause__)
        case Unavailable():
            return _Failure(Outcome.UNAVAILABLE, str(error))
        case MsgpactError():
            return _Failure(Outcome.MISUSED, str(error))
        case _:
            who = "" if turn is None else f"The {turn[0]} {turn[1]} raised "
            return _Failure(Outcome.RAISED, who + in_words(error), in_users_code(error))


def _result(
    planned: Planned, producer: Producer | None, failures: Sequence[_Failure], mismatches: tuple[Mismatch, ...] = ()
) -> InteractionResult:
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


# -- before anything is called ---------------------------------------------------------------------------------------


def _fitting(provider: Provider, interaction: Interaction, producer: Producer | None) -> Producer:
    """The producer, if there is one that fits, and a function for each state."""
    what = f"Cannot verify {interaction.description!r}"
    is_request = interaction.type is InteractionType.SYNCHRONOUS_MESSAGE
    if is_request and not interaction.responses and _states_no_request(interaction):
        raise NothingToVerify(
            f"{what}: the pact holds neither its request nor a response. The tool that recorded it dropped them, as Pact's "
            "do with a request and a response of a plugin that are given apart. Record it again, as one."
        )
    if producer is None:
        hint = _hint(interaction.description, provider.producers, "answers" if is_request else "produces")
        raise Broken(f"{what}: nobody produces it. {hint}")
    if producer.answers != is_request:
        wanted = "answers" if is_request else "produces"
        raise DeclarationError(
            f"{what}: it is {interaction.type.value}. Register {producer.registered.place} by {wanted} instead."
        )
    for state in interaction.provider_states:
        if state.name not in provider.states:
            hint = _hint(state.name, provider.states, "state")
            raise DeclarationError(f"{what}: no function sets up the state {state.name!r}. {hint}")
    return producer


def _hint(wanted: str, known: Iterable[str], decorator: str) -> str:
    close_to = difflib.get_close_matches(wanted, list(known), n=1)
    return f"Did you mean {close_to[0]!r}?" if close_to else f"Register one: @provider.{decorator}({wanted!r})."


# -- the attempt -----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Attempt:
    """One interaction while it is being verified.

    Attributes:
        turn: Whose turn it is, in words, and its place: what raises now, raises there.
        failures: What went wrong besides mismatches: one before the check, and any number in tear-downs.
        not_compared: As of `InteractionResult`.
    """

    provider: Provider
    producer: Producer
    interaction: Interaction
    given: Names
    turn: tuple[str, Place]
    via: Journey | None = None
    mismatches: tuple[Mismatch, ...] = ()
    failures: list[_Failure] = field(default_factory=list)
    not_compared: tuple[str, ...] = ()

    def made(self) -> Steps[None]:
        """Set up, produce, check; tear down whatever happened in between."""
        resources: list[Resource] = []
        try:
            names: Names = self.given
            values: Names = {}
            if self.provider.arounds or self.interaction.provider_states:
                names, values = yield from self._set_up(resources)
            self.mismatches = yield from self._produced(names, values)
        except GeneratorExit:  # the steps are abandoned: no more can be called
            resources.clear()
            raise
        except BaseException as error:
            if ends_the_run(error):
                raise
            self.failures.append(_failure(error, self.turn))
        finally:
            if resources:
                yield from finish(resources, self._not_torn_down)

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
        self.failures.append(_failure(error, (f"tear-down of the {resource.role}", Place.of(resource.function))))

    # -- the producer --

    def _produced(self, names: Names, values: Names) -> Steps[tuple[Mismatch, ...]]:
        """Call the producer and check what comes."""
        producer = self.producer
        registered = producer.registered
        self.turn = "producer", registered.place
        args = (request_of(producer, self.interaction, values),) if producer.answers else ()
        kwargs = self._filled(registered, names, names, by_position=len(args))
        returned = yield Call(registered.function, args, kwargs, "producer")
        expected = self.interaction.responses
        if producer.answers and len(expected) != 1:
            return (yield from self._answered(returned))
        message = expected[0] if producer.answers else self.interaction.message
        assert message is not None
        mismatches, self.not_compared = yield from self._checked(message, returned)
        return mismatches

    def _answered(self, returned: object) -> Steps[tuple[Mismatch, ...]]:
        """Check several responses."""
        expected = self.interaction.responses
        if not isinstance(returned, list | tuple) or len(returned) != len(expected):
            came = (
                f"{len(returned)} responses" if isinstance(returned, list | tuple) else f"a {type(returned).__name__}"
            )
            place = self.producer.registered.place
            raise Broken(f"{place} gave {came}, where a list of {len(expected)} responses is expected")
        found: list[Mismatch] = []
        for index, (message, answer) in enumerate(zip(expected, returned, strict=True)):
            mismatches, left_out = yield from self._checked(message, answer)
            found += [dataclasses.replace(each, part=f"response {index} {each.part}") for each in mismatches]
            self.not_compared += tuple(f"response {index} {each}" for each in left_out)
        return tuple(found)

    def _checked(
        self, expected: MessageContents, returned: object
    ) -> Steps[tuple[tuple[Mismatch, ...], tuple[str, ...]]]:
        """The mismatches of what was returned, made a message, and what is not compared of it."""
        maker = Maker.of(self.producer, expected)
        returned = yield from serialized(returned, maker)
        # Of this producer's messages: its schema and its registry are known.
        expected = bound.for_sender(expected, self.producer.serializer, self.provider.registry)
        sent = message_of(returned, maker)
        if self.via is not None and not self.producer.answers:
            sent = self.via(sent)
        return check_message(expected, sent), not_compared(expected, sent)

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
            elif parameters.annotation(parameter) is Interaction:
                kwargs[name] = self.interaction
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
