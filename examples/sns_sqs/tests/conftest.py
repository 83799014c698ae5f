"""SNS and SQS for the tests: the embedded ones, or those at `AWS_ENDPOINT_URL`; a topic and queues of each test's own."""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest
from infrastructure import Deployed, deploy
from orders import publisher

from msgpact.adapters.embedded_sns_sqs import EmbeddedSnsSqs


@pytest.fixture(scope="session")
def endpoint() -> Iterator[str]:
    if running := os.environ.get("AWS_ENDPOINT_URL"):
        yield running
        return
    with EmbeddedSnsSqs() as server:
        yield server.url


@pytest.fixture
def deployed(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    settings = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    for name, value in {"AWS_ENDPOINT_URL": endpoint, **settings}.items():
        monkeypatch.setenv(name, os.environ.get(name, value))
    found = deploy(f"test-{uuid4()}")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    publisher.sns.cache_clear()
    yield found
    publisher.sns.cache_clear()
