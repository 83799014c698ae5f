"""What is RabbitMQ's own of consuming: acknowledgements, dead letters, connections that are lost; on a real server."""

import asyncio
import datetime
import decimal
import importlib
import json
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import aio_pika
import aiormq
import benches
import pika
import pytest
from benches import SOON
from rabbitmq_servers import RunningRabbitMQ
from relays import Relay
from test_docs import ROOT, fences

from msgpact import Consumer, match
from msgpact.adapters import rabbitmq as adapter
from msgpact.adapters import rabbitmq_connection
from msgpact.adapters.rabbitmq import Control, Retries
from msgpact.adapters.rabbitmq_letters import properties_class
from msgpact.errors import Unavailable, UsageError
from msgpact.records import amqp

pytestmark = pytest.mark.server

GUIDE = ROOT / "docs" / "guides" / "rabbitmq.md"


class Bench(benches.Bench):
    """A queue, its dead letters, and what runs a consumer."""

    metadata = {"routingKey": "orders"}

    def __init__(self, rabbitmq: RunningRabbitMQ) -> None:
        super().__init__()
        self.rabbitmq, self.url = rabbitmq, rabbitmq.url
        self.queue = rabbitmq.create_queue()
        self.dead = rabbitmq.create_queue(f"{self.queue}.dead")

    def send(self, *values: object, queue: str = "", **properties: Any) -> None:
        with self.rabbitmq.connect() as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            for each in values:
                body = each if isinstance(each, bytes) else json.dumps(each).encode()
                channel.basic_publish("", queue or self.queue, body, pika.BasicProperties(**properties), mandatory=True)

    @property
    def options(self) -> Any:
        said = {"dead_letter": "{queue}.dead", "names": {"orders": self.queue}, "control": self.control}
        return {**said, "retries": SOON, "timeout": None}

    def consume(self, **more: Any) -> Control:
        return adapter.consume(self.shop, self.url, self.queue, **{**self.options, **more})

    def left(self, queue: str = "") -> int:
        """How many messages the queue holds, once the loop has ended."""
        with self.rabbitmq.connect() as connection:
            declared = connection.channel().queue_declare(queue or self.queue, passive=True)
        return int(declared.method.message_count)

    def dead_letters(self, queue: str = "") -> list[tuple[Any, bytes]]:
        """Properties and bodies, taken."""
        found = []
        with self.rabbitmq.connect() as connection:
            channel = connection.channel()
            while (got := channel.basic_get(queue or self.dead, auto_ack=True))[0] is not None:
                found.append(got[1:])
        return found

    def when(self, is_so: Callable[[], object], act: Callable[[], object]) -> None:
        benches.when(is_so, self.control, act)


@pytest.fixture
def bench(rabbitmq: RunningRabbitMQ) -> Iterator[Bench]:
    bench = Bench(rabbitmq)
    with bench.stopped_in_the_end():
        yield bench


def why(properties: Any) -> dict[str, Any]:
    """What the dead letter's header says."""
    said: dict[str, Any] = json.loads(properties.headers["msgpact"])
    return said


# -- what is handled --------------------------------------------------------------------------------------------------


def test_messages_of_one_queue_come_in_order(bench: Bench) -> None:
    bench.expects(bench.until(500))
    bench.send(*({"id": n} for n in range(500)))

    control = bench.consume(prefetch=20)

    assert bench.seen == [{"id": n} for n in range(500)]
    assert (control.state, control.counts.handled, bench.left()) == ("stopped", 500, 0)


def test_several_queues(bench: Bench) -> None:
    other = bench.rabbitmq.create_queue()
    bench.expects(bench.until(2))
    bench.expects(bench.until(2), "another", metadata={"routingKey": other})
    bench.send({"id": 1})
    bench.send({"id": 2}, queue=other)

    control = adapter.consume(bench.shop, bench.url, [bench.queue, other], **bench.options)

    assert (control.counts.handled, bench.left(), bench.left(other)) == (2, 0, 0)


def test_messages_are_whose_exchange_and_routing_key_are(bench: Bench) -> None:
    """A contract's rules count: keys of a topic exchange hold what differs from message to message."""
    exchange = f"orders-{uuid.uuid4()}"
    seen = list[tuple[str, object]]()

    def placed(order: object, metadata: Mapping[str, object]) -> None:
        seen.append(("placed", metadata["routingKey"]))

    def withdrawn(order: object) -> None:
        seen.append(("withdrawn", order))
        bench.control.stop()

    keys = {"exchange": "orders", "routingKey": match.regex(r"order\.placed\.\w+", "order.placed.eu")}
    bench.expects(placed, metadata=keys)
    bench.expects(withdrawn, "a withdrawal", metadata={"exchange": "orders", "routingKey": "order.withdrawn"})
    with bench.rabbitmq.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", auto_delete=True)
        channel.queue_bind(bench.queue, exchange, "order.#")
        for key in ("order.placed.us", "order.lost", "order.withdrawn"):
            channel.basic_publish(exchange, key, b'{"id": 7}')

    control = bench.consume(names={"orders": exchange})

    assert seen == [("placed", "order.placed.us"), ("withdrawn", {"id": 7})]
    assert (control.counts.unrouted, control.counts.broken, bench.left()) == (1, 0, 0)


def test_no_more_come_than_may_be_here(bench: Bench) -> None:
    def placed(given: object) -> None:
        bench.seen.append(bench.left())
        if len(bench.seen) == 9:
            bench.control.stop()

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(9)))

    bench.consume(prefetch=3, retries=Retries(hold=2), acknowledge_every=3)

    assert bench.seen[0] == 6
    assert (min(map(int, map(str, bench.seen))), bench.left()) == (0, 0)


def test_a_handler_of_the_clients_messages_acknowledges_nothing(bench: Bench) -> None:
    """It may say so: as in the contract test, nobody hears of it."""

    async def placed(message: aio_pika.IncomingMessage) -> None:
        async with message.process():
            bench.until(2)((message.body, message.redelivered, message.headers))

    bench.expects(placed, via=amqp.to_record)
    bench.send({"id": 1}, {"id": 2}, headers={"attempt": 3})

    control = bench.consume()

    assert bench.seen == [(b'{"id": 1}', False, {"attempt": 3}), (b'{"id": 2}', False, {"attempt": 3})]
    assert (control.counts.handled, control.counts.failures, bench.left()) == (2, 0, 0)


def test_heartbeats_go_on_while_a_handler_takes_its_time(bench: Bench) -> None:
    def placed(given: object) -> None:
        threading.Event().wait(3.5)  # RabbitMQ closes a connection that has not been heard of for two heartbeats
        bench.until(1)(given)

    bench.expects(placed)
    bench.send({"id": 1})

    control = adapter.consume(bench.shop, f"{bench.url}?heartbeat=1", bench.queue, **bench.options)

    assert (bench.seen, control.counts.handled, bench.left()) == ([{"id": 1}], 1, 0)


def test_the_service_of_the_guide(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for fence in fences(GUIDE):
        if title := fence.said("title"):
            (tmp_path / title).parent.mkdir(exist_ok=True)
            (tmp_path / title).write_text(fence.text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    run, ledger, exchange = importlib.import_module("shop.service").run, dict[int, float](), f"orders-{uuid.uuid4()}"
    with bench.rabbitmq.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "topic", auto_delete=True)
        channel.queue_bind(bench.queue, exchange, "order.#")
        for number, (key, total) in enumerate(
            [("placed.eu", "5"), ("placed.us", "much"), ("withdrawn", ""), ("placed.us", "7")]
        ):
            body = {"id": number, "total": total} if total else {"id": 0}
            channel.basic_publish(exchange, f"order.{key}", json.dumps(body).encode())
    counts = bench.control.counts
    bench.when(lambda: counts.handled + counts.dead == 4, bench.control.stop)

    run(bench.url, bench.queue, exchange, ledger, bench.control)
    for name in ("shop", "shop.service", "shop.handlers"):  # other pages have others of these names
        del sys.modules[name]

    assert ledger == {3: 7.0}
    assert [(why(dead)["path"], why(dead)["exchange"]) for dead, _ in bench.dead_letters()] == [("$.total", exchange)]


# -- dead letters -----------------------------------------------------------------------------------------------------

UNREADABLE = b"{ no JSON"


def test_a_dead_letter_is_the_message_itself_and_says_why(bench: Bench) -> None:
    bench.expects(bench.until(1))
    properties: dict[str, Any] = {
        "content_type": "application/json", "content_encoding": "utf-8", "delivery_mode": 2, "priority": 3,
        "correlation_id": "c", "reply_to": "r", "message_id": "m", "timestamp": 1772539200, "type": "t", "app_id": "a",
        "user_id": "guest",
    }  # fmt: skip
    when = datetime.datetime(2026, 3, 3, 12, tzinfo=datetime.UTC)
    headers = {
        "text": "ü", "empty": None, "yes": True, "number": 7, "large": 2**40, "bytes": b"\xff", "when": when,
        "exact": decimal.Decimal("1.50"), "list": [1, "a", [2]],
        "x-death": [{"queue": "q", "reason": "rejected", "count": 2, "time": when}],
    }  # fmt: skip
    bench.send(UNREADABLE, headers={**headers, "msgpact": "of an earlier life"}, **properties)
    bench.send({"id": 2})

    control = bench.consume()
    ((dead, body),) = bench.dead_letters()
    said = why(dead)

    assert body == UNREADABLE
    assert {name: getattr(dead, name) for name in properties} == properties
    assert {name: value for name, value in dead.headers.items() if name != "msgpact"} == headers
    assert said.pop("error").startswith("ValueError: ")
    assert said == {
        "kind": "undecodable", "consumer": "shop", "pact": "shop-orders", "description": "an order", "path": "$",
        "rule": "contents of type application/json", "queue": bench.queue, "exchange": "", "routingKey": bench.queue,
    }  # fmt: skip
    assert (control.counts.dead, control.counts.handled, bench.left()) == (1, 1, 0)


def test_what_would_keep_it_from_staying_there_is_left_out_and_said(bench: Bench) -> None:
    bench.expects(bench.until(2))
    bench.send({"id": 0})
    with bench.rabbitmq.connect() as connection:
        sent = pika.BasicProperties(expiration="60000", headers={"CC": [bench.queue]})
        connection.channel().basic_publish("", bench.queue, UNREADABLE, sent)
    bench.send({"id": 1})

    bench.consume()
    letters = bench.dead_letters()

    assert [body for _, body in letters] == [UNREADABLE]
    assert (letters[0][0].expiration, list(letters[0][0].headers)) == (None, ["msgpact"])
    assert (why(letters[0][0])["expiration"], why(letters[0][0])["CC"]) == ("60000", f"['{bench.queue}']")


@pytest.mark.asyncio
async def test_numbers_and_text_that_the_client_alone_would_change(bench: Bench) -> None:
    """Doubles, and text that is no UTF-8."""
    sent = properties_class(aiormq)()
    sent.headers = {"double": 0.1, "latin": b"caf\xe9", "nested": {"double": [1e300]}}
    bench.expects(bench.until(1))
    connection = await aiormq.connect(bench.url)
    channel = await connection.channel()
    await channel.basic_publish(UNREADABLE, routing_key=bench.queue, properties=sent)
    await channel.basic_publish(b'{"id": 1}', routing_key=bench.queue)

    await adapter.aconsume(bench.shop, bench.url, bench.queue, **bench.options)
    dead = await channel.basic_get(bench.dead)
    await connection.close()

    headers = dict(dead.header.properties.headers or {})
    assert headers.pop("msgpact")
    assert (headers, dead.body) == (sent.headers, UNREADABLE)


@pytest.mark.parametrize("is_by_exchange", [False, True], ids=["no queue", "no exchange"])
def test_where_dead_letters_arrive_nowhere_it_is_paused_until_they_do(bench: Bench, is_by_exchange: bool) -> None:
    later = f"{bench.queue}.later"
    found = list[object]()

    def mend() -> None:
        found.extend((bench.control.why, bench.control.counts.dead))
        with bench.rabbitmq.connect() as connection:
            channel = connection.channel()
            channel.queue_declare(later, durable=True)
            if is_by_exchange:
                channel.exchange_declare(later, "fanout", auto_delete=True)
                channel.queue_bind(later, later)
        bench.when(lambda: bench.control.state == "running", bench.control.stop)

    bench.expects(bench.seen.append)
    bench.send(UNREADABLE, {"id": 2})
    bench.when(lambda: bench.control.state == "paused", mend)

    control = bench.consume(dead_letter=f"{later}/key" if is_by_exchange else later)

    assert found == ["the dead letters cannot be delivered", 1]
    assert [body for _, body in bench.dead_letters(later)] == [UNREADABLE]
    assert (bench.seen, control.counts.dead, bench.left()) == ([{"id": 2}], 1, 0)


def test_while_dead_letters_arrive_nowhere_nothing_is_acknowledged(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.expects(bench.seen.append)
    bench.send(UNREADABLE, {"id": 2})
    bench.when(lambda: bench.control.state == "paused", bench.control.stop)

    bench.consume(dead_letter="there is none")

    assert (bench.seen, bench.left()) == ([{"id": 2}], 2)
    assert "dead letters were not delivered: there is no queue for it" in caplog.text


def test_a_queue_that_is_full_takes_none(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """It says no; what is said so is delivered later."""
    bench.dead = bench.rabbitmq.create_queue("", {"x-max-length": 1, "x-overflow": "reject-publish"})
    first = list[bytes]()

    def make_room() -> None:
        first.extend(body for _, body in bench.dead_letters())
        bench.when(lambda: bench.control.state == "running", bench.control.stop)

    bench.expects(bench.seen.append)
    bench.send(b"{ first", b"{ second")
    bench.when(lambda: bench.control.state == "paused", make_room)

    bench.consume(dead_letter=bench.dead)

    assert sorted(first + [body for _, body in bench.dead_letters()]) == [b"{ first", b"{ second"]
    assert "dead letters were not delivered: its queue refuses it" in caplog.text
    assert bench.left() == 0


def test_dead_letters_go_by_an_exchange_too(bench: Bench) -> None:
    exchange = f"dead-{uuid.uuid4()}"
    with bench.rabbitmq.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare(exchange, "direct", auto_delete=True)
        channel.queue_bind(bench.dead, exchange, f"of {bench.queue}")
    bench.expects(bench.until(1))
    bench.send(UNREADABLE, {"id": 2})

    control = bench.consume(dead_letter=f"{exchange}/of {{routingKey}}")

    assert ([body for _, body in bench.dead_letters()], control.counts.dead) == ([UNREADABLE], 1)


# -- on the caller's event loop ----------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_caller_that_is_cancelled_while_it_connects_leaves_nothing_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_connection, "PATIENCE", 0.3)
    bench.expects(print)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"amqp://127.0.0.1:{server.getsockname()[1]}/"
        task = asyncio.create_task(adapter.aconsume(bench.shop, url, bench.queue, **bench.options))
        came, _ = await asyncio.to_thread(server.accept)
        task.cancel()

        with came, pytest.raises(asyncio.CancelledError):
            await task
    assert [each.name for each in threading.enumerate() if each.name == "msgpact-rabbitmq"] == []


# -- connections that are lost ----------------------------------------------------------------------------------------


@pytest.fixture
def relay(rabbitmq: RunningRabbitMQ) -> Iterator[Relay]:
    parts = pika.URLParameters(rabbitmq.url)
    with Relay(parts.port) as relay:
        yield relay


def through(relay: Relay, url: str) -> str:
    at = url.rpartition("@")[2].partition("/")[0]
    return url.replace(at, f"127.0.0.1:{relay.port}")


def test_a_connection_that_is_lost_comes_back_and_nothing_is(bench: Bench, relay: Relay) -> None:
    """What was in hand comes again; a tag of the connection before is never acknowledged on the next."""
    reasons = list[str]()

    def placed(order: dict[str, int]) -> None:
        bench.seen.append(order["id"])
        if len(bench.seen) in (30, 90):
            relay.cut()
            bench.when(lambda: "RabbitMQ" in bench.control.why, mend)
        if len(set(bench.seen)) == 200:
            bench.control.stop()

    def mend() -> None:
        reasons.append(bench.control.why)
        relay.mend()

    bench.expects(placed)
    bench.send(UNREADABLE, *({"id": n} for n in range(200)), delivery_mode=2)

    adapter.consume(bench.shop, through(relay, bench.url), bench.queue, **bench.options)

    assert set(bench.seen) == set(range(200))
    assert len(bench.seen) <= 200 + 2 * 200
    assert all(each.startswith("RabbitMQ cannot be reached: ") for each in reasons)
    assert {body for _, body in bench.dead_letters()} == {UNREADABLE}
    assert (len(reasons), bench.left()) == (2, 0)


def test_what_is_held_when_the_connection_is_lost_comes_again(bench: Bench, relay: Relay) -> None:
    tries = list[int]()

    def placed(order: dict[str, int], metadata: Mapping[str, object]) -> None:
        tries.append(order["id"])
        if not metadata["redelivered"]:
            if len(tries) == 12:
                relay.cut()
                bench.when(lambda: "RabbitMQ" in bench.control.why, relay.mend)
            raise ConnectionError("the database is away")
        bench.until(6)(order["id"])

    bench.expects(placed)
    bench.send(*({"id": n} for n in range(6)), delivery_mode=2)

    control = adapter.consume(bench.shop, through(relay, bench.url), bench.queue, **bench.options)

    assert (sorted(map(int, map(str, bench.seen))), control.counts.dead, bench.left()) == (list(range(6)), 0, 0)


def test_a_queue_that_is_deleted_pauses_it_until_there_is_one(bench: Bench) -> None:
    reasons = list[str]()

    def placed(given: object) -> None:
        bench.until(2)(given)
        if len(bench.seen) == 1:
            with bench.rabbitmq.connect() as connection:
                connection.channel().queue_delete(bench.queue)
            bench.when(lambda: "no queue" in bench.control.why, mend)

    def mend() -> None:
        reasons.append(bench.control.why)
        bench.rabbitmq.create_queue(bench.queue)
        bench.send({"id": 2})

    bench.expects(placed)
    bench.send({"id": 1})

    bench.consume()

    assert bench.seen == [{"id": 1}, {"id": 2}]
    assert reasons == [f"RabbitMQ cannot be reached: NOT_FOUND - no queue '{bench.queue}' in vhost '/'"]


# -- what cannot be ---------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no URL": ({"url": "127.0.0.1:5672"}, "by that URL: it is none of AMQP's"),
    "another URL": ({"url": "http://a:secret@b"}, "by that URL: it is none of AMQP's"),
    "a port": ({"url": "amqp://a:secret@b:port"}, "by that URL: it is none of AMQP's"),
    "no queue": ({"queues": []}, "Cannot consume from RabbitMQ without a queue"),
    "no dead letters": ({"dead_letter": "/"}, "Cannot use dead_letter='/': it names no queue"),
    "dead letters in a circle": ({"dead_letter": "{queue}"}, "Cannot use dead_letter='{queue}': 'q' is consumed here"),
    "no prefetch": ({"prefetch": 0}, "Cannot use prefetch=0: it is from 1 to 65535"),
    "prefetch in words": ({"prefetch": "all"}, "Cannot use 'all' as prefetch: it is no whole number"),
    "too little prefetch": ({"prefetch": 5}, "Cannot hold 5 messages with prefetch=5"),
    "an interval": ({"acknowledge_every": 201}, "Cannot acknowledge every 201 messages with prefetch=200"),
    "another interval": ({"acknowledge_after": 0}, "Cannot acknowledge every 100 messages or 0 s"),
    "an option": ({"topics": {}}, "Cannot consume with 'topics': there is no such option"),
    "a name": ({"names": {"order": "o"}}, "Cannot use 'order' as a name in contracts"),
}


@pytest.mark.parametrize(("said", "says"), WRONG.values(), ids=WRONG)
def test_settings_that_cannot_be(said: Any, says: str) -> None:
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={}, metadata={"routingKey": "orders"})(print)
    given = {"url": "amqp://127.0.0.1:1/", "queues": "q", "dead_letter": "d", **said}

    with pytest.raises(UsageError, match=says) as raised:
        adapter.consume(shop, given.pop("url"), given.pop("queues"), **given)
    assert "secret" not in str(raised.value)


REFUSED: dict[str, tuple[str, type[Exception], str]] = {
    "nobody there": (
        "amqp://127.0.0.1:1/",
        Unavailable,
        "at 127.0.0.1:1: .*Connect call failed.*Start it, or give its URL",
    ),
    "no such queue": ("{url}", UsageError, "no queue 'there is none' in vhost '/'. Declare the queue first"),
    "no such user": ("{nobody}", Unavailable, "ACCESS_REFUSED.*Give the user and password that it knows"),
    "no such virtual host": (
        "{url}nowhere",
        Unavailable,
        "it refuses to let us into the virtual host. Name a virtual host",
    ),
}


@pytest.mark.parametrize(("url", "error", "says"), REFUSED.values(), ids=REFUSED)
def test_what_rabbitmq_refuses_at_the_start(bench: Bench, url: str, error: type[Exception], says: str) -> None:
    bench.expects(print)
    url = url.format(url=bench.url, nobody=bench.url.replace("guest:guest", "nobody:secret"))

    with pytest.raises(error, match=says) as raised:
        adapter.consume(bench.shop, url, "there is none", **bench.options)
    assert "secret" not in str(raised.value)
    assert bench.control.state == "stopped"


def test_a_server_that_says_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rabbitmq_connection, "PATIENCE", 0.1)
    bench.expects(print)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"amqp://127.0.0.1:{server.getsockname()[1]}/"

        with pytest.raises(Unavailable, match=r"it did not answer in time\. Start it, or give its URL"):
            adapter.consume(bench.shop, url, bench.queue, **bench.options)


def test_a_queue_that_is_another_connections_own(bench: Bench) -> None:
    bench.expects(print)
    with bench.rabbitmq.connect() as connection:
        name = connection.channel().queue_declare("", exclusive=True).method.queue

        with pytest.raises(UsageError, match=r"RESOURCE_LOCKED.*declare it as not exclusive"):
            adapter.consume(bench.shop, bench.url, name, **bench.options)


def test_a_queue_that_another_one_consumes_alone(bench: Bench) -> None:
    bench.expects(print)
    with bench.rabbitmq.connect() as connection:
        connection.channel().basic_consume(bench.queue, print, exclusive=True)

        with pytest.raises(Unavailable, match=r"in exclusive use.*or end who has it"):
            bench.consume()
