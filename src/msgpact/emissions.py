"""What an action of a provider's sent, judged by the sequence that a consumer states of it."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from msgpact.attempt import Attempt, Names, failure_of, hint, refuse_states_without_functions, result_of
from msgpact.calls import Steps
from msgpact.captured import Sent, address_in_words, address_of, goes_there, listed, shown
from msgpact.capturing import with_type
from msgpact.check import check_message
from msgpact.errors import DeclarationError, MsgpactError, NothingToVerify
from msgpact.model import Message, MessageContents, MessageSequence
from msgpact.pactfile import bound
from msgpact.planning import Planned
from msgpact.producing import Broken, Maker
from msgpact.provider import Producer, Provider
from msgpact.results import InteractionResult, Mismatch, Outcome

__all__ = ["Element", "Verdict", "emission", "judged"]


@dataclass(frozen=True, slots=True)
class Element:
    """A message that is to be sent: what it is called, what is expected of it, and how one that was sent is checked."""

    name: str
    expected: MessageContents
    check: Callable[[Message], tuple[Mismatch, ...]]


def emission(provider: Provider, planned: Planned, given: Names) -> Steps[InteractionResult]:
    """The steps of a sequence's verification; they end in a result, whatever the user's code raises."""
    sequence = planned.interaction
    assert isinstance(sequence, MessageSequence)
    action = provider.actions.get(sequence.description)
    try:
        fitting = _fitting(provider, sequence, action)
        elements = list(_elements(provider, planned, sequence, fitting))
    except (Broken, MsgpactError) as error:
        return result_of(planned, action, [failure_of(error)])
    attempt, verdicts = Attempt.at(provider, fitting, sequence, given), list[Verdict]()

    def acted(names: Names, _: Names) -> Steps[None]:
        returned = yield from attempt.called(names)
        if not attempt.catch.judges(returned):
            raise DeclarationError(
                f"Cannot verify {sequence.description!r}: the action {fitting.registered.place} captures nothing. Say what takes "
                "the place of its client: capture=…, or a parameter that is annotated so."
            )
        attempt.catch.refuse_missed(also_elsewhere=sequence.exactly)
        verdicts.append(judged(sequence, elements, attempt.catch.sent))

    yield from attempt.made(acted)
    verdict = verdicts[0] if verdicts else Verdict()
    result = result_of(planned, fitting, attempt.failures, verdict.mismatches)
    text = "\n".join(filter(None, (verdict.text, result.text)))
    if verdict.text and not attempt.failures:
        return dataclasses.replace(result, outcome=Outcome.BROKEN, text=text)
    if result.outcome is Outcome.PASSED and not attempt.catch.sent:
        return dataclasses.replace(result, text="nothing at all was sent")
    return dataclasses.replace(result, text=text)


def _fitting(provider: Provider, sequence: MessageSequence, action: Producer | None) -> Producer:
    if action is None:
        raise Broken(
            f"Cannot verify {sequence.description!r}: no action is registered for it. "
            f"{hint(sequence.description, provider.actions, 'action')}"
        )
    refuse_states_without_functions(provider, sequence)
    return action


def _elements(provider: Provider, planned: Planned, sequence: MessageSequence, action: Producer) -> Iterator[Element]:
    """The messages of the sequence, each as its interaction has it and whoever produces it serializes it."""
    for each in sequence.emits:
        named = (one for one in planned.contract.interactions if one.description == each.description)
        interaction = next((one for one in named if one.provider_states == each.provider_states), None)
        if interaction is None or interaction.message is None:
            raise NothingToVerify(
                f"Cannot verify {sequence.description!r}: it names the message {str(each)!r}, which the pact does not hold. "
                "Record it again."
            )
        producer = provider.producers.get(each.description, action)
        expected = bound.for_sender(interaction.message, producer.serializer, provider.registry)
        yield Element(each.description, expected, _checking(expected, Maker.of(producer, expected)))


def _checking(expected: MessageContents, maker: Maker) -> Callable[[Message], tuple[Mismatch, ...]]:
    return lambda message: check_message(expected, with_type(message, maker))


# -- what was sent against what is stated ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong: mismatches of messages that were meant, and in words what is missing, too much, or in another order."""

    mismatches: tuple[Mismatch, ...] = ()
    text: str = ""


def judged(sequence: MessageSequence, elements: Sequence[Element], sent: Sequence[Sent]) -> Verdict:
    """The verdict on what was sent."""
    messages = [each.message for each in sent if not each.withheld]
    found = [[each.check(message) for message in messages] for each in elements]
    fits = [[not mismatches for mismatches in row] for row in found]
    places = in_order(fits) if sequence.ordered else in_any_order(fits)
    free = [index for index in range(len(messages)) if index not in places]
    mismatches: list[Mismatch] = []
    lines: list[str] = []
    for number, (element, place) in enumerate(zip(elements, places, strict=True)):
        if place is not None:
            continue
        early = next((index for index in free if fits[number][index]), None)
        there = [index for index in free if goes_there(found[number][index])]
        if early is not None:
            free.remove(early)
            lines.append(f"{element.name!r} came too early: as the {ordinal(early)}, {shown(messages[early])}.")
        elif there:
            close = min(there, key=lambda index: len(found[number][index]))
            free.remove(close)
            lines.append(
                f"{element.name!r} was not sent; the {ordinal(close)}, {shown(messages[close])}, comes closest."
            )
            part = f"the {ordinal(close)} for {element.name!r}:"
            mismatches += [dataclasses.replace(each, part=f"{part} {each.part}") for each in found[number][close]]
        else:
            where = address_in_words(element.expected.metadata)
            lines.append(f"{element.name!r} was not sent to {where}: nothing else went there.")
    if sequence.exactly:
        for index in free:
            if any(goes_there(row[index]) for row in found) or is_within(messages[index], sequence.within):
                lines.append(f"The {ordinal(index)}, {shown(messages[index])}, is one too many.")
    if lines:
        lines.append(f"What was sent, in its order:\n{listed(sent)}" if sent else "Nothing was sent.")
    return Verdict(tuple(mismatches), "\n".join(lines))


def in_order(fits: Sequence[Sequence[bool]]) -> list[int | None]:
    """For each element the place of the message that it is: the first that fits behind the one before."""
    places: list[int | None] = []
    behind = 0
    for row in fits:
        place = next((index for index in range(behind, len(row)) if row[index]), None)
        places.append(place)
        behind = behind if place is None else place + 1
    return places


def in_any_order(fits: Sequence[Sequence[bool]]) -> list[int | None]:
    """For each element the place of the message that it is, for as many of them as can have one."""
    taken: dict[int, int] = {}

    def finds(element: int, seen: set[int]) -> bool:
        for place, does_fit in enumerate(fits[element]):
            if does_fit and place not in seen:
                seen.add(place)
                if place not in taken or finds(taken[place], seen):
                    taken[place] = element
                    return True
        return False

    for element in range(len(fits)):
        finds(element, set())
    places = {element: place for place, element in taken.items()}
    return [places.get(element) for element in range(len(fits))]


def is_within(message: Message, names: Sequence[str]) -> bool:
    """Whether a message goes to one of these topics, queues or exchanges."""
    return any(value in names for name, value in address_of(message.metadata).items() if name != "routingKey")


def ordinal(index: int) -> str:
    """A place in words: 1st, 2nd, …"""
    number = index + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{ending}"
