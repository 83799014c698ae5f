"""The loop, on messages in memory and with a clock of its own: what is handled, settled, acknowledged, told."""

import asyncio
import functools
import itertools
import json
import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from msgpact import Consumer, Message
from msgpact.consuming.control import Control, Settings
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import Unavailable, UsageError
from msgpact.guard import Guard
from msgpact.receivers import Reason
from msgpact.retries import Retries


@dataclass(eq=False)
class Item:
    value: object
    topic: str = "orders.v1"
    kind: str = "placed"


@dataclass(eq=False)
class Memory:
    """A transport of a list, which ends the loop when nothing is left; waiting lets its clock go on."""

    items: list[Item]
    control: Control = field(default_factory=Control)
    batch: int = 100
    unreachable: int = 0
    """How often the dead letters cannot be reached."""
    last: float = 100.0
    now: float = 0.0
    settled_ones: list[Item] = field(default_factory=list)
    acknowledged: list[Item] = field(default_factory=list)
    buried: list[tuple[Item, Reason]] = field(default_factory=list)
    flushed: list[float] = field(default_factory=list)

    def take_now(self) -> Sequence[Item]:
        taken, self.items = self.items[: self.batch], self.items[self.batch :]
        return taken

    def take(self, seconds: float) -> Sequence[Item]:
        if not self.items:
            self.idle(seconds)
            self.control.stopping = self.now > self.last
        return self.take_now()

    def idle(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self.last:
            self.control.stop()

    def read(self, item: Item) -> Message:
        if item.value is UNREADABLE:
            raise UsageError("Cannot read it.")
        contents = item.value if isinstance(item.value, bytes) else json.dumps(item.value).encode()
        return Message(contents, metadata={"topic": item.topic, "kind": item.kind})

    def key(self, item: Item) -> Hashable:
        return None

    def settled(self, item: Item) -> None:
        self.settled_ones.append(item)

    def bury(self, item: Item, reason: Reason) -> None:
        self.buried.append((item, reason))

    def flush(self) -> bool:
        self.flushed.append(self.now)
        if self.unreachable:
            self.unreachable -= 1
            return False
        self.acknowledged = list(self.settled_ones)
        return True


UNREADABLE = b"what this transport never has"
SOON = Retries(retries=1, first=1, longest=4, hold=3)


def expecting(*handlers: Callable[..., object]) -> Consumer:
    shop = Consumer("shop", provider="orders")
    for each in handlers:
        shop.expects(each.__name__, contents={"id": 1}, metadata={"topic": "orders.v1", "kind": "placed"})(each)
    return shop


def loop_of(source: Memory, *handlers: Callable[..., object], **said: Any) -> Loop[Item]:
    guard = Guard(expecting(*handlers), discriminator="kind", mode=said.pop("mode", "observe"))
    settings = Settings(**{"retries": SOON, **said})
    return Loop(source, guard, settings, source.control, clock=lambda: source.now)


def orders(*ids: object) -> list[Item]:
    return [Item({"id": each}) for each in ids]


def test_settled_messages_are_acknowledged_every_so_many_and_at_the_end() -> None:
    source = Memory(orders(*range(7)), batch=3)
    run(loop_of(source, handled := noting(), every=3, after=1000))

    assert handled.ids == list(range(7))
    assert source.acknowledged == source.settled_ones
    assert len(source.flushed) == 3


def test_and_after_so_many_seconds() -> None:
    source = Memory(orders(1))
    run(loop_of(source, noting(), every=1000, after=2))

    assert source.flushed == [2]


@pytest.mark.parametrize("jump", [-3600, 3600], ids=["back", "ahead"])
def test_a_clock_that_is_put_elsewhere_keeps_nothing_waiting(jump: float) -> None:
    """Whenever it is: waits are no longer than they are by a clock that only goes, and what is settled is acknowledged."""

    def placed(order: dict[str, int]) -> None:
        if order["id"] == 1:
            raise RuntimeError("it is poison")

    for when in range(40):
        times, source = itertools.count(), Memory(orders(0, 1, 2, 3), last=30)
        guard = Guard(expecting(placed), discriminator="kind")
        settings = Settings(retries=SOON, every=1000)
        clock = functools.partial(_put, times, when, jump, source)
        run(Loop(source, guard, settings, source.control, clock=clock))

        assert (source.control.counts.handled, source.control.counts.dead) == (3, 1)
        assert source.acknowledged == source.settled_ones
        assert source.flushed[1] < 10


def _put(times: Iterator[int], when: int, jump: float, source: Memory) -> float:
    return source.now + (jump if next(times) > when else 0)


def test_of_several_handlers_only_those_that_failed_are_called_again() -> None:
    calls = list[str]()

    def mail(_: object) -> None:
        calls.append("mail")

    def ledger(_: object) -> None:
        calls.append("ledger")
        if len(calls) < 4:
            raise RuntimeError("not now")

    source = Memory(orders(1))
    run(loop_of(source, mail, ledger, retries=Retries(first=1)))

    assert calls == ["mail", "ledger", "ledger", "ledger"]
    assert source.control.counts.handled == 1


def test_what_is_outside_pauses_at_once_and_uses_no_retries_up() -> None:
    states = list[str]()

    def placed(_: object) -> None:
        states.append(source.control.state)
        if len(states) < 9:
            raise Unavailable("the registry is away")

    source = Memory(orders(1))
    run(loop_of(source, placed))

    assert states == ["running", *["paused"] * 8]
    assert (source.control.counts.handled, source.buried) == (1, [])


def test_while_it_waits_what_was_settled_before_is_acknowledged() -> None:
    acknowledged = list[int]()

    def placed(order: dict[str, int]) -> None:
        if order["id"] == 2:
            acknowledged.append(len(source.acknowledged))
            raise RuntimeError("it is poison")

    source = Memory(orders(1, 2), last=20)
    run(loop_of(source, placed))

    assert acknowledged[:2] == [0, 1]
    assert source.acknowledged == source.settled_ones
    assert len(source.settled_ones) == 1


def test_where_the_dead_letters_cannot_be_reached_it_is_paused(caplog: pytest.LogCaptureFixture) -> None:
    source = Memory([Item(b"{"), *orders(1)], unreachable=3)
    run(loop_of(source, noting(), retries=Retries(first=1)))

    assert source.flushed == [pytest.approx(1, abs=0.6), *(source.flushed[0] + n for n in (1, 3, 7))]
    assert source.acknowledged == source.settled_ones
    assert [each.message for each in caplog.records if "consuming is" in each.message] == [
        "consuming is paused: the dead letters cannot be delivered"
    ]


def test_where_they_cannot_be_reached_in_the_end_either_nothing_is_acknowledged() -> None:
    source = Memory([Item(b"{")], unreachable=1000)
    run(loop_of(source, noting()))

    assert (len(source.buried), source.acknowledged) == (1, [])


def test_what_the_transport_cannot_read_is_a_dead_letter() -> None:
    source = Memory([Item(UNREADABLE), *orders(1)])
    run(loop_of(source, handled := noting()))

    assert [(item.value, reason.kind, reason.error) for item, reason in source.buried] == [
        (UNREADABLE, "undecodable", "UsageError: Cannot read it.")
    ]
    assert (handled.ids, len(source.acknowledged)) == ([1], 2)


def test_while_the_transport_waits_the_loop_is_paused(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    control = Control()
    control.is_now("running")
    control.waits_for("SQS does not answer")
    control.is_now("running")
    assert (control.state, control.why) == ("paused", "SQS does not answer")

    control.waits_for("")
    assert (control.state, control.why) == ("running", "")

    control.waits_for("SQS does not answer")
    control.is_now("stopped")
    assert (control.state, control.why) == ("stopped", "")
    assert [each.message for each in caplog.records] == [
        "consuming is running",
        "consuming is paused: SQS does not answer",
        "consuming is running",
        "consuming is paused: SQS does not answer",
        "consuming is stopped",
    ]


def test_a_loop_that_is_paused_by_itself_is_so_after_the_transport_is_back_too() -> None:
    control = Control()
    control.is_now("paused", "5 messages in a row were not handled")
    control.waits_for("SQS does not answer")
    assert control.why == "SQS does not answer"

    control.waits_for("")

    assert (control.state, control.why) == ("paused", "5 messages in a row were not handled")


def test_messages_that_are_somebody_elses_now_are_forgotten() -> None:
    mine, other = orders(1, 2)

    def placed(order: dict[str, int]) -> None:
        handled(order)
        if order["id"] == 1:
            loop.forget(lambda item: item is mine)
            raise RuntimeError("it is poison")

    handled, source = noting(), Memory([mine, other])
    loop = loop_of(source, placed)
    run(loop)
    assert loop.in_trouble == []

    assert handled.ids == [1, 2] or handled.ids == [1, 1, 2]
    assert source.settled_ones == [other]


def test_so_are_those_that_the_source_finds_to_be_while_others_are_settled() -> None:
    items = [*orders(1, 2, 3), Item(b"{"), *orders(5)]
    handled, source = noting(), Memory(items)
    loop = loop_of(source, handled)
    noted = source.settled

    def settled(item: Item) -> None:
        noted(item)
        if item is items[0]:
            loop.forget(lambda each: each in items[:3])

    source.settled = settled  # type: ignore[method-assign]  # as of a transport that looks then
    run(loop)

    assert handled.ids == [1, 5]
    assert source.acknowledged == [items[0], items[3], items[4]]


def test_a_stop_leaves_what_is_in_trouble_to_the_next_run() -> None:
    def placed(order: dict[str, int]) -> None:
        source.control.stop()
        raise RuntimeError("not now")

    source = Memory(orders(1, 2))
    run(loop_of(source, placed))

    assert (source.settled_ones, source.buried, source.control.state) == ([], [], "stopped")


def test_each_thing_is_told_the_first_the_tenth_the_hundredth_time(caplog: pytest.LogCaptureFixture) -> None:
    run(loop_of(Memory(orders(*["a secret"] * 105)), noting()))

    told = [each for each in caplog.records if each.name == "msgpact.consume"]
    assert [vars(each)["times"] for each in told] == [1, 10, 100]
    assert {(vars(each)["description"], vars(each)["path"], vars(each)["rule"]) for each in told} == {
        ("placed", "$.id", "a number")
    }
    assert "secret" not in caplog.text


def test_a_failure_is_not_told_as_if_the_one_before_it_were_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    def placed(_: object) -> None:
        raise ValueError if source.control.counts.failures % 2 else KeyError

    source = Memory(orders(1), last=2)
    run(loop_of(source, placed, retries=Retries(first=1)))

    assert all(f"it raised {each}" in caplog.text for each in ("ValueError", "KeyError"))
    assert "During handling of the above exception" not in caplog.text


def test_many_different_things_are_told_in_bounded_memory(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    source = Memory([Item({}, kind=f"kind {n}") for n in range(2500)])
    loop = loop_of(source, noting())
    run(loop)

    assert source.control.counts.unrouted == 2500
    assert len(loop._tries._telling._told) <= 1000


def test_unrouted_messages_can_end_the_loop() -> None:
    source = Memory([*orders(1), Item({}, kind="lost")])

    with pytest.raises(UsageError, match=r"Cannot consume a message at orders.v1, 'lost': no handler expects it"):
        run(loop_of(source, noting(), on_unrouted="fail"))
    assert source.control.state == "stopped"


def test_a_coroutine_that_is_cancelled_from_within_has_failed() -> None:
    tries = list[object]()

    async def placed(order: object) -> None:
        tries.append(order)
        if len(tries) == 1:
            raise asyncio.CancelledError

    source = Memory(orders(1))
    run(loop_of(source, placed))

    assert (source.control.counts.failures, source.control.counts.handled) == (1, 1)


def test_an_interrupt_goes_through() -> None:
    def placed(_: object) -> None:
        raise KeyboardInterrupt

    source = Memory(orders(1, 2))

    with pytest.raises(KeyboardInterrupt):
        run(loop_of(source, placed))
    assert (source.settled_ones, source.control.state) == ([], "stopped")


@pytest.mark.asyncio
async def test_both_drivers_do_the_same() -> None:
    async def placed(order: dict[str, int]) -> None:
        await asyncio.sleep(0)
        handled(order)
        if order["id"] == 3:
            raise RuntimeError("it is poison")

    sources, seen = [], []
    for is_async in (True, False):
        handled, source = noting(), Memory([*orders(1, 2, 3), Item(b"{"), *orders(4, 5)])
        loop = loop_of(source, placed)
        await (arun(loop) if is_async else asyncio.to_thread(run, loop))
        sources.append(source)
        seen.append(handled.ids)

    assert seen[0] == seen[1] == [1, 2, 3, 3, 3, 3, 4, 3, 5]
    for source in sources:
        assert [(reason.kind, item.value) for item, reason in source.buried] == [
            ("undecodable", b"{"),
            ("failed", {"id": 3}),
        ]
        assert len(source.acknowledged) == 6


@pytest.mark.asyncio
@pytest.mark.parametrize("is_async", [True, False])
async def test_trouble_of_the_transports_own_ends_the_loop(is_async: bool) -> None:
    async def placed(_: object) -> None:
        await asyncio.sleep(0)

    def broken() -> bool:
        raise Unavailable("the broker is gone")

    source = Memory(orders(1))
    source.flush = broken  # type: ignore[method-assign]  # that is the case
    loop = loop_of(source, placed)

    with pytest.raises(Unavailable, match="the broker is gone"):
        await (arun(loop) if is_async else asyncio.to_thread(run, loop))
    assert source.control.state == "stopped"


class Noting:
    """A handler that notes the ids."""

    __name__ = "placed"

    def __init__(self) -> None:
        self.ids: list[object] = []

    def __call__(self, order: Any) -> None:
        self.ids.append(order["id"])


def noting() -> Noting:
    return Noting()
