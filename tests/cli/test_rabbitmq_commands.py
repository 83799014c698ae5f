"""The commands that talk to a broker, over RabbitMQ: what is its alone."""

import asyncio
import threading
import uuid
from pathlib import Path

import pika
import pytest
from command_line import Run
from pacts import message, pact, pact_file
from rabbitmq_servers import RunningRabbitMQ

import msgpact
from msgpact.adapters.links import link_from, through

pytestmark = pytest.mark.server

CONTRACT = """
import aio_pika
import msgpact
from msgpact.adapters.rabbitmq_capture import capture

orders = msgpact.Provider("orders")
PLACE = {"exchange": "orders", "routingKey": "order.placed"}

@orders.produces("returned", metadata={**PLACE, "type": "placed", "attempt": 3})
def returned():
    return {"id": 42}

async def published():
    body = aio_pika.Message(b'{"id": 42}', content_type="application/json", type="placed", headers={"attempt": 3})
    await aio_pika.Exchange(None, "orders").publish(body, "order.placed")

orders.produces("captured", capture=capture())(published)
orders.produces("captured everywhere", capture=capture(everywhere=True))(published)
"""


@pytest.fixture
def exchange(rabbitmq: RunningRabbitMQ) -> str:
    """A topic exchange with a queue of the same name behind it."""
    name = f"orders-{uuid.uuid4()}"
    with rabbitmq.connect() as connection:
        channel = connection.channel()
        channel.exchange_declare(name, "topic")
        channel.queue_declare(name)
        channel.queue_bind(name, name, "#")
    return name


@pytest.mark.parametrize("description", ["returned", "captured", "captured everywhere"])
def test_what_is_published_is_received(
    run: Run, project: Path, rabbitmq: RunningRabbitMQ, exchange: str, description: str
) -> None:
    """Also what was captured, which is really published then."""
    (project / "orders_contract.py").write_text(CONTRACT)
    metadata = {
        "exchange": "orders",
        "routingKey": "order.placed",
        "type": "placed",
        "attempt": 3,
        "redelivered": False,
    }
    pact_file(project / "pacts", message(description, metadata=metadata))

    without = run("verify", "orders_contract:orders")
    done = run("verify", "orders_contract:orders", "--via", f"{rabbitmq.url}?exchange={exchange}")

    assert (without.code, done.code) == (1, 0), done.out  # whether it is redelivered only RabbitMQ knows


@pytest.mark.parametrize("kind", ["direct", "fanout", "topic", "headers", "default"])
def test_there_and_back_by_exchanges_of_all_kinds(rabbitmq: RunningRabbitMQ, kind: str) -> None:
    name = "" if kind == "default" else f"{kind}-{uuid.uuid4()}"
    if name:
        with rabbitmq.connect() as connection:
            connection.channel().exchange_declare(name, kind)
    sent = msgpact.Message(b"1", metadata={"exchange": name, "routingKey": "a.b", "correlationId": "c", "trace": "d"})

    async def within_a_loop() -> msgpact.Message:
        return via(sent)

    with through(rabbitmq.url) as via:
        came, again = via(sent), asyncio.run(within_a_loop())

    assert came.contents == again.contents == b"1"
    assert came.metadata.items() >= sent.metadata.items()
    assert [name for name, _ in came.headers] == ["trace"]


def test_in_python_on_a_running_loop(rabbitmq: RunningRabbitMQ, exchange: str) -> None:
    orders = msgpact.Provider("orders")

    @orders.produces("placed", metadata={"exchange": exchange, "routingKey": "a"})
    async def placed() -> dict[str, int]:
        return {"id": 42}

    with through(rabbitmq.url) as via:
        report = asyncio.run(
            msgpact.averify(
                orders, pact(message("placed", metadata={"exchange": exchange, "routingKey": "a"})), via=via
            )
        )

    assert report.ok, report


def test_a_queue_is_looked_at_and_everything_put_back(
    run: Run, project: Path, rabbitmq: RunningRabbitMQ, exchange: str
) -> None:
    stated = {"exchange": exchange, "routingKey": "order.placed", "type": "placed"}
    pact_file(project / "pacts", message("an order was placed", metadata=stated))

    stubbed = run("stub", "--to", rabbitmq.url, "--times", "3")
    watched = run("watch", "--from", f"{rabbitmq.url}?queue={exchange}", "--messages", "3")

    assert (stubbed.code, watched.code) == (0, 0), (stubbed.err, watched.err)
    assert stubbed.out.startswith(f"✓ fulfilment: an order was placed → exchange '{exchange}' by 'order.placed'\n")
    assert "guest" not in stubbed.out
    assert watched.out.startswith("✓ fulfilment: an order was placed: 3 of 3 messages fit\n")
    assert watched.err.startswith(
        f"Messages of the queue '{exchange}' are got and put back: others do not get them meanwhile"
    )
    with rabbitmq.connect() as connection:
        assert connection.channel().queue_declare(exchange, passive=True).method.message_count == 3


def test_an_exchange_is_looked_at_by_a_queue_of_its_own(
    run: Run, project: Path, rabbitmq: RunningRabbitMQ, exchange: str
) -> None:
    """What the contract states is seen, and who has a queue there gets it all the same."""
    stated = {"exchange": exchange, "routingKey": "order.placed", "type": "placed"}
    pact_file(project / "pacts", message("an order was placed", metadata=stated))
    enough = threading.Event()

    def publish() -> None:
        properties = pika.BasicProperties(type="placed", content_type="application/json")
        with rabbitmq.connect() as connection:
            channel = connection.channel()
            while not enough.wait(0.02):
                for key in ("order.placed", "order.gone"):
                    channel.basic_publish(exchange, key, b'{"id": 1}', properties)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        watched = run("watch", "--from", rabbitmq.url, "--messages", "3")
    finally:
        enough.set()
        thread.join()

    assert (watched.code, watched.err) == (0, ""), watched.err
    assert watched.out.startswith("✓ fulfilment: an order was placed: 3 of 3 messages fit\n3 messages seen")
    with rabbitmq.connect() as connection:
        assert connection.channel().queue_declare(exchange, passive=True).method.message_count >= 6


def test_a_draft_from_a_queue(run: Run, project: Path, rabbitmq: RunningRabbitMQ, exchange: str) -> None:
    with rabbitmq.connect() as connection:
        for number in range(3):
            connection.channel().basic_publish(exchange, "order.placed", b'{"id": %d}' % number)

    done = run("draft", "--from", f"{rabbitmq.url}?queue={exchange}", "--messages", "3", "--out", "drafted.py")

    assert done.code == 0, done.err
    assert f'metadata={{"exchange": "{exchange}", "routingKey": "order.placed"}}' in Path(
        "drafted.py"
    ).read_text().replace("\n        ", "").replace(",\n    }", "}").replace(',"', ', "')


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("?exchange=nobody-made-it", "no exchange 'nobody-made-it'"),
        ("?queue=nobody-made-it", "no queue gets it"),
        ("?exchange=amq.direct&routing_key=nobody", "no queue gets it"),
    ],
    ids=["no exchange", "no queue", "not routed"],
)
def test_what_goes_nowhere(run: Run, project: Path, rabbitmq: RunningRabbitMQ, url: str, says: str) -> None:
    pact_file(project / "pacts", message("placed", metadata={"exchange": "orders", "routingKey": "a"}))

    done = run("stub", "--to", rabbitmq.url + url)

    assert done.code == 2
    assert says in done.err


def test_a_queue_that_is_not_there(rabbitmq: RunningRabbitMQ, run: Run, project: Path) -> None:
    pact_file(project / "pacts", message("placed", metadata={"exchange": "orders", "routingKey": "a"}))

    done = run("watch", "--from", f"{rabbitmq.url}?queue=nobody-made-it")

    assert done.code == 2
    assert "no queue 'nobody-made-it'" in done.err


def test_a_wrong_password(rabbitmq: RunningRabbitMQ) -> None:
    link = link_from(rabbitmq.url.replace("guest:guest", "guest:hidden"))
    with pytest.raises(msgpact.errors.Unavailable, match=r"Cannot reach RabbitMQ at 'amqp://127.*': ") as raised:
        link.send(msgpact.Message(b"", metadata={"exchange": "", "routingKey": "a"}))
    link.close()

    assert "hidden" not in str(raised.value)
