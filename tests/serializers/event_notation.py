"""CloudEvents in few words, for tests of what is done with them."""

import json
from typing import Any

from msgpact.model import Headers, Serializer
from msgpact.serializers import received

REQUIRED: dict[str, object] = {"specversion": "1.0", "id": "1-a", "source": "/shop", "type": "created"}


def structured(**more: object) -> bytes:
    return json.dumps({**REQUIRED, **more}).encode()


def in_headers(prefix: str = "ce_", content_type: str | None = None, **more: str) -> Headers:
    named = [(f"{prefix}{name}", str(value).encode()) for name, value in {**REQUIRED, **more}.items()]
    return (*named, *([] if content_type is None else [("content-type", content_type.encode())]))


def read(serializer: Serializer, contents: bytes, among: Headers = ()) -> Any:
    reader, payload = received(serializer, contents, among)
    return reader.load(payload)


ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [{"name": "id", "type": "long"}, {"name": "token", "type": "bytes"}],
}
DATUM = {"id": 42, "token": b"\x00\xff"}
