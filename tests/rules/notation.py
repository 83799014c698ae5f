"""How the tables of this folder write rules: by path, a name, a matcher as JSON, or several of them."""

from collections.abc import Mapping

from msgpact.pactfile.rulesets import read_rules
from msgpact.results import Mismatch
from msgpact.rules import paths
from msgpact.rules.compare import compare

Matcher = str | dict[str, object]
Rules = Mapping[str, Matcher | list[Matcher]]


def matcher(written: Matcher) -> dict[str, object]:
    return {"match": written} if isinstance(written, str) else written


def regex(pattern: str) -> dict[str, object]:
    return {"match": "regex", "regex": pattern}


def like(**sizes: int) -> dict[str, object]:
    return {"match": "type", **sizes}


def each_key(*rules: Matcher) -> dict[str, object]:
    return {"match": "eachKey", "rules": [matcher(each) for each in rules]}


def each_value(*rules: Matcher) -> dict[str, object]:
    return {"match": "eachValue", "rules": [matcher(each) for each in rules]}


def contains(*variants: tuple[int, Rules | None]) -> dict[str, object]:
    """arrayContains; each variant is the index of an example item and its rules, None for no `rules` at all."""
    written = [
        {"index": index} if rules is None else {"index": index, "rules": by_path(rules)} for index, rules in variants
    ]
    return {"match": "arrayContains", "variants": written}


def any_of(*matchers: Matcher) -> list[Matcher]:
    return [{"combine": "OR"}, *matchers]


def by_path(rules: Rules) -> dict[str, object]:
    """The rules as a pact file holds them; `any_of` stands for OR."""
    written: dict[str, object] = {}
    for path, each in rules.items():
        listed = [matcher(one) for one in (each if isinstance(each, list) else [each])]
        combine = listed.pop(0)["combine"] if listed and "combine" in listed[0] else "AND"
        written[path] = {"combine": combine, "matchers": listed}
    return written


def mismatches(example: object, actual: object, rules: Rules, *, unexpected_keys: bool = True) -> list[Mismatch]:
    read = read_rules({"body": by_path(rules)})["body"]
    return compare(example, actual, paths.root(read), unexpected_keys=unexpected_keys)


def places(example: object, actual: object, rules: Rules, *, unexpected_keys: bool = True) -> list[str]:
    """The paths of the mismatches."""
    return [each.path for each in mismatches(example, actual, rules, unexpected_keys=unexpected_keys)]
