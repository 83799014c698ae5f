"""Leases of SQS's messages: that they are prolonged whatever happens."""

import threading
from typing import Any

import pytest

from msgpact.adapters.sqs_leases import Leases, Queue


def test_what_nobody_expects_does_not_end_it(caplog: pytest.LogCaptureFixture) -> None:
    prolonged, tries = threading.Event(), list[str]()

    class Client:
        def change_message_visibility_batch(self, **asked: Any) -> dict[str, Any]:
            tries.append(asked["QueueUrl"])
            if len(tries) == 1:
                raise RuntimeError("cannot start a new thread")
            prolonged.set()
            return {"Successful": [{"Id": each["Id"]} for each in asked["Entries"]]}

    leases = Leases(Client(), 1)
    leases.add(Queue("http://127.0.0.1/0/orders"), [{"ReceiptHandle": "a"}])
    came = prolonged.wait(30)
    leases.close()

    assert came
    assert "SQS was not told how long messages are in hand" in caplog.text
