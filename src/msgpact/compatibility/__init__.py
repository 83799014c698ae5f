"""What a change of a schema does: to those who read old messages, to those who read new ones, to the consumers in pacts."""

from msgpact.compatibility.check import check
from msgpact.compatibility.findings import Direction, Finding, Mode, SchemaError, Severity, Verdict
from msgpact.compatibility.rules import RULES, Rule
from msgpact.compatibility.weighing import Effect, Weighed, weigh

__all__ = [
    "RULES",
    "Direction",
    "Effect",
    "Finding",
    "Mode",
    "Rule",
    "SchemaError",
    "Severity",
    "Verdict",
    "Weighed",
    "check",
    "weigh",
]
