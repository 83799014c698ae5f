"""The comparison of two URL-encoded forms: the same fields in any order, the values of each in theirs.

The values of a field are a list at `$.name`, each of them at `$.name[0]`. A rule at the field, or above it, frees how many
there are, and holds for each that no nearer rule is about.
"""

from collections.abc import Iterator, Mapping

from msgpact.results import ABSENT, Mismatch
from msgpact.rules.compare import failures
from msgpact.rules.fields import LIST_RULES, Field, Values, equal_texts, of_the_list
from msgpact.rules.matchers import TEXT
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
            found.extend(_values(values, actual[name], rules.below(name), name))
        else:
            there = f"the fields are {', '.join(actual)}" if actual else "the form is empty"
            found.append(Mismatch(render([name]), "the field", _shown(values), ABSENT, reason=there))
    for name, values in actual.items():
        if name not in expected:
            found.append(Mismatch(render([name]), "no other fields", ABSENT, _shown(values)))
    return found


def _values(expected: Values, actual: Values, here: Position, name: str) -> Iterator[Mismatch]:
    """Mismatches of the values of one field; at least one came."""
    rules = here.rules
    if rules is not None and any(rule.match in LIST_RULES for rule in rules.matchers):
        yield from Field("contents", render([name]), equal_texts, rules, {}).compare(expected, actual)
        return
    if rules is None and len(expected) != len(actual):
        wanted = f"{len(expected)} value{'s' if len(expected) > 1 else ''}"
        reason = f"it has {len(actual)}"
        yield Mismatch(render([name]), wanted, _shown(expected), _shown(actual), reason=reason)
        return
    if rules is not None:
        of_them = [rule for rule in rules.matchers if here.sits or rule.match != "type"]  # sizes hold where they sit
        failed = [each for rule in of_them if (each := of_the_list(rule, expected, actual)) is not None]
        if failed and (rules.combine == "AND" or len(failed) == len(rules.matchers)):
            for words, reason, rule in failed:
                yield Mismatch(render([name]), words, _shown(expected), _shown(actual), "contents", reason, rule)
            return
    for index, came in enumerate(actual):
        at, value = here.below(str(index)), expected[index] if index < len(expected) else expected[0]
        path = render([name, index]) if len(expected) > 1 or len(actual) > 1 else render([name])
        for words, reason, rule in failures(at.rules, value, came, TEXT, inherited=not at.sits):
            yield Mismatch(path, words, value, came, "contents", reason, rule)


def _shown(values: Values) -> object:
    return values[0] if len(values) == 1 else list(values)
