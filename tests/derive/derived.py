"""What the tests of derivation share: the rules and the example of a derived template, in short."""

from typing import Any

from pydantic import BaseModel, ConfigDict, create_model

from msgpact.derive import derive
from msgpact.template import compile_template

__all__ = ["INTEGER", "LIKE_1", "NULL", "NUMBER", "TYPE", "holding", "regex", "said", "shown"]

INTEGER, NUMBER, TYPE, NULL, LIKE_1 = ("integer",), ("number",), ("type",), ("null",), ("type", {"min": 1})


def regex(pattern: str) -> tuple[str, dict[str, object]]:
    return ("regex", {"regex": pattern})


def said(example: object, annotation: object = Any) -> dict[str, object]:
    """The rules by path: a tuple of one rule, a list where all must be met, beginning with OR where one."""
    _, rules, _ = compile_template(derive(example, annotation)[0])
    found: dict[str, object] = {}
    for path, rule_set in rules.items():
        matchers = [
            (each.match, dict(each.attributes)) if each.attributes else (each.match,) for each in rule_set.matchers
        ]
        found[path] = ("OR", *matchers) if rule_set.combine == "OR" else matchers[0] if len(matchers) == 1 else matchers
    return found


def shown(example: object, annotation: object = Any) -> object:
    return compile_template(derive(example, annotation)[0])[0]


def holding(annotation: Any, value: object, config: ConfigDict | None = None) -> BaseModel:
    model = create_model("Holder", __config__=config, f=(annotation, ...))
    return model(f=value)
