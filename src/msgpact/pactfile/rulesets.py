"""Matching rules and generators as pact files spell them: read leniently, written in one way.

Reading knows the spellings of every tool (`timestamp`, `real`, `each-key`, numbers in strings, a rule without `match`);
what it gives is normal. Every problem is a `RuleError` with the path of the rule; the caller adds file and interaction.
"""

import difflib
import re
from collections.abc import Callable, Mapping

import orjson

from msgpact.model import Combine, Generator, MatchingRule, PathRules, RuleSet, Variant
from msgpact.rules import paths
from msgpact.rules.matchers import MATCHERS, a_kind

__all__ = ["RuleError", "generators_json", "read_generators", "read_rule", "read_rules", "rule_json", "rules_json"]


class RuleError(ValueError):
    """A rule or generator that cannot be read; the message is a clause."""


_SPELLINGS = {
    "real": "decimal",
    "timestamp": "datetime",
    "content-type": "contentType",
    "array-contains": "arrayContains",
    "status-code": "statusCode",
    "not-empty": "notEmpty",
    "each-key": "eachKey",
    "each-value": "eachValue",
    "min": "type",
    "max": "type",
    "min-type": "type",
    "max-type": "type",
}
_PLAIN = {
    name: MatchingRule(name)
    for name in ("equality", "type", "number", "integer", "decimal", "boolean", "null", "values", "notEmpty", "semver")
}


# -- matching rules --------------------------------------------------------------------------------------------------


_KNOWN: dict[bytes, dict[str, PathRules]] = {}
"""Rules already read, by their JSON: messages of one kind under several states or descriptions repeat them."""


def read_rules(categories: object) -> dict[str, PathRules]:
    """`matchingRules` of specification 3 and 4, or the flat map of specification 2, by category and path.

    Unknown categories count as `body`, as in the reference (`content` is what the specification's own examples say).
    """
    try:
        key = orjson.dumps(categories)
    except orjson.JSONEncodeError:  # beyond 254 levels
        raise RuleError("the matching rules are nested too deep") from None
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= 4096:
            _KNOWN.clear()
        known = _KNOWN[key] = _read_rules(categories)
    return known


def _read_rules(categories: object) -> dict[str, PathRules]:
    if not isinstance(categories, Mapping):
        raise RuleError(f"matchingRules is {a_kind(categories)}, not an object")
    if any(isinstance(key, str) and key.startswith("$") for key in categories):
        return _read_flat(categories)
    read: dict[str, PathRules] = {}
    for name, rules in categories.items():
        category = name if name in _CATEGORIES else "body"
        if not isinstance(rules, Mapping):
            raise RuleError(f"matchingRules.{name} is {a_kind(rules)}, not an object")
        into = read.setdefault(category, PathRules())
        if "matchers" in rules:  # path, method, status: one value, no path
            into[""] = _read_set(rules, name)
            continue
        for path, rule_set in rules.items():
            read_set = _KNOWN_SETS.get(orjson.dumps(rule_set)) or _read_set(rule_set, path)
            there = into.get(path)  # said by another category that counts as this one
            into[path] = read_set if there is None else RuleSet(there.matchers + read_set.matchers, there.combine)
    for category, of_category in read.items():
        if category not in ("header", "query"):
            _check_paths(of_category)
    if "metadata" in read:
        read["metadata"] = _named_once(read["metadata"])
    return read


def _named_once(rules: PathRules) -> PathRules:
    """Without what `_named_twice` adds."""
    bare = [path for path, rule_set in rules.items() if "." in path and rules.get(f"$['{path}']") == rule_set]
    return PathRules({path: each for path, each in rules.items() if path not in bare}) if bare else rules


_CATEGORIES = frozenset({"body", "header", "path", "query", "metadata", "status", "method", "contents"})


def _check_paths(rules: Mapping[str, RuleSet]) -> None:
    try:
        paths.root(rules)  # what is made of them is kept
    except paths.PathError as error:
        raise RuleError(str(error)) from None


def _parsed(path: str) -> tuple[paths.Token, ...]:
    try:
        return paths.parse(path)
    except paths.PathError as error:
        raise RuleError(str(error)) from None


_KNOWN_SETS: dict[bytes, RuleSet] = {}
"""Sets of rules already read, by their JSON: few are in use, at many paths."""


def _read_set(rule_set: object, at: str) -> RuleSet:
    key = orjson.dumps(rule_set)
    known = _KNOWN_SETS.get(key)
    if known is None:
        if len(_KNOWN_SETS) >= 4096:
            _KNOWN_SETS.clear()
        known = _KNOWN_SETS[key] = _read_new_set(rule_set, at)
    return known


def _read_new_set(rule_set: object, at: str) -> RuleSet:
    if not isinstance(rule_set, Mapping):
        raise RuleError(f"the rules at {at!r} are {a_kind(rule_set)}, not an object with 'matchers'")
    matchers = rule_set.get("matchers", ())
    if not isinstance(matchers, list | tuple):
        raise RuleError(f"'matchers' at {at!r} is {a_kind(matchers)}, not an array")
    combine: Combine = "OR" if str(rule_set.get("combine", "AND")).upper() == "OR" else "AND"
    return RuleSet(tuple([read_rule(each, at) for each in matchers]), combine)


def read_rule(rule: object, at: str = "$") -> MatchingRule:
    """One matcher; *at* is its path, for messages."""
    if not isinstance(rule, Mapping):
        raise RuleError(f"the rule at {at!r} is {a_kind(rule)}, not an object")
    name = rule.get("match")
    if name is None:
        name = next((each for each in ("regex", "min", "max", "timestamp", "time", "date") if each in rule), None)
        if name is None:
            raise RuleError(f"the rule at {at!r} has no 'match': {dict(rule)!r}")
    kind = _SPELLINGS.get(name, name) if isinstance(name, str) else ""
    if kind not in MATCHERS:
        names = {each.lower(): each for each in MATCHERS}
        close = difflib.get_close_matches(str(name).lower(), names, n=1)
        hint = f"did you mean {names[close[0]]!r}?" if close else f"known are {', '.join(sorted(MATCHERS))}"
        raise RuleError(f"the rule at {at!r} is of the unknown kind {name!r} ({hint})")
    read = _ATTRIBUTES.get(kind)
    return MatchingRule(kind, read(rule, str(name), at)) if read is not None else _PLAIN[kind]


def _sizes(rule: Mapping[str, object], name: str, at: str) -> dict[str, object]:
    found: dict[str, object] = {}
    for bound in ("min", "max"):
        if bound in rule:
            number = _number(rule[bound])
            if number is None:
                raise RuleError(f"{bound!r} of the rule at {at!r} is {rule[bound]!r}, not a whole number")
            found[bound] = number
    if name in ("min", "max", "min-type", "max-type") and name[:3] not in found:
        raise RuleError(f"the rule at {at!r} has no {name[:3]!r}")
    return found


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) <= 18:
        return int(value)
    if isinstance(value, float) and value.is_integer() and value >= 0:
        return int(value)
    return value if type(value) is int and value >= 0 else None


Reader = Callable[[Mapping[str, object], str, str], dict[str, object]]


def _needs(attribute: str) -> Reader:
    def read(rule: Mapping[str, object], _: str, at: str) -> dict[str, object]:
        if attribute not in rule:
            raise RuleError(f"the {rule.get('match')!r} rule at {at!r} has no {attribute!r}")
        return {attribute: str(rule[attribute])}

    return read


def _date_format(rule: Mapping[str, object], name: str, _: str) -> dict[str, object]:
    found = rule.get("format", rule.get(name)) if "match" in rule else rule.get(name)
    return {"format": str(found)} if found else {}


def _variants(rule: Mapping[str, object], _: str, at: str) -> dict[str, object]:
    variants = rule.get("variants")
    if not isinstance(variants, list | tuple):
        raise RuleError(f"the 'arrayContains' rule at {at!r} has no array 'variants'")
    return {"variants": tuple(_variant(each, at) for each in variants)}


def _variant(variant: object, at: str) -> Variant:
    if not isinstance(variant, Mapping):
        raise RuleError(f"a variant of the rule at {at!r} is {a_kind(variant)}, not an object")
    rules, index = variant.get("rules"), _number(variant.get("index", 0))
    if index is None:
        raise RuleError(f"the index of a variant of the rule at {at!r} is {variant['index']!r}, not a whole number")
    return Variant(
        index,
        None if rules is None else read_rules({"body": rules}).get("body", {}),
        read_generators({"body": variant.get("generators") or {}}).get("body", {}),
    )


def _nested(rule: Mapping[str, object], _: str, at: str) -> dict[str, object]:
    rules = rule.get("rules")
    if not isinstance(rules, list | tuple):
        raise RuleError(f"the {rule.get('match')!r} rule at {at!r} has no array 'rules'")
    found: dict[str, object] = {"rules": tuple(read_rule(each, at) for each in rules)}
    if rule.get("value") not in (None, ""):
        found["value"] = rule["value"]
    if isinstance(rule.get("generator"), Mapping):
        found["generator"] = _read_generator(rule["generator"], at)
    return found


def _status(rule: Mapping[str, object], _: str, __: str) -> dict[str, object]:
    return {"status": rule.get("status", "success")}


_ATTRIBUTES: dict[str, Reader] = {
    "type": _sizes,
    "regex": _needs("regex"),
    "include": _needs("value"),
    "contentType": _needs("value"),
    "date": _date_format,
    "time": _date_format,
    "datetime": _date_format,
    "arrayContains": _variants,
    "eachKey": _nested,
    "eachValue": _nested,
    "statusCode": _status,
}


def _read_flat(rules: Mapping[str, object]) -> dict[str, PathRules]:
    """Specification 2: `{"$.body.a": {"match": "type"}}`."""
    read: dict[str, PathRules] = {}
    for path, rule in rules.items():
        tokens = _parsed(path)
        where = tokens[0] if tokens and isinstance(tokens[0], str) else "body"
        category = {"headers": "header"}.get(where, where)
        if category in ("header", "query"):
            key = str(tokens[1]) if len(tokens) > 1 and isinstance(tokens[1], str) else ""
        elif category == "path":
            key = ""
        else:
            key = paths.expression(tokens[1:] if where in ("body", "metadata") else tokens)
        read.setdefault(category if category in _CATEGORIES else "body", PathRules())[key] = RuleSet(
            (read_rule(rule, path),)
        )
    return read


def rules_json(rules: Mapping[str, Mapping[str, RuleSet]]) -> dict[str, object]:
    """`matchingRules` as specification 3 and 4 write it."""
    written: dict[str, object] = {}
    for category, by_path in rules.items():
        if "" in by_path and len(by_path) == 1 and category in ("path", "method", "status"):
            written[category] = _set_json(by_path[""])
        elif by_path:
            written[category] = {path: _set_json(rule_set) for path, rule_set in by_path.items()}
    if "metadata" in written:
        written["metadata"] = _named_twice(written["metadata"])
    return written


_DOTTED = re.compile(r"\$\['([a-z_][a-z0-9_-]*(?:\.[a-z_][a-z0-9_-]*)+)'\]", re.IGNORECASE | re.ASCII)


def _named_twice(rules: object) -> dict[str, object]:
    """An entry whose name holds a dot by its path and by its bare name: the reference knows the one, pact-jvm the other."""
    assert isinstance(rules, dict)
    bare = {match[1]: each for path, each in rules.items() if (match := _DOTTED.fullmatch(path))}
    return {**bare, **rules}


def _set_json(rule_set: RuleSet) -> dict[str, object]:
    return {"combine": rule_set.combine, "matchers": [rule_json(rule) for rule in rule_set.matchers]}


def rule_json(rule: MatchingRule) -> dict[str, object]:
    """One matcher as it is written."""
    written: dict[str, object] = {"match": rule.match}
    for name, value in rule.attributes.items():
        if name == "rules":
            assert isinstance(value, tuple)
            value = [rule_json(each) for each in value]
        elif name == "variants":
            assert isinstance(value, tuple)
            value = [_variant_json(each) for each in value]
        elif isinstance(value, Generator):
            value = _generator_json(value)
        written[name] = value
    if rule.match in ("eachKey", "eachValue"):
        written.setdefault("value", "")  # an example, which the schema demands
    return written


def _variant_json(variant: Variant) -> dict[str, object]:
    written: dict[str, object] = {"index": variant.index}
    if variant.rules is not None:
        written["rules"] = {path: _set_json(rule_set) for path, rule_set in variant.rules.items()}
    if variant.generators:
        written["generators"] = {path: _generator_json(each) for path, each in variant.generators.items()}
    return written


# -- generators ------------------------------------------------------------------------------------------------------


def read_generators(categories: object) -> dict[str, dict[str, Generator]]:
    """`generators` by category and path; unknown categories are dropped, as in the reference."""
    if not isinstance(categories, Mapping):
        raise RuleError(f"generators is {a_kind(categories)}, not an object")
    read: dict[str, dict[str, Generator]] = {}
    for category, by_path in categories.items():
        if category not in _CATEGORIES - {"contents"} or not isinstance(by_path, Mapping):
            continue
        if isinstance(by_path.get("type"), str):
            read[category] = {"": _read_generator(by_path, category)}
            continue
        for path in by_path:
            if category not in ("header", "query"):
                _parsed(path)
        read[category] = {path: _read_generator(each, path) for path, each in by_path.items()}
    return read


def _read_generator(generator: object, at: str) -> Generator:
    if not isinstance(generator, Mapping) or not isinstance(generator.get("type"), str) or not generator["type"]:
        raise RuleError(f"the generator at {at!r} is no object with a 'type': {generator!r}")
    # A kind that is not known here (a plugin's) is kept: it changes no verdict.
    return Generator(generator["type"], {name: value for name, value in generator.items() if name != "type"})


def _generator_json(generator: Generator) -> dict[str, object]:
    return {"type": generator.type, **generator.attributes}


def generators_json(generators: Mapping[str, Mapping[str, Generator]]) -> dict[str, object]:
    """`generators` as it is written."""
    return {
        category: (
            _generator_json(by_path[""])
            if list(by_path) == [""]
            else {p: _generator_json(each) for p, each in by_path.items()}
        )
        for category, by_path in generators.items()
        if by_path
    }
