"""`msgpact verify --via`: the provider's message as a consumer of the real topic gets it, by one flag."""

import asyncio
import threading
import uuid
from pathlib import Path

import pytest
from command_line import Run
from confluent_kafka import Producer
from kafka_servers import Kafka, free_port
from pacts import Raw, message, pact, pact_file, request
from suites import Suite, said

import msgpact
from msgpact.adapters.links import through
from msgpact.errors import Unavailable

NOWHERE = f"kafka://127.0.0.1:{free_port()}"

CONTRACT = """
import msgpact

orders = msgpact.Provider("orders")

@orders.produces("an order was placed", metadata={"topic": "orders.v1", "key": "42", "trace": "1"})
def order_placed():
    return {"id": 42}

@orders.produces("an order was withdrawn", metadata={"topic": "orders.v1", "key": "42"})
def order_withdrawn():
    return msgpact.Outgoing(None)

@orders.produces("headers that Kafka does not have", metadata={"topic": "orders.v1", "attempt": 3})
def numbers():
    return {"id": 42}

@orders.answers("a question")
def answer(question: dict):
    return {"id": 42}
"""

PLACED = message(metadata={"topic": "orders.v1", "key": "42", "trace": "1"})
WITHDRAWN: Raw = {
    **message("an order was withdrawn", metadata={"topic": "orders.v1", "key": "42"}),
    "contents": {"content": ""},
    "comments": {"msgpact": {"tombstone": True}},
}


@pytest.fixture(autouse=True)
def _contract(project: Path) -> None:
    (project / "orders_contract.py").write_text(CONTRACT, encoding="utf-8")


@pytest.mark.parametrize("interaction", [PLACED, WITHDRAWN], ids=["contents", "a tombstone"])
def test_the_message_is_read_back_from_the_topic(
    run: Run, project: Path, kafka: Kafka, topic: str, interaction: Raw
) -> None:
    pact_file(project / "pacts", interaction)

    without = run("verify", "orders_contract:orders")
    done = run("verify", "orders_contract:orders", "--via", f"kafka://{kafka.bootstrap}/{topic}")

    assert done == without
    assert done.code == 0


def test_the_rest_of_the_topic_does_not_disturb(run: Run, project: Path, kafka: Kafka) -> None:
    topic = f"busy-{uuid.uuid4()}"
    kafka.create_topic(topic, partitions=3)
    pact_file(project / "pacts", *[PLACED] * 5)
    stop = threading.Event()

    def others() -> None:
        producer = Producer({"bootstrap.servers": kafka.bootstrap, "log_level": 0})
        while not stop.is_set():
            producer.produce(topic, b'{"id": "other"}', b"42")
            producer.poll(0.001)
        producer.flush()

    thread = threading.Thread(target=others)
    thread.start()
    try:
        done = run("verify", "orders_contract:orders", "--via", f"kafka://{kafka.bootstrap}/{topic}")
    finally:
        stop.set()
        thread.join()

    assert done.code == 0, done.out


def test_what_is_broken_is_broken_there_too(run: Run, project: Path, kafka: Kafka, topic: str) -> None:
    pact_file(project / "pacts", message("broken"))

    without = run("verify", "shop_contract:shop")
    done = run("verify", "shop_contract:shop", "--via", f"kafka://{kafka.bootstrap}/{topic}")

    assert done == without
    assert done.code == 1


@pytest.mark.parametrize(
    ("interaction", "code", "says"),
    [
        (message("headers that Kafka does not have"), 2, "Cannot make a Kafka header 'attempt' of 3"),
        (message("honoured"), 2, "it states no topic"),
    ],
    ids=["no such header", "no topic"],
)
def test_a_message_that_the_transport_does_not_have(
    run: Run, project: Path, kafka: Kafka, interaction: Raw, code: int, says: str
) -> None:
    pact_file(project / "pacts", interaction)
    contract = "shop_contract:shop" if interaction["description"] == "honoured" else "orders_contract:orders"

    done = run("verify", contract, "--via", f"kafka://{kafka.bootstrap}")

    assert done.code == code
    assert says in done.out


def test_an_answer_goes_no_way_and_that_is_said(run: Run, project: Path) -> None:
    pact_file(project / "pacts", request("a question", {"n": 1}, {"id": 42}))

    done = run("verify", "orders_contract:orders", "--via", NOWHERE)

    assert done.code == 0
    assert "checked here: answers and sequences do not go over a broker" in done.out


def test_a_broker_that_is_not_there(run: Run, project: Path) -> None:
    pact_file(project / "pacts", PLACED, PLACED)

    done = run("verify", "orders_contract:orders", "--via", f"{NOWHERE}?timeout=0.5")

    assert done.code == 4
    assert done.out.count(f"Cannot reach Kafka at '{NOWHERE}'") == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--via", "orders.v1"], "Cannot reach a broker: its address is no URL."),
        (
            ["--via", "kafak://localhost"],
            "Cannot reach a broker by kafak://…: there is no such transport. Did you mean kafka",
        ),
        (["--via", "kafka://localhost/a/b"], "Cannot reach Kafka at 'kafka://localhost/a/b': it is not of the form"),
        (["--config", "client.properties"], "Cannot use the configuration 'client.properties'"),
    ],
    ids=["no URL", "no such transport", "two topics", "a configuration of nothing"],
)
def test_what_is_said_wrongly(run: Run, project: Path, arguments: list[str], says: str) -> None:
    pact_file(project / "pacts", PLACED)

    done = run("verify", "orders_contract:orders", *arguments)

    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(says)


# -- in Python and in tests ------------------------------------------------------------------------------------------


def provider() -> msgpact.Provider:
    orders = msgpact.Provider("orders")

    @orders.produces("an order was placed", metadata={"topic": "orders.v1"})
    def order_placed() -> dict[str, int]:
        return {"id": 42}

    return orders


def test_in_python(kafka: Kafka, topic: str) -> None:
    contract = pact(message(metadata={"topic": "orders.v1", "offset": 0}))  # which only the broker knows

    with through(f"kafka://{kafka.bootstrap}/{topic}") as via:
        report = msgpact.verify(provider(), contract, via=via)
        again = asyncio.run(msgpact.averify(provider(), contract, via=via))

    assert msgpact.verify(provider(), contract).exit_code == 1
    assert report.ok
    assert [str(each) for each in again.results[0].mismatches] == [
        "metadata offset: expected exactly 0, got 1 (an integer)"
    ]


def test_a_broker_that_is_gone_is_waited_for_once() -> None:
    with through(f"{NOWHERE}?timeout=0.2") as via:
        errors = []
        for _ in range(2):
            with pytest.raises(Unavailable, match="Cannot reach Kafka") as raised:
                via(msgpact.Message(b"1", metadata={"topic": "orders.v1"}))
            errors.append(str(raised.value))

    assert errors[1] == f"{errors[0]} It was not asked again."


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("kafka://{}", "1 passed"),
        (f"{NOWHERE}?timeout=0.2", f"Cannot reach Kafka at '{NOWHERE}'"),
        ("orders.v1", "Cannot reach a broker: its address is no URL."),
    ],
    ids=["there and back", "a broker that is not there", "no URL"],
)
def test_the_option_of_pytest(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, embedded_kafka: Kafka, url: str, says: str
) -> None:
    suite = Suite(pytester, monkeypatch)
    pact_file(suite.folder / "pacts", PLACED)
    suite.write(
        test_contract=CONTRACT + "@orders.parametrize(pacts='pacts')\ndef test_honours(case):\n    case.verify()\n"
    )

    result = suite.run("--msgpact-via", url.format(embedded_kafka.bootstrap))

    assert says in said(result)
    assert (result.ret == 0) is (says == "1 passed")
