"""What a template states: rules and generators by path, and values as JSON holds them."""

from msgpact.errors import DeclarationError, shown
from msgpact.generate import Generated
from msgpact.match import Matcher
from msgpact.model import Generator, PathRules, RuleSet
from msgpact.serializers import json

__all__ = ["Stated", "native", "plain"]


class Stated:
    """What is stated, as it is collected: rules and generators by path.

    Attributes:
        typed: Whether a schema says what the values are: they stay Python's own, not JSON's.
    """

    __slots__ = ("_exact", "generators", "rules", "typed")

    def __init__(self, *, typed: bool = False) -> None:
        self.typed = typed
        self.rules = PathRules()
        self.generators: dict[str, Generator] = {}
        self._exact: set[str] = set()

    def put(self, path: str, rules: RuleSet) -> None:
        """State rules at a path; refuses others than those that stand there."""
        if path in self._exact or self.rules.setdefault(path, rules) != rules:
            raise _two_rules(path)

    def leave(self, path: str) -> None:
        """State that what is at a path is exact, where several things share it; refuses it where rules stand."""
        self._exact.add(path)
        if path in self.rules:
            raise _two_rules(path)

    def plain(self, value: object, path: str) -> object:
        """A value of the template as it is held: a date stays one where a schema knows it, and is text in JSON."""
        return native(value, path) if self.typed else plain(value, path)

    def take(self, template: object, path: str) -> object:
        """The example of a matcher or of a generated value that stands at a path; its rules and generators are stated."""
        if isinstance(template, Matcher):
            self.put(path, RuleSet(template.rules, template.combine))
            template = template.example
            if isinstance(template, Matcher):
                raise DeclarationError(
                    f"Cannot put a matcher directly into a matcher at {path}: they stand at one place. Use match.all_of."
                )
        elif isinstance(template, Generated):
            self.put(path, RuleSet((template.rule,)))
        if isinstance(template, Generated):
            if self.generators.setdefault(path, template.generator) != template.generator:
                raise _two_rules(path, "generators")
            template = template.example
        return template


def _two_rules(path: str, what: str = "rules") -> DeclarationError:
    return DeclarationError(
        f"Cannot state two different {what} at {path}: Pact holds one set of {what} a place. Make the items alike, "
        "or use match.all_of or match.array_contains."
    )


def plain(value: object, path: str) -> object:
    """A value of a template as JSON holds it: dates, UUIDs, Decimals and enums as Pydantic writes them."""
    if value is None or type(value) in (str, bool):
        return value
    if isinstance(value, bytes | bytearray | memoryview):
        raise DeclarationError(f"Cannot use bytes at {path}: JSON has none. Use text, or another content type.")
    native(value, path)
    try:
        return json.load(json.dump(value))
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use {shown(value)} at {path}: {error}. Use a JSON value or a matcher."
        ) from None


def native(value: object, path: str) -> object:
    """A value of a template as it is, if it is a single one."""
    if hasattr(value, "__pydantic_serializer__") or hasattr(value, "__dataclass_fields__"):
        raise DeclarationError(
            f"Cannot use a {type(value).__qualname__} inside a template (at {path}): write its fields as a dict, "
            "or give it as example=, whose fields get rules by their types."
        )
    if callable(value):
        kind = "a class" if isinstance(value, type) else "a function"
        raise DeclarationError(
            f"Cannot use {getattr(value, '__qualname__', value)!r} at {path}: it is {kind}, not a value. "
            "Call it, or give an example: match.integer(), not match.integer."
        )
    if type(value) is int and not -(2**63) <= value < 2**64:
        raise DeclarationError(
            f"Cannot use {shown(value)} at {path}: Pact's integers have 64 bits, and others lose digits. Use text."
        )
    return value
