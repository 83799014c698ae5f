"""The rules of schema checks: what each id means and how much it matters. An id that was once given stays."""

from typing import NamedTuple

from msgpact.compatibility.findings import Severity

__all__ = ["RULES", "Rule", "severity_of"]

BREAKING, MISREAD, NOTE = Severity.BREAKING, Severity.MISREAD, Severity.NOTE


class Rule(NamedTuple):
    """What a finding of a rule is about."""

    severity: Severity
    meaning: str


RULES = {
    "avro/decimal-precision-reduced": Rule(MISREAD, "a decimal is read with fewer digits than it may be written with"),
    "avro/decimal-scale-changed": Rule(MISREAD, "a decimal has another scale: 12.50 is read as 1.250"),
    "avro/default-changed": Rule(NOTE, "a field has another default, or has one no longer, or now"),
    "avro/enum-default-used": Rule(NOTE, "a symbol that the reader does not know is read as its default"),
    "avro/enum-symbol-unknown": Rule(BREAKING, "the reader's enum lacks a symbol, and has no default"),
    "avro/field-default-used": Rule(NOTE, "a field that is not written is read as its default"),
    "avro/fixed-size-mismatch": Rule(BREAKING, "a fixed has another size"),
    "avro/logical-type-changed": Rule(MISREAD, "a value has another logical type, or none: 1 day is read as 1 ms"),
    "avro/name-mismatch": Rule(BREAKING, "a record, enum or fixed has another name, without an alias"),
    "avro/promotion-inexact": Rule(NOTE, "a whole number is read as a floating one that cannot hold every such number"),
    "avro/reader-field-default-invalid": Rule(
        BREAKING, "the default that a field must be filled with is not of its type"
    ),
    "avro/reader-field-without-default": Rule(
        BREAKING, "the reader has a field that is not written, without a default"
    ),
    "avro/time-unit-changed": Rule(MISREAD, "a time of day has another unit"),
    "avro/timestamp-unit-changed": Rule(MISREAD, "a timestamp has another unit: milliseconds are read as microseconds"),
    "avro/type-mismatch": Rule(BREAKING, "the reader's type does not read the writer's"),
    "avro/union-branch-not-in-reader": Rule(BREAKING, "what may be written is in no branch of the reader's union"),
    "avro/uuid-changed": Rule(NOTE, "a text or fixed is called a uuid now, or no longer"),
    "protobuf/closed-enum-value-unknown": Rule(
        MISREAD, "a value that the reader's closed enum lacks reads as if not set"
    ),
    "protobuf/message-gone": Rule(NOTE, "a message is gone or has another name, which the wire does not show"),
    "protobuf/number-misread": Rule(MISREAD, "a number of a wider or otherwise signed type is read as another number"),
}
"""Our own; buf's are `protobuf/` and the name that buf gives them, and breaking."""


def severity_of(rule: str) -> Severity:
    """How much a finding of the rule matters."""
    return RULES[rule].severity if rule in RULES else BREAKING
