"""The rules and generators that a template states, by path."""

from dataclasses import dataclass, field

from msgpact.errors import DeclarationError
from msgpact.generate import Generated
from msgpact.match import Matcher
from msgpact.model import Generator, PathRules, RuleSet

__all__ = ["Stated"]


@dataclass(slots=True)
class Stated:
    """What is stated, as it is collected."""

    rules: PathRules = field(default_factory=PathRules)
    generators: dict[str, Generator] = field(default_factory=dict)

    def put(self, path: str, rules: RuleSet) -> None:
        """State rules at a path; refuses others than those that stand there."""
        if self.rules.setdefault(path, rules) != rules:
            raise DeclarationError(
                f"Cannot state two different rules at {path}: Pact holds one set of rules a place. Make the items alike, "
                "or use match.all_of or match.array_contains."
            )

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
            self.generators[path] = template.generator
            template = template.example
        return template
