"""What an embedded registry holds against a new version of a schema: the findings of our own checker that break messages."""

from collections.abc import Sequence

from msgpact.compatibility import Severity, check
from msgpact.errors import MissingExtra, UsageError
from msgpact.serializers.framed import RegisteredSchema

__all__ = ["incompatible"]


def incompatible(earlier: Sequence[RegisteredSchema], schema: RegisteredSchema, level: str) -> list[str]:
    """What is wrong with a schema after *earlier* ones, the newest last; nothing where its checker is not installed."""
    try:
        verdict = check(earlier, schema, level)
    except MissingExtra:  # a registry for tests is of use without buf
        return []
    except UsageError as error:  # one of the schemas cannot be understood
        return [str(error)]
    return [
        f"{each.rule}: {each.sentence} ({each.path})" for each in verdict.findings if each.severity is Severity.BREAKING
    ]
