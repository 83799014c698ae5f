"""Messages that fail: tried again, held, given up; and that none is given up for what is another's fault."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from msgpact.errors import UsageError
from msgpact.retries import Action, GiveUp, Outcome, Retries, Take, Trouble, Try, Wait

HANDLED, SETTLED, FAILED, OUTSIDE = Outcome


@dataclass(frozen=True)
class Mail:
    """A message; *poison* is never handled."""

    number: int
    key: str | None = None
    poison: bool = False


@dataclass
class World:
    """Everything around the policy: the messages, and an outage that comes and goes."""

    mails: list[Mail]
    policy: Retries = field(default_factory=lambda: Retries(retries=2, hold=3))
    is_out: Callable[[int, int], bool] = lambda tries, waits: False
    """Whether there is an outage, by the tries and the waits so far."""
    end: int = 300

    def __post_init__(self) -> None:
        self.coming: Iterator[Mail] = iter(self.mails)
        self.trouble: Trouble[Mail] = Trouble(self.policy, lambda mail: mail.key)
        self.done: list[Mail] = []
        self.dead: list[Mail] = []
        self.said: list[Action[Mail]] = []
        self.tries = self.waits = 0

    def tried(self, mail: Mail) -> Outcome:
        self.tries += 1
        if self.is_out(self.tries, self.waits) or mail.poison:
            return FAILED
        self.done.append(mail)
        return HANDLED

    def run(self) -> "World":
        for mail in self.coming:
            if (outcome := self.tried(mail)) is FAILED:
                self.settle(mail, outcome)
            if len(self.said) >= self.end:
                break
        return self

    def settle(self, mail: Mail, outcome: Outcome) -> None:
        steps, answer = self.trouble.steps(mail, outcome), None
        while len(self.said) < self.end:
            try:
                action = steps.send(answer)
            except StopIteration:
                return
            self.said.append(action)
            answer = self.answered(action)

    def answered(self, action: Action[Mail]) -> Any:
        match action:
            case Try(mail):
                return self.tried(mail)
            case Take():
                self.waits += 1
                return next(self.coming, None)
            case Wait():
                self.waits += 1
            case GiveUp(mail):
                assert not self.trouble.paused
                self.dead.append(mail)
        return None


def mails(text: str) -> list[Mail]:
    """One for each letter: a capital is poison. The letter is its key, but for `x` and `X`, which have none."""
    return [
        Mail(n, None if each in "xX" else each.lower(), each.isupper()) for n, each in enumerate(text.replace(" ", ""))
    ]


def numbers(found: list[Mail]) -> list[int]:
    return [each.number for each in found]


# -- cases ------------------------------------------------------------------------------------------------------------


def test_a_message_is_tried_again_after_longer_and_longer_waits() -> None:
    policy = Retries(retries=5, first=1, longest=6)
    world = World(mails("x"), policy, is_out=lambda tries, _: tries <= 5).run()

    assert world.done == world.mails
    assert world.said == [step for each in (1, 2, 4, 6, 6) for step in (Wait(each), Try(world.mails[0]))]


def test_poison_is_given_up_when_another_message_was_handled_and_it_fails_once_more() -> None:
    world = World(mails("Xx"), Retries(retries=1, first=1)).run()
    poison, good = world.mails

    assert world.dead == [poison]
    assert world.said == [
        Wait(1), Try(poison), Take(2), Try(poison), Try(good), Try(poison), GiveUp(poison),
    ]  # fmt: skip


def test_what_fails_alone_is_held_and_not_given_up() -> None:
    world = World(mails("X")).run()

    assert (world.done, world.dead, world.trouble.items) == ([], [], world.mails)
    assert isinstance(world.said[-2], Take)
    assert world.trouble.paused is False


def test_a_held_message_that_is_handled_in_the_end_is_none_of_the_dead() -> None:
    world = World(mails("xx"), Retries(retries=1), is_out=lambda tries, _: tries <= 3).run()

    assert (numbers(world.done), world.dead) == ([1, 0], [])


def test_an_outage_pauses_and_nothing_is_given_up() -> None:
    world = World(mails("xxxxxx"), is_out=lambda _, waits: waits < 60).run()

    assert (sorted(numbers(world.done)), world.dead) == ([0, 1, 2, 3, 4, 5], [])


def test_while_paused_no_message_is_taken() -> None:
    world = World(mails("xxxxxx"), is_out=lambda *_: True).run()

    assert (world.done, world.dead) == ([], [])
    assert numbers(world.trouble.items) == [0, 1, 2]
    assert world.trouble.paused
    assert {type(each) for each in world.said[-50:]} == {Wait, Try}


def test_poison_beside_an_outage_is_found_out_when_it_is_over() -> None:
    world = World(mails("xXxxx"), is_out=lambda _, waits: waits < 40).run()

    assert (sorted(numbers(world.done)), numbers(world.dead)) == ([0, 2, 3, 4], [1])


def test_one_with_the_same_key_waits() -> None:
    world = World(mails("Aab")).run()

    assert (numbers(world.done), numbers(world.dead)) == ([2, 1], [0])


@pytest.mark.parametrize("text", ["Aaaaaa", "AAaaaa", "AAAaaaa", "AAAaAAAaa"])
def test_poison_before_nothing_but_its_own_key_does_not_block_for_ever(text: str) -> None:
    world = World(mails(text), Retries(retries=2, hold=4)).run()

    assert numbers(world.dead) == [each.number for each in world.mails if each.poison]
    assert numbers(world.done) == [each.number for each in world.mails if not each.poison]


@pytest.mark.parametrize("text", ["Aa", "AAa"])
def test_nor_where_nothing_else_comes(text: str) -> None:
    """As of a group of SQS, of which nothing comes while some are in hand."""
    world = World(mails(text), Retries(retries=2, hold=5)).run()

    assert numbers(world.dead) == [each.number for each in world.mails if each.poison]
    assert numbers(world.done) == [each.number for each in world.mails if not each.poison]


def test_for_ever() -> None:
    world = World(mails("Xx"), Retries(retries=None)).run()

    assert (world.done, world.dead, numbers(world.trouble.items)) == ([], [], [0])
    assert {type(each) for each in world.said} == {Wait, Try}


def test_a_rejected_message_shows_nothing() -> None:
    trouble = Trouble[str](Retries(retries=0), lambda _: None)
    steps = trouble.steps("poison", FAILED)
    said = [steps.send(None), steps.send("rejected"), steps.send(FAILED), steps.send(SETTLED)]

    assert said == [Take(0.2), Try("poison"), Try("rejected"), Take(0.2)]


def test_trouble_outside_uses_nothing_up() -> None:
    trouble = Trouble[str](Retries(retries=0, first=1), lambda _: None)
    steps = trouble.steps("m", OUTSIDE)
    said: list[object] = [next(steps)]
    for _ in range(6):
        said += [steps.send(None), steps.send(OUTSIDE)]
        assert trouble.paused

    assert said == [Wait(1), *[step for n in (2, 4, 8, 16, 30, 30) for step in (Try("m"), Wait(n))]]
    assert steps.send(None) == Try("m")
    with pytest.raises(StopIteration):
        steps.send(HANDLED)
    assert not trouble.paused


def test_what_is_taken_away_is_forgotten() -> None:
    trouble = Trouble[str](Retries(retries=0), lambda _: None)
    steps = trouble.steps("a", FAILED)
    assert (next(steps), steps.send("b"), steps.send(FAILED)) == (Take(0.2), Try("a"), Try("b"))
    trouble.drop(lambda item: item == "a")

    with pytest.raises(StopIteration):
        steps.send(HANDLED)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"retries": -1}, "Cannot use retries=-1: it is no number of times"),
        ({"first": 0}, "Cannot wait 0 s and at most 30.0 s"),
        ({"first": 5, "longest": 1}, "Cannot wait 5 s and at most 1 s"),
        ({"hold": 1}, "Cannot hold 1 messages: of two that fail one shows"),
    ],
)
def test_policies_that_cannot_be(said: Any, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Retries(**said)


def test_a_wait_is_bounded_however_often() -> None:
    assert Retries(longest=30).wait(10**9) == 30


# -- whatever comes ---------------------------------------------------------------------------------------------------

a_mail = st.tuples(st.sampled_from([None, "a", "b"]), st.integers(0, 3))
some_mails = st.lists(a_mail, max_size=25).map(
    lambda each: [Mail(number, key, poison=chance == 0) for number, (key, chance) in enumerate(each)]
)
policies = st.builds(Retries, retries=st.integers(0, 3), hold=st.integers(2, 5))


def followed(world: World) -> None:
    """What holds whatever happens."""
    world.run()
    settled = [*world.done, *world.dead, *world.trouble.items, *world.coming]

    assert sorted(numbers(settled)) == list(range(len(world.mails)))  # each exactly once: nothing is lost
    assert not any(each.poison for each in world.done)
    for key in ("a", "b"):
        of_key = [each.number for each in world.done if each.key == key]
        assert of_key == sorted(of_key)
    if not world.trouble.paused:
        assert len(world.trouble.items) <= world.policy.hold


@given(st.lists(st.integers(0, 3), max_size=25), policies)
def test_without_an_outage_all_are_handled_but_poison(chances: list[int], policy: Retries) -> None:
    """So many in a row that the rest waits are left out."""
    mails = [Mail(number, None, poison=chance == 0) for number, chance in enumerate(chances)]
    runs = [list(group) for is_poison, group in itertools.groupby(mails, lambda mail: mail.poison) if is_poison]
    assume(all(len(each) < policy.hold for each in runs))
    world = World(mails, policy, end=2000)
    followed(world)

    assert world.done == [each for each in mails if not each.poison]
    assert world.trouble.items == (runs[-1] if runs and mails[-1].poison else [])


@given(some_mails, policies)
def test_with_keys_none_but_poison_is_given_up(mails: list[Mail], policy: Retries) -> None:
    world = World(mails, policy, end=2000)
    followed(world)

    assert all(each.poison for each in world.dead)


@settings(max_examples=300)
@given(some_mails, policies, st.lists(st.booleans(), max_size=60))
def test_no_good_message_is_given_up_in_an_outage(mails: list[Mail], policy: Retries, outage: list[bool]) -> None:
    """An outage that comes and goes while the policy waits, but not between two tries that follow each other at once."""
    world = World(mails, policy, lambda _, waits: waits < len(outage) and outage[waits], end=2000)
    followed(world)

    assert all(each.poison for each in world.dead)


@settings(max_examples=300)
@given(st.lists(st.integers(0, 3), max_size=25), policies, st.integers(0, 40), st.integers(0, 60))
def test_nor_in_one_that_begins_and_ends_at_any_moment(
    chances: list[int], policy: Retries, begin: int, length: int
) -> None:
    """Where no order is promised, for which a message may be given up a moment too early."""
    mails = [Mail(number, None, poison=chance == 0) for number, chance in enumerate(chances)]
    world = World(mails, policy, lambda tries, _: begin <= tries < begin + length, end=2000)
    followed(world)

    assert all(each.poison for each in world.dead)
