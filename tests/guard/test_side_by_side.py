"""Messages that coroutines handle side by side: how many, in which order, what is acknowledged, what a failure does."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgpact import Consumer, Message
from msgpact.consuming.control import Control, Settings
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import arun, run
from msgpact.errors import UsageError
from msgpact.guard import Guard
from msgpact.receivers import Reason
from msgpact.retries import Retries

GOOD = 3
"""The partition of messages that nothing is wrong with, at the end: else one that is could be tried for ever."""

SOON = Retries(retries=1, first=1, longest=4, hold=9)


@dataclass(eq=False)
class Item:
    partition: int
    offset: int
    key: str | None = None
    value: Any = None

    @property
    def place(self) -> tuple[int, int]:
        return self.partition, self.offset


@dataclass(eq=False)
class Log:
    """A transport as Kafka is: what is acknowledged is an offset in each partition. It ends the loop when all is acknowledged."""

    items: list[Item]
    control: Control = field(default_factory=Control)
    batch: int = 5
    now: float = 0.0
    patience: float = 500.0
    loop: Any = None
    moves: int = 0
    """How often a partition goes and comes back."""
    is_fed: bool = False
    """Whether others come as long as something fails: what fails alone is held until one shows whose the failure is."""
    chance: random.Random = field(default_factory=lambda: random.Random(0))
    positions: dict[int, int] = field(default_factory=dict)
    committed: Counter[int] = field(default_factory=Counter)
    done: set[tuple[int, int]] = field(default_factory=set)
    buried: list[Item] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.all = list(self.items)

    def take_now(self) -> Sequence[Item]:
        self._move()
        taken, self.items = self.items[: self.batch], self.items[self.batch :]
        return taken

    def take(self, seconds: float) -> Sequence[Item]:
        if not self.items:
            self.idle(seconds)
        return self.take_now()

    def idle(self, seconds: float) -> None:
        self.now += seconds
        if self.is_fed and not self.items and any(each.partition != GOOD for each in self.loop.in_trouble):
            self.all.append(Item(GOOD, self.all[-1].offset + 1))
            self.items.append(self.all[-1])
        if self.now > self.patience or all(each.offset < self.committed[each.partition] for each in self.all):
            self.control.stop()

    def _move(self) -> None:
        """A partition goes and comes back: its messages come again from where they are acknowledged."""
        if not self.moves or self.control.stopping or self.chance.random() > 0.2:
            return
        self.moves -= 1
        gone = self.chance.randrange(GOOD)
        self._commit([gone])
        self.positions.pop(gone, None)
        self.loop.forget(lambda each: each.partition == gone)
        kept = [each for each in self.items if each.partition != gone]
        again = [each for each in self.all if each.partition == gone and each.offset >= self.committed[gone]]
        more = [Item(GOOD, self.all[-1].offset + number) for number in range(1, 9)]
        come = [Item(each.partition, each.offset, each.key, each.value) for each in again]
        self.items = [*kept, *come, *more]
        self.all += more

    def read(self, item: Item) -> Message:
        contents = item.value if isinstance(item.value, bytes) else json.dumps(item.value or item.place).encode()
        return Message(contents, metadata={"topic": "t", "key": item.key})

    def key(self, item: Item) -> Hashable:
        return None if item.key is None else (item.partition, item.key)

    def settled(self, item: Item) -> None:
        self.done.add(item.place)
        self.positions[item.partition] = max(item.offset + 1, self.positions.get(item.partition, 0))

    def bury(self, item: Item, reason: Reason) -> None:
        self.buried.append(item)

    def flush(self) -> bool:
        self._commit(list(self.positions))
        return True

    def _commit(self, partitions: list[int]) -> None:
        limits = dict[int, int]()
        for each in self.loop.in_trouble:
            limits[each.partition] = min(each.offset, limits.get(each.partition, each.offset))
        for partition in partitions:
            if partition in self.positions:
                position = self.positions[partition]
                self.committed[partition] = max(
                    self.committed[partition], min(position, limits.get(partition, position))
                )
        lost = [
            each for each in self.all if each.offset < self.committed[each.partition] and each.place not in self.done
        ]
        assert not lost, "acknowledged and not settled"


def loop_of(source: Log, *handlers: Callable[..., object], concurrency: int = 3, **said: Any) -> Loop[Item]:
    shop = Consumer("shop", provider="orders")
    for each in handlers:
        shop.expects(each.__name__, contents=[1, 1], metadata={"topic": "t"})(each)
    guard = Guard(shop, discriminator=lambda _: "all")
    by = Settings(**{"retries": SOON, "every": 3, "after": 1, "concurrency": concurrency, **said})
    loop = source.loop = Loop(source, guard, by, source.control, clock=lambda: source.now)
    return loop


def drive(loop: Loop[Item], driver: str) -> None:
    if driver == "run":
        run(loop)
    else:
        asyncio.run(arun(loop))


class Handler:
    """A coroutine that takes its time; notes what it is called with, and how many of it there are."""

    def __init__(
        self, log: Log, chance: random.Random, *, fails: Callable[[tuple[int, int]], bool] | None = None
    ) -> None:
        self.handled: list[tuple[int, int]] = []
        self.most = 0
        self.overlaps: list[tuple[int, int]] = []
        self._log, self._chance, self._fails = log, chance, fails
        self._up = Counter[Hashable]()
        self.keys: dict[tuple[int, int], Hashable] = {
            each.place: (each.partition, each.key) if each.key else each.place for each in log.all
        }

    def __call__(self) -> Any:
        async def handle(place: list[int]) -> None:
            await self.handle((place[0], place[1]))

        return handle

    async def handle(self, place: tuple[int, int]) -> None:
        key = self.keys.get(place, place)
        self._up[key] += 1
        if self._up[key] > 1 and key != place:
            self.overlaps.append(place)
        self.most = max(self.most, self._up.total())
        try:
            for _ in range(self._chance.randrange(4)):
                await asyncio.sleep(0)
            if self._fails is not None and self._fails(place):
                raise RuntimeError("not this one")
            self.handled.append(place)
        finally:
            self._up[key] -= 1


def log_of(chance: random.Random, count: int) -> Log:
    offsets = Counter[int]()
    items = []
    for _ in range(count):
        partition = chance.randrange(3)
        items.append(Item(partition, offsets[partition], chance.choice([None, "a", "b", "c"])))
        offsets[partition] += 1
    items += [Item(GOOD, offset) for offset in range(8)]
    return Log(items, batch=chance.randrange(1, 20), chance=chance)


@pytest.mark.parametrize("driver", ["run", "arun"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 2**32), concurrency=st.integers(2, 6), moves=st.integers(0, 3))
def test_nothing_is_lost_and_keys_keep_their_order(driver: str, seed: int, concurrency: int, moves: int) -> None:
    chance = random.Random(seed)
    log = log_of(chance, chance.randrange(1, 60))
    log.moves, log.is_fed = moves, True
    doubtful = [each.place for each in log.all if each.partition != GOOD]
    poison = {each for each in doubtful if chance.random() < 0.05}
    ill = Counter({each: chance.randrange(3) for each in doubtful if chance.random() < 0.1})

    def fails(place: tuple[int, int]) -> bool:
        ill[place] -= 1
        return place in poison or ill[place] >= 0

    handler = Handler(log, chance, fails=fails)
    drive(loop_of(log, handler(), concurrency=concurrency), driver)

    places, dead = {each.place for each in log.all}, {each.place for each in log.buried}
    assert log.done == places, "lost"
    assert set(handler.handled) | dead == places
    assert poison <= dead <= poison | {each for each in doubtful if each not in handler.handled}
    assert not handler.overlaps
    assert handler.most <= concurrency
    if not moves:  # else some come again
        assert max(Counter(handler.handled).values()) == 1
        for key in set(handler.keys.values()):
            of_key = [place for place in handler.handled if handler.keys.get(place) == key]
            assert of_key == sorted(of_key)


def orders(count: int, key: str | None = None) -> list[Item]:
    return [Item(0, number, key) for number in range(count)]


@pytest.mark.parametrize("driver", ["run", "arun"])
def test_as_many_as_are_told_are_under_way(driver: str) -> None:
    log, up, most = Log(orders(40), batch=40), 0, list[int]()
    gate = asyncio.Event()

    async def handle(_: object) -> None:
        nonlocal up
        up += 1
        most.append(up)
        if up == 10:
            gate.set()
        await gate.wait()
        up -= 1

    drive(loop_of(log, handle, concurrency=10), driver)

    assert max(most) == 10
    assert log.control.counts.handled == 40


def test_one_with_the_same_key_waits_and_others_do_not() -> None:
    log, began = Log([*orders(3, "a"), Item(0, 3, "b"), Item(0, 4)], batch=2), list[int]()
    others = asyncio.Event()

    async def handle(place: list[int]) -> None:
        began.append(place[1])
        if place[1] == 4:
            others.set()
        await others.wait()

    run(loop_of(log, handle, concurrency=4))

    assert began == [0, 3, 4, 1, 2]


@pytest.mark.parametrize("driver", ["run", "arun"])
def test_plain_handlers_are_called_between_steps_of_coroutines_one_at_a_time(driver: str) -> None:
    log, seen = Log([Item(0, 0), Item(0, 1), Item(0, 2, value=[1, 1]), Item(0, 3)], batch=4), list[str]()
    is_running = list[bool]()

    def plain(_: object) -> None:
        is_running.append(asyncio._get_running_loop() is not None)
        seen.append("plain")

    async def coroutine(_: object) -> None:
        await asyncio.sleep(0)
        seen.append("coroutine")

    shop = Consumer("shop", provider="orders")
    shop.expects("a plain one", contents=[1, 1], metadata={"topic": "t"})(plain)
    shop.expects("another", contents=[0, 1], metadata={"topic": "t"})(coroutine)
    guard = Guard(shop, discriminator=lambda message: json.loads(message.contents or b"") == [1, 1])
    log.loop = Loop(log, guard, Settings(concurrency=3), log.control, clock=lambda: log.now)
    drive(log.loop, driver)

    assert sorted(seen) == ["coroutine", "coroutine", "coroutine", "plain"]
    assert is_running == [driver == "arun"]


def test_what_fails_lets_the_others_land_before_it_is_tried_again() -> None:
    log, calls = Log(orders(3), batch=3), list[tuple[str, int]]()

    async def handle(place: list[int]) -> None:
        calls.append(("began", place[1]))
        if calls.count(("began", 0)) == 1 and place[1] == 0:
            raise RuntimeError("not now")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        calls.append(("ended", place[1]))

    run(loop_of(log, handle, concurrency=2))

    assert calls == [
        ("began", 0), ("began", 1), ("ended", 1), ("began", 0), ("ended", 0), ("began", 2), ("ended", 2),
    ]  # fmt: skip


@pytest.mark.parametrize("driver", ["run", "arun"])
def test_a_stop_finishes_what_is_under_way_and_begins_nothing(driver: str) -> None:
    log, ended = Log(orders(10), batch=10), list[int]()

    async def handle(place: list[int]) -> None:
        log.control.stop()
        await asyncio.sleep(0)
        ended.append(place[1])

    drive(loop_of(log, handle, concurrency=3), driver)

    assert ended == [0, 1, 2]
    assert log.committed[0] == 3


@pytest.mark.parametrize("driver", ["run", "arun"])
def test_a_coroutine_that_takes_too_long_fails_alone(driver: str) -> None:
    log, calls = Log(orders(3), batch=3), Counter[int]()

    async def handle(place: list[int]) -> None:
        calls[place[1]] += 1
        if place[1] == 1 and calls[1] == 1:
            await asyncio.Event().wait()

    drive(loop_of(log, handle, timeout=0.05), driver)

    assert calls == {0: 1, 1: 2, 2: 1}
    assert log.control.counts.failures == 1


def test_a_coroutine_that_cancels_itself_has_failed() -> None:
    log, calls = Log(orders(2), batch=2), Counter[int]()

    async def handle(place: list[int]) -> None:
        calls[place[1]] += 1
        if place[1] == 0 and calls[0] == 1:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(0)

    run(loop_of(log, handle))

    assert calls == {0: 2, 1: 1}


@pytest.mark.asyncio
async def test_a_caller_that_is_cancelled_leaves_nothing_under_way() -> None:
    log, began, ended = Log(orders(3), batch=3), asyncio.Semaphore(0), list[str]()

    async def handle(_: object) -> None:
        began.release()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    consuming = asyncio.ensure_future(arun(loop_of(log, handle)))
    for _ in range(3):
        await began.acquire()
    consuming.cancel()
    with pytest.raises(asyncio.CancelledError):
        await consuming

    assert ended == ["cancelled"] * 3
    assert not log.done


def test_what_ends_the_process_goes_through() -> None:
    log = Log(orders(3), batch=3)

    async def handle(place: list[int]) -> None:
        await asyncio.sleep(0)
        raise (SystemExit if place[1] == 1 else RuntimeError)("ends")

    with pytest.raises(SystemExit, match="ends"):
        run(loop_of(log, handle))


def test_there_is_to_be_at_least_one() -> None:
    with pytest.raises(UsageError, match="Cannot handle 0 messages at a time"):
        Settings(concurrency=0)
