"""A transport's own facts in a message's metadata: put there beside the headers, and taken from there checked."""

from collections.abc import Collection, Mapping

from msgpact.errors import DeclarationError, shown

__all__ = ["beside", "stated_number", "stated_text"]


def beside(headers: Collection[str], facts: Mapping[str, object], reserved: Collection[str]) -> dict[str, object]:
    """The *facts* that are known; a reserved name is never a header's, also where there is no such fact yet."""
    known = {name: fact for name, fact in facts.items() if fact is not None}
    return {**{name: None for name in reserved if name in headers and name not in known}, **known}


def stated_text(metadata: Mapping[str, object], name: str, transport: str) -> str | None:
    """A fact that is text, or None where metadata do not state it.

    Raises:
        DeclarationError: it is of another type.
    """
    value = metadata.get(name)
    if value is None or isinstance(value, str):
        return value
    raise _not("text", name, value, transport)


def stated_number(metadata: Mapping[str, object], name: str, transport: str) -> int | None:
    """A fact that is a whole number. Else as `stated_text`."""
    value = metadata.get(name)
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _not("a whole number", name, value, transport)


def _not(kind: str, name: str, value: object, transport: str) -> DeclarationError:
    return DeclarationError(
        f"Cannot make {transport} message of {name} {shown(value)}: it is a {type(value).__name__}. State {kind}."
    )
