"""The messages that both tools are given: order events of 1 KB and 20 fields, and the pact that expects them.

Every value differs from message to message and between what the pact shows and what the provider sends. The field names
are those of one event type (`shared`: all interactions have the same rules) or carry the message's number (`distinct`:
no two interactions have a rule in common).

    python -m benchmarks.messages COUNT shared|distinct FILE
"""

import json
import random
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

Variant = Literal["shared", "distinct"]
VARIANTS: Sequence[Variant] = ("shared", "distinct")

CONSUMER, PROVIDER = "fulfilment", "orders"
CONTENT_TYPE = "application/json"
METADATA: Mapping[str, str] = {"topic": "orders.v1", "key": "order"}

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
DATETIME = "yyyy-MM-dd'T'HH:mm:ssXXX"
WORDS = (
    "amber",
    "birch",
    "cedar",
    "delta",
    "ember",
    "fjord",
    "grove",
    "harbor",
    "inlet",
    "kelp",
    "lagoon",
    "north",
    "river",
)
STATUSES = ("PLACED", "PAID", "PACKED", "SHIPPED", "CANCELLED")
CURRENCIES = ("EUR", "GBP", "USD")

RULES: Mapping[str, Mapping[str, object]] = {
    "id": {"match": "regex", "regex": UUID},
    "order_number": {"match": "regex", "regex": "ORD-[0-9]{6}"},
    "status": {"match": "regex", "regex": "|".join(STATUSES)},
    "currency": {"match": "regex", "regex": "|".join(CURRENCIES)},
    "placed_at": {"match": "datetime", "format": DATETIME},
    "updated_at": {"match": "datetime", "format": DATETIME},
    "customer_name": {"match": "type"},
    "customer_email": {"match": "type"},
    "customer_note": {"match": "type"},
    "delivery_instructions": {"match": "type"},
    "express": {"match": "type"},
    "quantity": {"match": "integer"},
    "loyalty_points": {"match": "integer"},
    "warehouse": {"match": "integer"},
    "attempt": {"match": "integer"},
    "total": {"match": "decimal"},
    "discount": {"match": "decimal"},
    "tax": {"match": "decimal"},
    "address": {"match": "type"},
    "lines": {"match": "type", "min": 1},
}
"""By field, the one matching rule that stands at it."""


class Expected(NamedTuple):
    """What the pact says of one message."""

    description: str
    example: dict[str, object]
    rules: dict[str, Mapping[str, object]]


def body(number: int, variant: Variant, *, example: bool = False) -> dict[str, object]:
    """The contents of a message as the provider sends it, or the *example* of it that the pact holds."""
    source = random.Random(f"{number} {example}")
    values = _order(source)
    return {field_name(name, number, variant): value for name, value in values.items()}


def _order(source: random.Random) -> dict[str, object]:
    placed = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=source.randrange(10**7))
    return {
        "id": str(uuid.UUID(int=source.getrandbits(128), version=4)),
        "order_number": f"ORD-{source.randrange(10**6):06}",
        "status": source.choice(STATUSES),
        "currency": source.choice(CURRENCIES),
        "placed_at": _written(placed),
        "updated_at": _written(placed + timedelta(seconds=source.randrange(10**5))),
        "customer_name": _words(source, 2).title(),
        "customer_email": f"{_words(source, 1)}.{source.randrange(1000)}@example.com",
        "customer_note": _words(source, 31),
        "delivery_instructions": _words(source, 31),
        "express": source.random() < 0.5,
        "quantity": source.randrange(1, 100),
        "loyalty_points": source.randrange(10**5),
        "warehouse": source.randrange(1, 30),
        "attempt": source.randrange(1, 5),
        "total": _amount(source),
        "discount": _amount(source),
        "tax": _amount(source),
        "address": {
            "street": f"{_words(source, 2).title()} {source.randrange(1, 200)}",
            "city": _words(source, 1).title(),
            "postcode": f"{source.randrange(10**5):05}",
            "country": source.choice(("DE", "FR", "GB", "US")),
        },
        "lines": [
            {"sku": f"SKU-{source.randrange(10**4):04}", "quantity": source.randrange(1, 9), "price": _amount(source)}
            for _ in range(2)
        ],
    }


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _words(source: random.Random, count: int) -> str:
    return " ".join(source.choices(WORDS, k=count))


def _amount(source: random.Random) -> float:
    return source.randrange(10**5) + source.randrange(1, 100) / 100  # never whole: a whole number is no decimal


def field_name(name: str, number: int, variant: Variant) -> str:
    """What the field *name* is called in a message."""
    return name if variant == "shared" else f"{name}_{number}"


def expected(number: int, variant: Variant) -> Expected:
    """The interaction of one message."""
    rules = {field_name(name, number, variant): rule for name, rule in RULES.items()}
    return Expected(f"order event {number}", body(number, variant, example=True), rules)


def pact(count: int, variant: Variant) -> dict[str, object]:
    """A pact of specification 4, written by neither tool."""
    return {
        "consumer": {"name": CONSUMER},
        "provider": {"name": PROVIDER},
        "interactions": [_interaction(expected(number, variant)) for number in range(count)],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


def _interaction(said: Expected) -> dict[str, object]:
    return {
        "type": "Asynchronous/Messages",
        "description": said.description,
        "pending": False,
        "contents": {"content": said.example, "contentType": CONTENT_TYPE, "encoded": False},
        "metadata": {"contentType": CONTENT_TYPE, **METADATA},
        "matchingRules": {
            "body": {f"$.{name}": {"combine": "AND", "matchers": [rule]} for name, rule in said.rules.items()}
        },
    }


def variant_of(text: str) -> Variant:
    """The variant of that name."""
    return next(each for each in VARIANTS if each == text)


if __name__ == "__main__":
    _, _count, _variant, _file = sys.argv
    Path(_file).write_text(json.dumps(pact(int(_count), variant_of(_variant))), encoding="utf-8")
