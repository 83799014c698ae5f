"""Where fulfilment runs: by environment variables."""

import os


def queue_url() -> str:
    return os.environ["FULFILMENT_QUEUE_URL"]


def dead_letter_url() -> str:
    return os.environ["FULFILMENT_DEAD_LETTER_URL"]


def names() -> dict[str, str]:
    """The contract's name of the topic, and the deployed one."""
    return {"orders": os.environ["ORDERS_TOPIC_ARN"].rpartition(":")[2]}
