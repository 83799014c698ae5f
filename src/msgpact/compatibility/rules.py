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
    "json-schema/additional-properties-narrowed": Rule(
        BREAKING, "properties that are not listed are allowed no longer, or less"
    ),
    "json-schema/default-changed": Rule(NOTE, "a default, which validators do not fill in, is another"),
    "json-schema/dependency-added": Rule(BREAKING, "a property asks for others, or for more"),
    "json-schema/enum-added": Rule(BREAKING, "what could be any value is one of a list"),
    "json-schema/enum-value-removed": Rule(BREAKING, "a value is allowed no longer"),
    "json-schema/format-changed": Rule(NOTE, "a format, which many validators do not check, is another"),
    "json-schema/max-items-lowered": Rule(BREAKING, "fewer items are allowed"),
    "json-schema/max-length-lowered": Rule(BREAKING, "long texts are allowed no longer"),
    "json-schema/max-properties-lowered": Rule(BREAKING, "fewer properties are allowed"),
    "json-schema/maximum-lowered": Rule(BREAKING, "great numbers are allowed no longer"),
    "json-schema/min-items-raised": Rule(BREAKING, "more items are required"),
    "json-schema/min-length-raised": Rule(BREAKING, "short texts are allowed no longer"),
    "json-schema/min-properties-raised": Rule(BREAKING, "more properties are required"),
    "json-schema/minimum-raised": Rule(BREAKING, "small numbers are allowed no longer"),
    "json-schema/multiple-of-narrowed": Rule(BREAKING, "numbers have to be multiples of another one"),
    "json-schema/no-branch": Rule(BREAKING, "what is allowed is in no branch of an anyOf or oneOf"),
    "json-schema/pattern-changed": Rule(BREAKING, "texts have to match another pattern, or one at all"),
    "json-schema/pattern-properties-narrowed": Rule(
        BREAKING, "properties whose names match a pattern are allowed less"
    ),
    "json-schema/property-added-to-open": Rule(BREAKING, "a property that could be anything has a type"),
    "json-schema/property-names-narrowed": Rule(BREAKING, "names of properties are allowed no longer"),
    "json-schema/property-removed-from-closed": Rule(BREAKING, "a property is gone where others are not allowed"),
    "json-schema/required-added": Rule(BREAKING, "a property is required that need not be written"),
    "json-schema/type-narrowed": Rule(BREAKING, "a type is allowed no longer"),
    "json-schema/undecided": Rule(
        BREAKING, "not, if, contains or unevaluated… is another: whether it allows less is not known"
    ),
    "json-schema/unique-items-added": Rule(BREAKING, "equal items are allowed no longer"),
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
