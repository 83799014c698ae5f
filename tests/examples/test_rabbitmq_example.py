"""examples/rabbitmq passes its own tests, in a copy, as a reader would run them: in memory, and over a real RabbitMQ."""

from pathlib import Path

import pytest
from played import assert_passed, copied, run
from rabbitmq_servers import RunningRabbitMQ


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return copied("rabbitmq", tmp_path)


def test_it_passes_in_memory(example: Path) -> None:
    assert_passed(run(example, "pytest", "-q"), 7)


@pytest.mark.server
def test_it_passes_over_a_real_rabbitmq(example: Path, rabbitmq: RunningRabbitMQ) -> None:
    assert_passed(run(example, "pytest", "-q", "-k", "end_to_end", AMQP_URL=rabbitmq.url), 2)


def test_its_pact_is_what_msgpact_record_writes_and_is_honoured(example: Path) -> None:
    pact = example / "pacts" / "shipping-orders.json"
    there = pact.read_bytes()
    pact.unlink()

    assert run(example, "msgpact", "record", "shipping.contract:shipping", "--pacts", "pacts/").returncode == 0
    done = run(example, "msgpact", "verify", "orders.contract:orders", "--pacts", "pacts/")

    assert pact.read_bytes() == there
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "orders: 2 verified")


@pytest.mark.parametrize(
    ("file", "before", "after", "says"),
    [
        pytest.param(
            "orders/publisher.py", "dump_json()", 'dump_json(exclude={"lines"})', 'such as [{"qty": 2', id="a field"
        ),
        pytest.param("orders/publisher.py", "            message_id=str(uuid4()),\n", "", "messageId", id="a property"),
        pytest.param(
            "orders/publisher.py", "order.placed.{", "order.placed.in.{", "'order.placed.in.eu'", id="a routing key"
        ),
    ],
)
def test_what_breaks_it_is_named(example: Path, file: str, before: str, after: str, says: str) -> None:
    text = (example / file).read_text(encoding="utf-8")
    assert before in text
    (example / file).write_text(text.replace(before, after), encoding="utf-8")

    done = run(example, "msgpact", "verify", "orders.contract:orders", "--pacts", "pacts/")

    assert done.returncode == 1
    assert says in done.stdout


def test_its_types_are_strict(example: Path) -> None:
    done = run(example, "mypy", "--no-incremental")

    assert done.returncode == 0, done.stdout
