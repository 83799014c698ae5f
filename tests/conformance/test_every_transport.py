"""Consuming, the same from every transport: what is handled, what is acknowledged, what goes to the dead letters.

What only one transport has is tested with its adapter; the rules of retrying, with a clock of their own, in tests/guard.
"""

import asyncio
import json
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import benches
import pytest
from benches import PATIENCE, SOON
from transports import Transport

from msgpact import Message
from msgpact.consuming.control import Control
from msgpact.errors import UsageError, WrongDriver
from msgpact.registries.memory import MemoryRegistry
from msgpact.retries import Retries
from msgpact.serializers.avro import Avro
from msgpact.serializers.framing import Confluent, RegisteredSchema

UNREADABLE = b"{ no JSON"


class Bench(benches.Bench):
    """A transport, and what runs a consumer over it."""

    def __init__(self, transport: Transport) -> None:
        super().__init__()
        self.transport = transport
        self.end = 0

    def expects(self, handler: Callable[..., object], description: str = "an order", **said: Any) -> None:
        metadata = {**self.transport.address, **said.pop("metadata", {})}
        self.shop.expects(description, **{"contents": {"id": 1}, **said}, metadata=metadata)(handler)

    def send(self, *values: object, **more: Any) -> None:
        for each in values:
            self.transport.send(each if isinstance(each, bytes | None) else json.dumps(each).encode(), **more)

    @property
    def options(self) -> Any:
        return {"retries": SOON, "control": self.control}

    def consume(self, **more: Any) -> Control:
        return self.transport.consume(self.shop, **{**self.options, **more})

    def again(self) -> None:
        """Be as in another process."""
        self.control = Control()
        self.seen.clear()

    @property
    def ids(self) -> list[int]:
        """What was seen; in order where the transport has one."""
        found = [each["id"] for each in self.seen]
        return found if self.transport.is_ordered else sorted(found)

    @property
    def dead(self) -> list[bytes | None]:
        return [each.contents for each in self.transport.dead_letters()]

    @property
    def left(self) -> list[bytes | None]:
        return self.transport.left()


@pytest.fixture
def bench(transport: Transport) -> Iterator[Bench]:
    bench = Bench(transport)
    with bench.stopped_in_the_end():
        yield bench


def when(is_so: Callable[[], object], control: Control) -> None:
    """Stop a loop, from a thread, when something is so."""
    benches.when(is_so, control, control.stop)


# -- what is handled --------------------------------------------------------------------------------------------------


def test_messages_are_handled_and_acknowledged(bench: Bench) -> None:
    bench.expects(bench.until(20))
    bench.send(*({"id": n} for n in range(20)))

    control = bench.consume()

    assert bench.ids == list(range(20))
    assert (control.state, control.counts.handled) == ("stopped", 20)
    assert bench.left == []


def test_the_next_run_goes_on_behind_what_was_acknowledged(bench: Bench) -> None:
    bench.expects(lambda given: bench.until(bench.end)(given))
    bench.send(*({"id": n} for n in range(5)))
    bench.end = 3
    bench.consume()
    first = list(bench.ids)

    assert len(bench.left) == 2

    bench.again()
    bench.end = 2
    bench.consume()

    assert sorted(first + bench.ids) == list(range(5))
    assert bench.left == []


def test_coroutines_handle_too_beside_plain_functions(bench: Bench) -> None:
    """Plain ones have no event loop running around them, coroutines always the same."""
    loops = list[object]()

    async def placed(given: object) -> None:
        await asyncio.sleep(0)
        loops.append(asyncio.get_running_loop())
        bench.until(6)(given)

    def withdrawn(given: object) -> None:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        bench.until(6)(given)

    bench.expects(placed, metadata={"kind": "placed"})
    bench.expects(withdrawn, "a withdrawal", metadata={"kind": "withdrawn"})
    kinds = [b"placed", b"placed", b"withdrawn", b"placed", b"withdrawn", b"placed"]
    for number, kind in enumerate(kinds):
        bench.send({"id": number}, headers=[("kind", kind)])

    assert bench.consume(discriminator="kind").counts.handled == 6
    assert bench.ids == list(range(6))
    assert len(set(map(id, loops))) == 1


def test_coroutines_side_by_side(bench: Bench) -> None:
    """Each waits until three are under way, so one after another they would wait for ever."""
    up, together = 0, asyncio.Event()

    async def placed(given: object) -> None:
        nonlocal up
        up += 1
        if up == 3:
            together.set()
        async with asyncio.timeout(PATIENCE / 2):
            await together.wait()
        bench.until(9)(given)

    bench.expects(placed)
    for number in range(9):
        bench.send({"id": number}, key=str(number % 4))

    control = bench.consume(concurrency=3)

    assert sorted(each["id"] for each in bench.seen) == list(range(9))
    assert control.counts.handled == 9
    assert bench.left == []


@pytest.mark.asyncio
async def test_on_the_callers_event_loop(bench: Bench) -> None:
    here = asyncio.get_running_loop()

    async def placed(given: object) -> None:
        await asyncio.sleep(0)
        assert asyncio.get_running_loop() is here
        bench.until(2)(given)

    bench.expects(placed)
    await asyncio.to_thread(bench.send, {"id": 1}, {"id": 2})

    control = await bench.transport.aconsume(bench.shop, **bench.options)

    assert (control.counts.handled, await asyncio.to_thread(bench.transport.left)) == (2, [])


@pytest.mark.asyncio
async def test_a_caller_that_is_cancelled_leaves_nothing_behind(bench: Bench) -> None:
    handled = asyncio.Event()

    async def placed(_: object) -> None:
        handled.set()

    bench.expects(placed)
    await asyncio.to_thread(bench.send, {"id": 1})
    task = asyncio.create_task(bench.transport.aconsume(bench.shop, **bench.options))
    await handled.wait()
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert bench.control.state == "stopped"
    assert await asyncio.to_thread(bench.transport.left) in ([], [b'{"id": 1}'])


@pytest.mark.asyncio
async def test_not_under_a_running_event_loop(bench: Bench) -> None:
    bench.expects(bench.until(1))

    with pytest.raises(WrongDriver, match=r"await \w+\.aconsume\(...\)"):
        bench.consume()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGTERM")
def test_sigterm_lets_what_is_in_hand_be_finished(bench: Bench) -> None:
    def placed(given: object) -> None:
        bench.seen.append(given)
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})

    assert bench.consume().counts.handled == 1
    assert len(bench.left) == 1
    assert signal.getsignal(signal.SIGTERM) is before


def test_contents_with_a_schema_in_a_registrys_frame(bench: Bench) -> None:
    schema = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}
    registry = MemoryRegistry()
    registry.register("orders-value", RegisteredSchema("AVRO", json.dumps(schema), {}), 7)
    framed = b"\0\0\0\0\x07\x54"
    bench.expects(bench.until(1), serializer=Avro(schema, framing=Confluent(registry, "orders-value")))
    bench.send(framed[:5], framed)

    control = bench.consume()

    assert (bench.ids, bench.dead, bench.left) == ([42], [framed[:5]], [])
    assert control.counts.dead == 1


# -- whose it is ------------------------------------------------------------------------------------------------------

DISCRIMINATORS: dict[str, Any] = {
    "metadata": "kind",
    "contents": "$.kind",
    "function": lambda message: json.loads(message.contents)["kind"],
}


@pytest.mark.parametrize("discriminator", DISCRIMINATORS.values(), ids=DISCRIMINATORS)
def test_whose_it_is_the_discriminator_says(bench: Bench, discriminator: Any) -> None:
    calls = list[str]()

    def noted(name: str) -> Callable[[object], None]:
        def handle(given: object) -> None:
            calls.append(name)
            bench.until(3)(given)

        return handle

    for kind in ("placed", "withdrawn"):
        bench.expects(noted(kind), kind, contents={"id": 1, "kind": kind}, metadata={"kind": kind})
    for number, kind in enumerate(["placed", "withdrawn", "lost", "placed"]):
        bench.send({"id": number, "kind": kind}, headers=[("kind", kind.encode())])

    control = bench.consume(discriminator=discriminator)

    assert Counter(calls) == {"placed": 2, "withdrawn": 1}
    assert (bench.ids, control.counts.unrouted, bench.left) == ([0, 1, 3], 1, [])


def test_several_handlers_handle_it_and_those_that_failed_are_called_again(bench: Bench) -> None:
    calls = list[str]()

    def mail(_: object) -> None:
        calls.append("mail")

    def ledger(_: object) -> None:
        calls.append("ledger")
        if len(calls) < 3:
            raise RuntimeError("not now")
        bench.control.stop()

    bench.expects(mail, "mail", metadata={"kind": "placed"})
    bench.expects(ledger, "ledger", metadata={"kind": "placed"})
    bench.send({"id": 1}, headers=[("kind", b"placed")])

    control = bench.consume(discriminator="kind")

    assert calls == ["mail", "ledger", "ledger"]
    assert (control.counts.handled, bench.left) == (1, [])


@pytest.mark.parametrize("policy", ["ack", "dead_letter"])
def test_what_no_handler_expects(bench: Bench, policy: Any) -> None:
    bench.expects(bench.until(1), metadata={"kind": "placed"})
    bench.send({"id": 1}, headers=[("kind", b"lost")])
    bench.send({"id": 2}, headers=[("kind", b"placed")])

    control = bench.consume(discriminator="kind", on_unrouted=policy)

    assert (control.counts.unrouted, bench.ids, bench.left) == (1, [2], [])
    dead = bench.transport.dead_letters()
    assert [(each.contents, each.why["kind"]) for each in dead] == [(b'{"id": 1}', "unrouted")] * len(dead)
    assert len(dead) == control.counts.dead == int(policy == "dead_letter")


def test_what_no_handler_expects_can_end_the_loop(bench: Bench) -> None:
    def placed(_: object) -> None:
        bench.send({"id": 1}, headers=[("kind", b"lost")])

    bench.expects(placed, metadata={"kind": "placed"})
    bench.send({"id": 0}, headers=[("kind", b"placed")])

    with pytest.raises(UsageError, match=r"Cannot consume a message at .*, 'lost': no handler expects it"):
        bench.consume(discriminator="kind", on_unrouted="fail")
    assert (bench.control.state, bench.left) == ("stopped", [b'{"id": 1}'])


def test_a_tombstone_is_a_message_of_its_own(bench: Bench) -> None:
    if not bench.transport.has_tombstones:
        with pytest.raises(Exception, match="tombstone"):
            bench.send(None)
        return
    bench.expects(bench.until(2))
    bench.expects(bench.until(2), "a withdrawal", contents=None)
    bench.send({"id": 1}, None)

    bench.consume()

    assert bench.seen == [{"id": 1}, None]


# -- dead letters -----------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_the_message_itself_and_says_why(bench: Bench) -> None:
    bench.expects(bench.until(1))
    bench.send(UNREADABLE, key="key", headers=[*bench.transport.headers, ("msgpact", b"of an earlier life")])
    bench.send({"id": 2})

    control = bench.consume()
    (dead,) = bench.transport.dead_letters()

    assert (dead.contents, dead.key) == (UNREADABLE, "key" if bench.transport.is_ordered else None)
    assert sorted(map(str, dead.own_headers)) == sorted(map(str, bench.transport.headers))
    assert dead.why.items() >= {
        "kind": "undecodable", "consumer": "shop", "pact": "shop-orders", "description": "an order", "path": "$",
        "rule": "contents of type application/json",
    }.items()  # fmt: skip
    assert dead.why["error"].startswith("ValueError: ")
    assert (control.counts.dead, control.counts.handled, bench.left) == (1, 1, [])


def test_why_is_bounded(bench: Bench) -> None:
    def placed(order: dict[str, Any]) -> None:
        if order["id"] == 1:
            raise RuntimeError("é" * 10_000)
        bench.until(1)(order)

    bench.expects(placed, "an order " * 100)
    bench.send({"id": 1}, {"id": 2})

    bench.consume(retries=Retries(0, first=0.01))
    (dead,) = bench.transport.dead_letters()

    assert dead.why["error"].startswith("RuntimeError: éééé")


def test_what_breaks_the_contract_is_handled_and_counted(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.expects(bench.until(3))
    bench.send({"id": "a secret"}, {"id": "b"}, {"id": 3})

    control = bench.consume()

    assert sorted(map(str, (each["id"] for each in bench.seen))) == ["3", "a secret", "b"]
    assert (control.counts.broken, control.counts.handled, control.counts.dead) == (2, 3, 0)
    assert (bench.dead, bench.left) == ([], [])
    assert "a message breaks the contract of 'an order': $.id is not a number" in caplog.text
    assert "secret" not in caplog.text


def test_enforced_it_is_a_dead_letter(bench: Bench) -> None:
    bench.expects(bench.until(1))
    bench.send({"id": "a"}, {"id": 3})

    control = bench.consume(mode="enforce")
    (dead,) = bench.transport.dead_letters()

    assert bench.ids == [3]
    assert dead.contents == b'{"id": "a"}'
    assert (dead.why["kind"], dead.why["path"], dead.why["rule"]) == ("contract", "$.id", "a number")
    assert (control.counts.broken, control.counts.dead, bench.left) == (1, 1, [])


def test_what_is_not_handled_is_a_dead_letter_once_another_message_was(bench: Bench) -> None:
    tries = list[object]()

    def placed(order: dict[str, object]) -> None:
        tries.append(order["id"])
        if order["id"] == 1:
            raise RuntimeError("it is poison")
        bench.until(2)(order)

    bench.expects(placed)
    bench.send({"id": 0}, {"id": 1}, {"id": 2})

    control = bench.consume()
    (dead,) = bench.transport.dead_letters()

    assert tries == [0, 1, 1, 1, 2, 1]
    assert (dead.contents, dead.why["kind"]) == (b'{"id": 1}', "failed")
    assert dead.why["error"] == "RuntimeError: it is poison"
    assert (control.counts.handled, control.counts.dead, bench.left) == (2, 1, [])


def test_messages_with_the_same_key_are_handled_in_order_whatever_fails(bench: Bench) -> None:
    tries = list[object]()

    def placed(order: dict[str, Any]) -> None:
        tries.append(order["id"])
        if order["id"] == 1 and tries.count(1) < 4:
            raise RuntimeError("not yet")
        bench.until(3)(order)

    bench.expects(placed)
    for number, key in enumerate("aab", 1):
        bench.send({"id": number}, key=key)

    control = bench.consume(retries=Retries(1, first=0.01))

    assert control.counts.handled == 3
    if bench.transport.is_ordered:
        assert [each for each in bench.ids if each != 3] == [1, 2]


def test_a_handler_that_takes_too_long_is_interrupted(bench: Bench) -> None:
    def placed(order: dict[str, object]) -> None:
        while order["id"] == 1:
            pass
        bench.until(1)(order)

    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})
    bench.consume(timeout=0.05, retries=Retries(retries=0, first=0.01))
    (dead,) = bench.transport.dead_letters()

    assert dead.contents == b'{"id": 1}'
    assert dead.why["error"].startswith("TimedOut: Cannot finish the handler ")


def test_a_coroutine_that_takes_too_long_is_cancelled(bench: Bench) -> None:
    async def placed(order: dict[str, object]) -> None:
        if order["id"] == 1:
            await asyncio.Event().wait()
        bench.until(1)(order)

    bench.expects(placed)
    bench.send({"id": 1}, {"id": 2})
    bench.consume(timeout=0.05, retries=Retries(retries=0, first=0.01))

    assert bench.dead == [b'{"id": 1}']


# -- trouble outside --------------------------------------------------------------------------------------------------


def test_an_outage_pauses_and_no_good_message_is_a_dead_letter(bench: Bench) -> None:
    states = list[str]()

    def placed(given: object) -> None:
        states.append(bench.control.state)
        if states.count("paused") <= 12:
            raise ConnectionError("the database is away")
        bench.until(6)(given)

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(6)))

    control = bench.consume()

    assert sorted(bench.ids) == list(range(6))
    assert (control.counts.handled, control.counts.dead) == (6, 0)
    assert (bench.dead, bench.left) == ([], [])


def test_what_is_held_is_not_acknowledged(bench: Bench) -> None:
    """While it is paused, and when it is stopped then."""

    def placed(_: object) -> None:
        if bench.control.state == "paused":
            bench.control.stop()
        raise ConnectionError("the database is away")

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(8)))

    control = bench.consume()

    assert (control.counts.handled, control.counts.dead) == (0, 0)
    assert (len(bench.left), bench.dead) == (8, [])


def test_where_the_dead_letters_cannot_be_delivered_nothing_is_acknowledged(bench: Bench) -> None:
    bench.expects(bench.seen.append)
    bench.send(UNREADABLE, {"id": 2})
    control = bench.control
    when(lambda: control.state == "paused" and "dead letters" in control.why, control)

    bench.consume(**bench.transport.no_dead_letters)

    assert sorted(map(str, bench.left)) == sorted(map(str, [UNREADABLE, b'{"id": 2}']))

    bench.again()
    control = bench.control
    when(lambda: control.counts.handled and control.counts.dead, control)
    bench.consume()

    assert (bench.dead, bench.left) == ([UNREADABLE], [])


# -- several consumers ------------------------------------------------------------------------------------------------


def test_a_second_consumer_takes_over_and_nothing_is_lost(bench: Bench) -> None:
    both, started = [bench.control, Control()], threading.Event()

    def placed(order: dict[str, Any], message: Message) -> None:
        bench.seen.append(order)
        started.set()
        if len(bench.seen) == 30:
            both[0].stop()
        if len(set(bench.ids)) == 60:
            both[1].stop()

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(60)))

    def run(control: Control) -> None:
        bench.transport.consume(bench.shop, retries=SOON, control=control)

    threads = [threading.Thread(target=run, args=(each,)) for each in both]
    timer = threading.Timer(PATIENCE, both[1].stop)
    timer.start()
    threads[0].start()
    assert started.wait(PATIENCE)
    threads[1].start()
    for each in threads:
        each.join(PATIENCE)
    timer.cancel()

    assert set(bench.ids) == set(range(60))
    assert sum(each.counts.handled for each in both) == len(bench.seen)
    assert bench.left == []
