"""The comparison of two URL-encoded forms: the same fields in any order, the values of each in theirs.

The values of a field are a list at `$.name`, each of them at `$.name[0]`. A rule at the field, or above it, frees how many
there are, and holds for each that no nearer rule is about.
"""

from collections.abc import Mapping

from msgpact.model import RuleSet
from msgpact.results import ABSENT, Mismatch
from msgpact.rules.fields import Field, Values, equal_texts, shown
from msgpact.rules.paths import Position, render

__all__ = ["compare_forms"]

Form = Mapping[str, Values]


def compare_forms(expected: Form, actual: Form, rules: Position) -> list[Mismatch]:
    """Every mismatch between the values of two forms' fields; an empty list means that they match.

    Args:
        expected: The example.
        actual: What came. Fields that the example lacks are not allowed, as in the reference.
        rules: The root under the rules of the body.
    """
    found: list[Mismatch] = []
    for name, values in expected.items():
        if name in actual:
            found.extend(_field(name, rules.below(name)).compare(values, actual[name]))
        else:
            there = f"the fields are {', '.join(actual)}" if actual else "the form is empty"
            found.append(Mismatch(render([name]), "the field", shown(values), ABSENT, reason=there))
    for name, values in actual.items():
        if name not in expected:
            found.append(Mismatch(render([name]), "no other fields", ABSENT, shown(values)))
    return found


def _field(name: str, here: Position) -> Field:
    def nearest(index: int) -> tuple[RuleSet | None, bool]:
        at = here.below(str(index))
        return at.rules, at.sits

    return Field("contents", render([name]), here.rules, here.sits, nearest, equal_texts)
