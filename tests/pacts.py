"""Pacts in few words, for tests that are about what is done with them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgpact import Contract
from msgpact.pactfile.files import loads

Raw = dict[str, Any]

UUID = "3f2b0c1e-9d59-4c1b-8f43-0d7c2a2f5b11"


def message(
    description: str = "an order was placed",
    contents: object = None,
    *,
    given: Sequence[str | Raw] = (),
    rules: Mapping[str, Raw] | None = None,
    metadata: Mapping[str, object] | None = None,
    **more: object,
) -> Raw:
    """A one-way message as version 4 writes it; *given* are states by name or as the file holds them."""
    return {
        "type": "Asynchronous/Messages",
        "description": description,
        "providerStates": [{"name": each} if isinstance(each, str) else each for each in given],
        "contents": {"content": {"id": 42} if contents is None else contents, "contentType": "application/json"},
        "metadata": dict(metadata or {}),
        "matchingRules": {"body": {path: {"matchers": [rule]} for path, rule in (rules or {}).items()}},
        **more,
    }


def request(description: str, contents: object, *responses: object, given: Sequence[str | Raw] = ()) -> Raw:
    """A synchronous message with the contents of its request and of its responses."""
    return {
        "type": "Synchronous/Messages",
        "description": description,
        "providerStates": [{"name": each} if isinstance(each, str) else each for each in given],
        "request": {"contents": {"content": contents, "contentType": "application/json"}},
        "response": [{"contents": {"content": each, "contentType": "application/json"}} for each in responses],
    }


HTTP: Raw = {
    "type": "Synchronous/HTTP",
    "description": "a request for an order",
    "request": {"method": "GET", "path": "/orders/42"},
    "response": {"status": 200},
}


def document(*interactions: Raw, consumer: str = "fulfilment", provider: str = "orders") -> Raw:
    """A version 4 pact as JSON holds it."""
    return {
        "consumer": {"name": consumer},
        "provider": {"name": provider},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


def pact(*interactions: Raw, consumer: str = "fulfilment", provider: str = "orders") -> Contract:
    """A contract, read as from a file."""
    text = json.dumps(document(*interactions, consumer=consumer, provider=provider)).encode()
    contract = loads(text)
    return Contract(contract.consumer, contract.provider, contract.interactions, contract.spec_version)


def pact_file(folder: Path, *interactions: Raw, consumer: str = "fulfilment", provider: str = "orders") -> Path:
    """A pact file in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{consumer}-{provider}.json"
    file.write_text(json.dumps(document(*interactions, consumer=consumer, provider=provider)), encoding="utf-8")
    return file
