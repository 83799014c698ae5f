"""RabbitMQ's source beside a connection that is only said to be there: what is seen of it from outside."""

import logging
from queue import SimpleQueue
from typing import Any

import aiormq
import pytest

from msgpact import Consumer, Message, match
from msgpact.adapters.rabbitmq_connection import Connection, Delivery, Session
from msgpact.adapters.rabbitmq_letters import Address
from msgpact.adapters.rabbitmq_source import RabbitSource
from msgpact.consuming.control import Control, Settings
from msgpact.consuming.loop import Loop
from msgpact.consuming.steps import run
from msgpact.guard import Guard

URL = "amqp://127.0.0.1"


class Said(Connection):
    """A connection that is there as long as it is not said to be lost."""

    def __init__(self) -> None:
        super().__init__(aiormq, URL, ["orders"], 10)
        self.inbox = SimpleQueue[Delivery]()
        self.session = Session(aiormq)

    def open(self) -> None: ...

    def acknowledge(self, session: Session, tags: object) -> None: ...


class Plain(RabbitSource):
    """Deliveries whose message is one already; when there are no more the loop ends."""

    def take(self, seconds: float) -> list[Delivery]:
        self._loop.control.stop()
        return super().take(0)

    def read(self, item: Delivery) -> Message:
        message: Message = item.message
        return message


def source_of(connection: Connection) -> RabbitSource:
    return Plain(aiormq, None, connection, user="guest", dead_letter=Address("", "dead"))


def loop_of(source: RabbitSource, control: Control, handler: Any = print) -> Loop[Delivery]:
    shop = Consumer("shop", provider="orders")
    shop.expects("an order", contents={"id": match.integer(1)}, metadata={"routingKey": "orders"})(handler)
    return Loop(source, Guard(shop, keys=("exchange", "routingKey")), Settings(every=1), control)


def test_while_there_is_no_connection_it_is_paused_all_the_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "msgpact.consume")
    connection, control = Said(), Control()

    def placed(order: object) -> None:  # the connection is lost while the message is handled
        connection.session, connection.why = None, "it was closed"

    source = source_of(connection)
    loop = loop_of(source, control, placed)
    assert connection.session is not None
    message = Message(b'{"id": 1}', content_type="application/json", metadata={"exchange": "", "routingKey": "orders"})
    connection.inbox.put(Delivery("orders", connection.session, 1, message))
    source.open(loop)

    run(loop)

    states = [each.message for each in caplog.records if each.message.startswith("consuming is")]
    assert states == [
        "consuming is running",
        "consuming is paused: RabbitMQ cannot be reached: it was closed",
        "consuming is stopped",
    ]


def test_a_bug_in_the_connections_thread_ends_the_loop() -> None:
    """Nobody would connect again: it would be paused for ever."""

    class Broken(Connection):
        async def _be_connected(self) -> Any:
            self._is_tried.set()
            raise RuntimeError("nobody expected that")

    connection = Broken(aiormq, URL, ["orders"], 10)
    source = source_of(connection)

    def consume() -> None:
        source.open(loop_of(source, Control()))
        connection._thread.join()
        source.take(0)

    with pytest.raises(RuntimeError, match="nobody expected that"):
        consume()
    source.close()
