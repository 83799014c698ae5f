"""Message contracts between event-driven services: consumers state them, providers are verified against them.

What a consumer's service does not need, which only declares, is imported when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from msgpact import errors, generate, match
from msgpact.check import check
from msgpact.consumer import Consumer
from msgpact.errors import MsgpactError
from msgpact.model import (
    Contract,
    Generator,
    Interaction,
    MatchingRule,
    Message,
    Outgoing,
    ProviderState,
    state,
)
from msgpact.results import InteractionResult, Mismatch, RecordReport, VerificationReport

if TYPE_CHECKING:
    from msgpact.pactfile.files import load, write
    from msgpact.provider import Provider
    from msgpact.recorder import ConsumerCase, arecord, record
    from msgpact.verifier import ProviderCase, averify, verify

__all__ = [
    "Consumer",
    "ConsumerCase",
    "Contract",
    "Generator",
    "Interaction",
    "InteractionResult",
    "MatchingRule",
    "Message",
    "Mismatch",
    "MsgpactError",
    "Outgoing",
    "Provider",
    "ProviderCase",
    "ProviderState",
    "RecordReport",
    "VerificationReport",
    "arecord",
    "averify",
    "check",
    "errors",
    "generate",
    "load",
    "match",
    "record",
    "state",
    "verify",
    "write",
]

_LATER = {
    **dict.fromkeys(("load", "write"), "msgpact.pactfile.files"),
    **dict.fromkeys(("ConsumerCase", "arecord", "record"), "msgpact.recorder"),
    **dict.fromkeys(("ProviderCase", "averify", "verify"), "msgpact.verifier"),
    "Provider": "msgpact.verifier",  # a provider is made to be verified
}

if not TYPE_CHECKING:  # else type checkers would take any name for one

    def __getattr__(name: str) -> Any:
        """A name of `_LATER`."""
        if name not in _LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
        return value
