"""Contracts about CloudEvents: declared, recorded, verified."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

import msgpact
from msgpact import Consumer, Provider, match
from msgpact.model import MessageContents
from msgpact.serializers.cloudevents import CloudEvents

EVENT = {"id": "1-a", "source": "/shop", "type": "created", "time": "2026-11-20T10:00:00Z"}
TEMPLATE = {
    "id": match.not_empty("1-a"),
    "source": "/shop",
    "type": "created",
    "time": match.regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "2026-11-20T10:00:00Z"),
    "data": {"id": match.integer(42), "lines": match.each_like({"sku": "A-1"})},
}
DATA = {"id": 42, "lines": [{"sku": "A-1"}]}
BINARY = {
    "ce_id": "1-a", "ce_source": "/shop", "ce_specversion": "1.0", "ce_time": "2026-11-20T10:00:00Z", "ce_type": "created",
    "contentType": "application/json",
}  # fmt: skip
SENT = {
    **EVENT,
    "id": "77",
    "time": "2027-01-01T00:00:00+01:00",
    "data": {"id": 7, "lines": [{"sku": "B"}, {"sku": "C"}]},
}
ORDER: dict[str, Any] = {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}]}


class Order(BaseModel):
    id: int


class OrderEvent(BaseModel):
    id: str
    source: str
    type: str
    time: str | None = None
    data: Order | None = None


def declared(contents: object, events: CloudEvents, handler: Any = None, **more: Any) -> Consumer:
    shop = Consumer("shop", provider="orders")

    def handle(event: dict) -> None: ...  # type: ignore[type-arg]  # as users write it

    shop.expects("an order", contents=contents, serializer=events, **more)(handler or handle)
    return shop


def stated(shop: Consumer) -> MessageContents:
    message = shop.expectations[0].interaction.message
    assert message is not None
    return message


def recorded(shop: Consumer, folder: Path) -> dict[str, Any]:
    """What the pact holds of the one interaction that is recorded."""
    report = msgpact.record(shop, folder)
    assert report.ok, report
    found: dict[str, Any] = json.loads((folder / "shop-orders.json").read_text())["interactions"][0]
    return found


def verified(folder: Path, returned: object, **said: Any) -> list[str]:
    """The parts and paths of the mismatches of a provider that returns something."""
    orders = Provider("orders")

    @orders.produces("an order", **said)
    def make() -> object:
        return returned

    (result,) = msgpact.verify(orders, folder).results
    assert result.error is None, result.error
    return [each.path for each in result.mismatches]
