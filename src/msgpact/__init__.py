"""Message contracts between event-driven services: consumers state them, providers are verified against them."""

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
from msgpact.pactfile.files import load, write
from msgpact.provider import Provider
from msgpact.recorder import ConsumerCase, arecord, record
from msgpact.results import InteractionResult, Mismatch, RecordReport, VerificationReport
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
