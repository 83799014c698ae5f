"""The verification of one interaction, as steps: around → states → producer → check → tear-down in the reverse order."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from msgpact.attempt import Attempt, Names, failure_of, hint, refuse_states_without_functions, result_of
from msgpact.calls import Steps
from msgpact.captured import address_in_words, closest, listed, shown, uncaptured
from msgpact.capturing import with_type
from msgpact.check import check_message
from msgpact.checking import not_compared
from msgpact.emissions import emission
from msgpact.errors import DeclarationError, MsgpactError, NothingToVerify
from msgpact.model import Interaction, InteractionType, Message, MessageContents, MessageSequence, Presence
from msgpact.pactfile import bound
from msgpact.planning import Planned
from msgpact.producing import Broken, Maker, message_of, request_of, serialized
from msgpact.provider import Producer, Provider
from msgpact.results import InteractionResult, Mismatch, Outcome
from msgpact.serializers.plugin_form import not_verifiable

__all__ = ["Journey", "verification"]

Journey = Callable[[Message], Message]
"""Takes a message to where it is published, and gives back what was read there."""


def verification(
    provider: Provider, planned: Planned, given: Names, *, via: Journey | None = None
) -> Steps[InteractionResult]:
    """The steps of one interaction's verification; they end in a result, whatever the user's code raises.

    Args:
        given: Values by name, for producers, states and around functions to take.
        via: By what way a message goes before it is checked; answers, and messages of sequences, go none.
    """
    contract, interaction = planned
    if isinstance(interaction, MessageSequence):
        return _noted((yield from emission(provider, planned, given)), via)
    producer = provider.producers.get(interaction.description)
    text = "HTTP, not verified here" if interaction.type is InteractionType.HTTP else not_verifiable(interaction)
    if text is not None:
        return InteractionResult(
            contract.consumer, contract.provider, interaction, Outcome.NOT_VERIFIED, text=text, source=contract.source
        )
    try:
        fitting = _fitting(provider, interaction, producer)
    except (Broken, MsgpactError) as error:
        return result_of(planned, producer, [failure_of(error)])
    attempt = Attempt.at(provider, fitting, interaction, given)
    judged = _Judged(attempt, via)
    yield from attempt.made(judged.produced)
    result = result_of(planned, fitting, attempt.failures, judged.mismatches)
    if judged.not_compared:
        result = dataclasses.replace(result, not_compared=judged.not_compared)
    if judged.mismatches and judged.text:
        result = dataclasses.replace(result, text="\n".join(filter(None, (judged.text, result.text))))
    if result.outcome is Outcome.PASSED and not _states_something(interaction):
        result = dataclasses.replace(result, text="the pact states nothing of it, so anything passes")
    return _noted(result, via if fitting.answers else None)


def _noted(result: InteractionResult, via: Journey | None) -> InteractionResult:
    """Where there is a way that messages go, what went none says so."""
    if via is None or result.outcome is not Outcome.PASSED or result.text:
        return result
    return dataclasses.replace(result, text="checked here: answers and sequences do not go over a broker")


def _states_something(interaction: Interaction) -> bool:
    expected = interaction.responses if interaction.message is None else (interaction.message,)
    return any(each.contents.presence is not Presence.MISSING or each.metadata for each in expected)


def _states_no_request(interaction: Interaction) -> bool:
    request = interaction.request
    return request is None or (request.contents.presence is Presence.MISSING and not request.metadata)


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
        what_to_do = hint(interaction.description, provider.producers, "answers" if is_request else "produces")
        raise Broken(f"{what}: nobody produces it. {what_to_do}")
    if producer.answers != is_request:
        wanted = "answers" if is_request else "produces"
        raise DeclarationError(
            f"{what}: it is {interaction.type.value}. Register {producer.registered.place} by {wanted} instead."
        )
    refuse_states_without_functions(provider, interaction)
    return producer


# -- the producer's message ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Judged:
    """What an attempt's producer made of an interaction.

    Attributes:
        text: What is to be said beside the mismatches.
        not_compared: As of `InteractionResult`.
    """

    attempt: Attempt
    via: Journey | None = None
    mismatches: tuple[Mismatch, ...] = ()
    text: str = ""
    not_compared: tuple[str, ...] = ()

    def produced(self, names: Names, values: Names) -> Steps[None]:
        """Call the producer and check what comes."""
        attempt = self.attempt
        producer, interaction = attempt.producer, attempt.interaction
        attempt.turn = "producer", producer.registered.place
        args = (request_of(producer, interaction, values),) if producer.answers else ()
        returned = yield from attempt.called(names, args)
        expected = interaction.responses
        if producer.answers and len(expected) != 1:
            self.mismatches = yield from self._answered(returned)
            return
        message = expected[0] if producer.answers else interaction.message
        assert message is not None
        if attempt.catch.judges(returned):
            self._captured(message)
        else:
            self.mismatches, self.not_compared = yield from self._checked(message, returned)

    def _captured(self, expected: MessageContents) -> None:
        """Check the one of the messages that were sent which is meant."""
        attempt = self.attempt
        attempt.catch.refuse_missed()
        attempt.catch.refuse_nothing()
        sent = attempt.catch.sent
        maker = Maker.of(attempt.producer, expected)
        expected = bound.for_sender(expected, attempt.producer.serializer, attempt.provider.registry)
        messages = [with_type(each.message, maker) for each in sent if not each.withheld]
        found = [check_message(expected, each) for each in messages]
        index = closest(found)
        if index is None:
            place, goes = attempt.producer.registered.place, address_in_words(expected.metadata)
            raise Broken(f"The producer {place} sent nothing to {goes}. What it sent:\n{listed(sent)}")
        message, self.mismatches = messages[index], found[index]
        if self.via is not None:
            message = self._sent(self.via, message)
            self.mismatches = check_message(expected, message)
        self.not_compared = not_compared(expected, message)
        if len(sent) > 1:
            of_them = f"Of what was sent, {shown(messages[index])} comes closest"
            self.text = f"{of_them}. All of it:\n{listed(sent)}"

    @staticmethod
    def _sent(via: Journey, message: Message) -> Message:
        """A message as it is read where it was really sent."""
        with uncaptured():
            return via(message)

    def _answered(self, returned: object) -> Steps[tuple[Mismatch, ...]]:
        """Check several responses."""
        expected = self.attempt.interaction.responses
        if not isinstance(returned, list | tuple) or len(returned) != len(expected):
            came = (
                f"{len(returned)} responses" if isinstance(returned, list | tuple) else f"a {type(returned).__name__}"
            )
            place = self.attempt.producer.registered.place
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
        maker = Maker.of(self.attempt.producer, expected)
        returned = yield from serialized(returned, maker)
        # Of this producer's messages: its schema and its registry are known.
        expected = bound.for_sender(expected, self.attempt.producer.serializer, self.attempt.provider.registry)
        sent = message_of(returned, maker)
        if self.via is not None and not self.attempt.producer.answers:
            sent = self._sent(self.via, sent)
        return check_message(expected, sent), not_compared(expected, sent)
