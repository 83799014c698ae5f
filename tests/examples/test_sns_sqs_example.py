"""examples/sns_sqs passes its own tests, in a copy, as a reader would run them: embedded, and against LocalStack."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import played
import pytest
from played import assert_passed, copied
from sqs_servers import RunningSqs

AWS = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


@pytest.fixture
def example(tmp_path: Path) -> Path:
    return copied("sns_sqs", tmp_path)


def environment(**more: str) -> dict[str, str]:
    return played.environment("AWS_", PYTHONUNBUFFERED="1", **more)


def run(example: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return played.run(example, *arguments, within=environment(**more))


def test_it_passes_over_the_embedded_ones(example: Path) -> None:
    pact = example / "pacts" / "fulfilment-orders.json"
    there = pact.read_bytes()

    assert_passed(run(example, "pytest", "-q"), 8)
    assert pact.read_bytes() == there


@pytest.mark.server
def test_it_passes_over_localstack(example: Path, localstack: RunningSqs) -> None:
    done = run(example, "pytest", "-q", "-k", "end_to_end or function", AWS_ENDPOINT_URL=localstack.url)

    assert_passed(done, 3)


def test_its_pact_is_what_msgpact_record_writes(example: Path) -> None:
    pact = example / "pacts" / "fulfilment-orders.json"
    there = pact.read_bytes()
    pact.unlink()

    assert run(example, "msgpact", "record", "fulfilment.contract:fulfilment", "--pacts", "pacts/").returncode == 0

    assert pact.read_bytes() == there


def test_its_pact_is_honoured(example: Path) -> None:
    done = run(example, "msgpact", "verify", "orders.contract:orders", "--pacts", "pacts/")

    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "orders: 2 verified")


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        pytest.param(
            "models.py", "    total: float\n    lines", "    sum: float = 0\n    lines", "total", id="a field"
        ),
        pytest.param("publisher.py", '"event-id": str(uuid4()), ', "", "event-id", id="an attribute"),
    ],
)
def test_what_its_page_breaks_is_found(example: Path, file: str, old: str, new: str, says: str) -> None:
    source = example / "orders" / file
    text = source.read_text(encoding="utf-8")
    assert old in text
    source.write_text(text.replace(old, new), encoding="utf-8")

    done = run(example, "msgpact", "verify", "orders.contract:orders", "--pacts", "pacts/")

    assert done.returncode == 1, done.stdout + done.stderr
    assert says in done.stdout


def test_its_types_are_strict(example: Path) -> None:
    done = run(example, "mypy", "--no-incremental")

    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGTERM")
def test_its_services_run(example: Path, embedded_sqs: RunningSqs) -> None:
    """As its page says: what `infrastructure` prints is their environment."""
    there = {**AWS, "AWS_ENDPOINT_URL": embedded_sqs.url}
    printed = run(example, "infrastructure", **there).stdout.splitlines()
    there |= dict(line.removeprefix("export ").split("=", 1) for line in printed)
    service = [sys.executable, "-m", "fulfilment"]
    with subprocess.Popen(service, cwd=example, env=environment(**there), stdout=-1, stderr=-1, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert run(example, "orders", **there).stdout == "orders: order 42 is placed\n"
            client = embedded_sqs.client("sqs")
            url = there["FULFILMENT_QUEUE_URL"]
            names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
            while set(client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()) != {"0"}:
                assert process.poll() is None
                threading.Event().wait(0.05)
            process.send_signal(signal.SIGTERM)
            out = process.communicate(timeout=60)[0]
        finally:
            process.kill()

    assert (process.returncode, out) == (0, "fulfilment: to ship {42: {'A-1': 2, 'B-7': 1}}, insured {42}\n")
