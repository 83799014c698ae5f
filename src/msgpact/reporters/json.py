"""The report for a program. The shape is versioned: `version` goes up when something is renamed or removed.

{
  "format": "msgpact-verification", "version": 1,
  "provider": str, "ok": bool, "complete": bool, "exitCode": int,
  "results": [{
    "sequence": bool,             whether it is a sequence of messages, and no interaction
    "consumer": str, "description": str, "providerStates": [{"name": str, "params": {…}}],
    "outcome": "passed" | "broken" | "misused" | "raised" | "unavailable" | "not verified",
    "pending": bool, "failed": bool, "text": str,
    "error": str | null,          the exception with its traceback
    "pact": str | null,           the file, or null for a contract that was given as an object
    "handler": str | null,        module:qualname of the consumer's handler
    "producer": {"file": str, "line": int, "name": str} | null,
    "mismatches": [{"part": str, "path": str, "rule": str, "match": str | null, "expected": any, "actual": any,
                    "expectedAbsent": bool, "actualAbsent": bool, "reason": str, "message": str}],
    "notCompared": [str]          what a plugin wrote into the pact and does not compare, in words with its path
  }],
  "problems": [{"outcome": str, "text": str}],
  "unused": [str]                 producers that no pact asks for
}

An expected or actual value that JSON cannot hold (bytes, NaN) is a string as Python writes it.
"""

import json
import math
import traceback
from collections.abc import Mapping

from msgpact.calls import in_users_code
from msgpact.errors import shown
from msgpact.model import MessageSequence
from msgpact.results import ABSENT, InteractionResult, Mismatch, VerificationReport

__all__ = ["VERSION", "render"]

VERSION = 1


def render(report: VerificationReport) -> str:
    """The report as JSON."""
    shape = {
        "format": "msgpact-verification",
        "version": VERSION,
        "provider": report.provider,
        "ok": report.ok,
        "complete": report.complete,
        "exitCode": report.exit_code,
        "results": [_result(each) for each in report.results],
        "problems": [{"outcome": each.outcome.value, "text": each.text} for each in report.problems],
        "unused": list(report.unused),
    }
    # Escapes only: the text can be written in any encoding, and holds half surrogate pairs too.
    return json.dumps(_plain(shape), indent=2, allow_nan=False) + "\n"


_DEEPEST = 100
"""Containers within containers that are written; what lies deeper is shown as it begins."""


def _plain(value: object, depth: int = 0) -> object:
    """A value as JSON can hold it; what it cannot (bytes, NaN, dates) as Python writes it."""
    match value:
        case Mapping() | list() | tuple() if depth >= _DEEPEST:
            return shown(value)
        case Mapping():
            return {str(name): _plain(each, depth + 1) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each, depth + 1) for each in value]
        case int() if value.bit_length() > 1024:  # json cannot write thousands of digits
            return shown(value)
        case None | bool() | int() | str():
            return value
        case float() if math.isfinite(value):
            return value
        case _:
            return repr(value)


def _result(result: InteractionResult) -> dict[str, object]:
    place = result.producer
    return {
        "sequence": isinstance(result.interaction, MessageSequence),
        "consumer": result.consumer,
        "description": result.description,
        "providerStates": [
            {"name": each.name, "params": dict(each.params)} for each in result.interaction.provider_states
        ],
        "outcome": result.outcome.value,
        "pending": result.pending,
        "failed": result.failed,
        "text": result.text,
        "error": "".join(traceback.format_exception(in_users_code(result.error))) if result.error is not None else None,
        "pact": result.source,
        "handler": result.interaction.origin,
        "producer": None if place is None else {"file": place.file, "line": place.line, "name": place.name},
        "mismatches": [_mismatch(each) for each in result.mismatches],
        "notCompared": list(result.not_compared),
    }


def _mismatch(mismatch: Mismatch) -> dict[str, object]:
    return {
        "part": mismatch.part,
        "path": mismatch.path,
        "rule": mismatch.rule,
        "match": mismatch.matching_rule.match if mismatch.matching_rule is not None else None,
        "expected": None if mismatch.expected is ABSENT else mismatch.expected,
        "actual": None if mismatch.actual is ABSENT else mismatch.actual,
        "expectedAbsent": mismatch.expected is ABSENT,
        "actualAbsent": mismatch.actual is ABSENT,
        "reason": mismatch.reason,
        "message": str(mismatch),
    }
