"""What a registered schema refers to."""

from msgpact.serializers.framed import RegisteredSchema

__all__ = ["texts_of"]


def texts_of(schema: RegisteredSchema) -> dict[str, str]:
    """The texts of all that a schema refers to, and of what those do, by the names that they are called."""
    found: dict[str, str] = {}
    waiting = list(schema.references.items())
    while waiting:
        name, each = waiting.pop()
        if name not in found:
            found[name] = each.text
            waiting.extend(each.references.items())
    return found
