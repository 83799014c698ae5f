"""A queue consumed to its end, by `sns_sqs.consume` and by the loop that one writes without it, in a process each.

    python -m benchmarks.consuming_sqs MESSAGES [ROUNDS] both, one after the other
    python -m benchmarks.consuming_sqs SIDE ENDPOINT QUEUE MESSAGES

The loop beside it is `receive_message` of ten, `model_validate_json` for each message and `delete_message_batch`: no check, no
handler, nobody who keeps messages invisible. Ours checks each against its contract relaxed to types, makes the same model of it,
calls a handler that does nothing, and deletes. The queue is one of this process that only knows these requests and answers at
once, so that what is measured is the client. A server of one's own: set AWS_ENDPOINT_URL. Beside the messages a second stands the
time that the process itself computes for each, which another process on the machine does not change.
"""

import json
import os
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config

from benchmarks.consuming import CONTRACT, Order, order
from benchmarks.noting import SIDES, Clock, noting
from msgpact import Consumer
from msgpact.adapters import sns_sqs

KEYS = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
PATIENCE = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})


def client_of(endpoint: str) -> Any:
    return boto3.client("sqs", endpoint_url=endpoint, config=PATIENCE, **KEYS)


def bare(endpoint: str, queue: str, count: int) -> tuple[float, float]:
    """Seconds from the second batch until all is deleted."""
    client, done, clock = client_of(endpoint), 0, Clock()
    asked: dict[str, Any] = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 5}
    asked |= {"MessageAttributeNames": ["All"], "MessageSystemAttributeNames": ["All"]}
    while done < count:
        messages = client.receive_message(QueueUrl=queue, **asked)["Messages"]
        for each in messages:
            Order.model_validate_json(each["Body"])
        entries = [{"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]} for number, each in enumerate(messages)]
        assert not client.delete_message_batch(QueueUrl=queue, Entries=entries).get("Failed")
        clock = clock if done else Clock()
        done += len(messages)
    return clock.passed()


def guarded(side: str, endpoint: str, queue: str, count: int) -> tuple[float, float]:
    """As `bare`."""
    consumer, control, clock, left = Consumer("fulfilment", provider="orders"), sns_sqs.Control(), Clock(), count

    def note() -> None:
        nonlocal clock, left
        left -= 1
        if left == count - 11:  # the first are deleted
            clock = Clock()
        if not left:
            control.stop()

    metadata = {"queue": queue.rpartition("/")[2]}
    consumer.expects("an order", contents=CONTRACT, metadata=metadata)(noting(side, note))
    said: dict[str, Any] = {"dead_letter": f"{queue}-dead", "mode": "enforce", "control": control}
    sns_sqs.consume(consumer, client_of(endpoint), queue, **said)
    assert (control.counts.handled, control.counts.broken) == (count, 0)
    return clock.passed()


# -- the queue -------------------------------------------------------------------------------------------------------


class _Answers(BaseHTTPRequestHandler):
    """A queue that is never empty and forgets what it is told."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    batch = b""

    def do_POST(self) -> None:
        said = self.rfile.read(int(self.headers["Content-Length"]))
        match self.headers["X-Amz-Target"].rpartition(".")[2]:
            case "ReceiveMessage":
                answer = self.batch
            case "DeleteMessageBatch":
                done = [{"Id": each["Id"]} for each in json.loads(said)["Entries"]]
                answer = json.dumps({"Successful": done, "Failed": []}).encode()
            case _:
                answer = b"{}"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {len(answer)}\r\n\r\n"
        self.wfile.write(head.encode() + answer)


def _record(number: int) -> dict[str, Any]:
    said = {"SenderId": "AIDAEXAMPLE", "SentTimestamp": "1764000000000", "ApproximateReceiveCount": "1"}
    said |= {"ApproximateFirstReceiveTimestamp": "1764000000001"}
    typed = {"content-type": {"DataType": "String", "StringValue": "application/json"}}
    facts = {"MessageId": str(uuid.uuid4()), "ReceiptHandle": "r" * 180, "Attributes": said}
    return {**facts, "Body": json.dumps(order(number)), "MessageAttributes": typed}


@contextmanager
def served() -> Iterator[tuple[str, str]]:
    """An address, and a queue there."""
    batch = {"Messages": [_record(number) for number in range(10)]}
    answers = type("Answers", (_Answers,), {"batch": json.dumps(batch).encode()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    yield url, f"{url}/000000000000/orders"
    server.shutdown()


@contextmanager
def filled(endpoint: str, count: int) -> Iterator[tuple[str, str]]:
    """A queue of a real server with so many messages."""
    client = client_of(endpoint)
    name = f"orders-{uuid.uuid4()}"
    url, dead = (client.create_queue(QueueName=each)["QueueUrl"] for each in (name, f"{name}-dead"))
    for start in range(0, count, 10):
        records = [_record(number) for number in range(start, min(count, start + 10))]
        entries = [
            {"Id": str(n), "MessageBody": each["Body"], "MessageAttributes": each["MessageAttributes"]}
            for n, each in enumerate(records)
        ]
        client.send_message_batch(QueueUrl=url, Entries=entries)
    yield endpoint, url
    client.delete_queue(QueueUrl=url)
    client.delete_queue(QueueUrl=dead)


# -- both ------------------------------------------------------------------------------------------------------------


def child(side: str, count: int) -> tuple[float, float]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    with filled(endpoint, count) if endpoint else served() as (url, queue):
        arguments = [sys.executable, "-m", "benchmarks.consuming_sqs", side, url, queue, str(count)]
        wall, own = subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return float(wall), float(own)


def both(count: int, rounds: int = 3) -> None:
    rates, own = dict.fromkeys(SIDES, 0.0), dict.fromkeys(SIDES, float("inf"))
    for _ in range(rounds):
        for side in SIDES:
            seconds, computed = child(side, count)
            rates[side], own[side] = max(rates[side], count / seconds), min(own[side], computed / count)
    size = len(json.dumps(order(0)))
    for side in SIDES:
        rate = f"{rates[side]:9,.0f} messages of {size} bytes a second, {rates[side] / rates['bare']:.2f} of bare"
        print(f"{side:6} {rate}; {own[side] * 1e6:4.0f} µs of its own for each, {own['bare'] / own[side]:.2f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [count]:
            both(int(count))
        case [count, rounds]:
            both(int(count), int(rounds))
        case ["bare", endpoint, queue, count]:
            print(*bare(endpoint, queue, int(count)))
        case [side, endpoint, queue, count]:
            print(*guarded(side, endpoint, queue, int(count)))
