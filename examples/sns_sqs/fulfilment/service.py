"""Fulfilment as a service: the loop that takes messages from the queue and gives each to its handler."""

from typing import Any

import boto3
from botocore.config import Config

from fulfilment import settings
from fulfilment.contract import fulfilment
from fulfilment.warehouse import Warehouse
from msgpact.adapters import sns_sqs


def connect() -> Any:
    """A client that gives up early: the loop tries again for as long as it takes, and says meanwhile what it waits for."""
    patience = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("sqs", config=patience)


def run(warehouse: Warehouse, control: sns_sqs.Control, *, wait: int = 5) -> None:
    """Handle messages until SIGTERM, or until *control* is told; a stop while nothing comes takes *wait* seconds."""
    sns_sqs.consume(
        fulfilment,
        connect(),
        settings.queue_url(),
        dead_letter=settings.dead_letter_url(),
        names=settings.names(),
        discriminator="event",
        arguments={"warehouse": warehouse},
        wait=wait,
        control=control,
    )
