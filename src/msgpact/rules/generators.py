"""The generators, one function each, in one table; and how they are applied to an example.

A function is given the generator's attributes, the example value and the context of the run, and answers a value, or
raises GeneratorError. Where its path is not in the example, nothing is generated (specification 3, "Generators").
"""

import json
import random
import re
import string
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from msgpact.model import Generator, MatchingRule, RuleSet
from msgpact.rules import dates, expressions, paths, patterns
from msgpact.rules.compare import fits_variant
from msgpact.rules.matchers import text_of
from msgpact.rules.xml import name_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["GENERATORS", "Context", "GeneratorError", "apply", "apply_to_metadata", "apply_to_xml", "generate"]

Attributes = Mapping[str, object]


class GeneratorError(ValueError):
    """A value cannot be generated; the message says why."""


@dataclass(frozen=True, slots=True)
class Context:
    """What generators draw from.

    Attributes:
        random: The run's source of randomness: the same seed gives the same values.
        now: The moment that dates count from.
        mode: ProviderState values are generated for providers only, MockServerURL for consumers only.
        values: What the provider's states returned.
    """

    random: random.Random
    now: datetime
    mode: Literal["consumer", "provider"] = "consumer"
    values: Mapping[str, object] = field(default_factory=dict)
    mock_server_url: str | None = None


def _number(attributes: Attributes, name: str, default: int) -> int:
    value = attributes.get(name, default)
    try:
        return int(str(value))
    except ValueError:
        raise GeneratorError(f"{name} is {value!r}, not a whole number") from None


def random_int(attributes: Attributes, example: object, context: Context) -> object:
    least, most = _number(attributes, "min", 0), _number(attributes, "max", 10)
    if least > most:
        raise GeneratorError(f"there is no integer from {least} to {most}")
    value = context.random.randint(least, most)
    return str(value) if isinstance(example, str) else value


def random_decimal(attributes: Attributes, example: object, context: Context) -> object:
    count = _size(attributes, "digits")
    digits = [context.random.choice(string.digits) for _ in range(count)]
    if count == 1:
        text = digits[0]
    else:
        point = context.random.randint(1, min(count - 1, 300))  # beyond 308 a decimal is infinite
        if point > 1 and digits[0] == "0":
            digits[0] = context.random.choice("123456789")
        text = "".join(digits[:point]) + "." + "".join(digits[point:])
    return text if isinstance(example, str) else float(text)


def _size(attributes: Attributes, name: str) -> int:
    count = _number(attributes, name, 10)
    if not 1 <= count <= 100_000:
        raise GeneratorError(f"{name} is {count}, not 1 to 100000")
    return count


def random_hexadecimal(attributes: Attributes, _: object, context: Context) -> object:
    return "".join(context.random.choices("0123456789ABCDEF", k=_size(attributes, "digits")))


def random_string(attributes: Attributes, _: object, context: Context) -> object:
    return "".join(context.random.choices(string.ascii_letters + string.digits, k=_size(attributes, "size")))


def _needed(attributes: Attributes, name: str) -> str:
    if name not in attributes:
        raise GeneratorError(f"the generator has no {name!r}")
    return str(attributes[name])


def regex(attributes: Attributes, _: object, context: Context) -> object:
    import rstr

    pattern = _needed(attributes, "regex")
    pattern = re.sub(r"\A\^|(?<!\\)\$\Z", "", pattern)
    if patterns.expansion(pattern, unbounded=100) > 10**6:  # rstr repeats up to a hundred times
        raise GeneratorError(
            f"no text can be made for the pattern {pattern[:200]!r}: it repeats what repeats too often"
        )
    try:
        return rstr.Rstr(context.random).xeger(pattern)
    except Exception as error:
        raise GeneratorError(f"no text can be made for the pattern {pattern!r}: {error}") from None


def uuid_(attributes: Attributes, _: object, context: Context) -> object:
    value = uuid.UUID(int=context.random.getrandbits(128), version=4)
    match attributes.get("format"):
        case "simple":
            return value.hex
        case "upper-case-hyphenated":
            return str(value).upper()
        case "URN":
            return value.urn
        case _:
            return str(value)


def _dated(moved: Callable[[datetime, str], datetime], default: str) -> "Make":
    def make(attributes: Attributes, _: object, context: Context) -> object:
        pattern = str(attributes.get("format") or default)
        try:
            return dates.print_instant(pattern, moved(context.now, str(attributes.get("expression") or "")))
        except (dates.DatePatternError, expressions.ExpressionError) as error:
            raise GeneratorError(str(error)) from None

    return make


def random_boolean(_: Attributes, __: object, context: Context) -> object:
    return context.random.random() < 0.5


_REFERENCE = re.compile(r"\$\{([^}]*)\}")


def provider_state(attributes: Attributes, _: object, context: Context) -> object:
    expression = _needed(attributes, "expression")
    whole = _REFERENCE.fullmatch(expression)
    if whole is not None and whole[1]:
        value = _looked_up(whole[1], context)
    elif "${" in expression:
        if expression.count("${") != len(_REFERENCE.findall(expression)):
            raise GeneratorError(f"a '${{' in {expression!r} is not closed")
        value = _REFERENCE.sub(lambda m: _as_text(_looked_up(m[1], context)) if m[1] else "", expression)
    else:
        value = context.values.get(expression, expression)
    return _typed(value, str(attributes.get("dataType") or "RAW").upper())


def _looked_up(name: str, context: Context) -> object:
    if name not in context.values:
        known = ", ".join(sorted(context.values)) or "none"
        raise GeneratorError(f"the provider states gave no value {name!r} (they gave: {known})")
    return context.values[name]


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _typed(value: object, kind: str) -> object:
    """A provider state's value as the data type that the generator asks for."""
    try:
        match kind:
            case "STRING":
                return _as_text(value)
            case "INTEGER":
                return int(value)  # type: ignore[call-overload]  # what cannot be converted raises
            case "FLOAT" | "DECIMAL":
                return float(value)  # type: ignore[arg-type]  # as above
            case "BOOLEAN" if isinstance(value, str):
                return {"true": True, "false": False}[value.lower()]
            case "BOOLEAN":
                return bool(value)
            case _:
                return value
    except (TypeError, ValueError, KeyError):
        raise GeneratorError(f"{value!r} is no {kind.lower()}") from None


def mock_server_url(attributes: Attributes, _: object, context: Context) -> object:
    if context.mock_server_url is None:
        raise GeneratorError("there is no mock server")
    pattern, example = _needed(attributes, "regex"), _needed(attributes, "example")
    try:
        match = re.match(pattern, example)
    except re.error as error:
        raise GeneratorError(f"{pattern!r} is no pattern: {error}") from None
    if match is None or not match.groups():
        raise GeneratorError(f"{pattern!r} has no group 1 in {example!r}")
    return context.mock_server_url.rstrip("/") + "/" + match[1].lstrip("/")


Make = Callable[[Attributes, object, Context], object]

GENERATORS: dict[str, Make] = {
    "RandomInt": random_int,
    "RandomDecimal": random_decimal,
    "RandomHexadecimal": random_hexadecimal,
    "RandomString": random_string,
    "Regex": regex,
    "Uuid": uuid_,
    "Date": _dated(expressions.date, dates.DATE),
    "Time": _dated(expressions.time, dates.TIME),
    "DateTime": _dated(expressions.date_and_time, "yyyy-MM-dd'T'HH:mm:ss.SSSZ"),
    "RandomBoolean": random_boolean,
    "ProviderState": provider_state,
    "MockServerURL": mock_server_url,
}
_ONE_SIDED = {"ProviderState": "provider", "MockServerURL": "consumer"}


def generate(generator: Generator, example: object, context: Context) -> object:
    """The generated value, or the example where this generator does not apply in the context's mode.

    Raises:
        GeneratorError: no value can be made.
    """
    make = GENERATORS.get(generator.type)
    if make is None or _ONE_SIDED.get(generator.type, context.mode) != context.mode:
        return example
    return make(generator.attributes, example, context)


def apply(
    document: object,
    generators: Mapping[str, Generator],
    context: Context,
    rules: Mapping[str, RuleSet] | None = None,
) -> object:
    """A copy of a JSON document with its generated values put in.

    Args:
        document: The example.
        generators: The generators of the body, by path.
        context: What they draw from.
        rules: The rules of the body: variants of arrayContains have generators of their own.

    Raises:
        GeneratorError: a value cannot be made; the message names its path.
    """
    copy = _copied(document)
    for path, rule_set in sorted((rules or {}).items()):
        for rule in rule_set.matchers:
            if rule.match == "arrayContains":
                for holder, key in _places(copy, paths.parse(path)):
                    _apply_variants(holder[key], rule, context)
    for path in sorted(generators):  # in a fixed order, so that a seed gives the same values whatever the file's order
        for holder, key in list(_places(copy, paths.parse(path))):
            try:
                holder[key] = generate(generators[path], holder[key], context)
            except GeneratorError as error:
                raise GeneratorError(f"at {path!r}, {error}") from None
    return copy[0]


def _apply_variants(items: object, rule: MatchingRule, context: Context) -> None:
    """Each variant's generators, in the items that it means."""
    variants = rule.attributes["variants"]
    assert isinstance(variants, tuple)
    if not isinstance(items, list):
        return
    meant = [
        (index, variant)
        for variant in variants
        if variant.generators and variant.index < len(items)
        for index, item in enumerate(items)
        if fits_variant(variant, items[variant.index], item)
    ]
    for index, variant in meant:
        items[index] = apply(items[index], variant.generators, context, variant.rules)


def apply_to_xml(root: "Element", generators: Mapping[str, Generator], context: Context) -> None:
    """Put generated values into the attributes and texts of an XML document, given by its root element.

    Raises:
        GeneratorError: a value cannot be made; the message names its path.
    """
    for path in sorted(generators):
        *tokens, last = paths.parse(path) or (paths.Wildcard.ANY,)
        for element in _elements(root, tokens) if isinstance(last, str) else ():
            try:
                if last == "#text":
                    element.text = text_of(generate(generators[path], element.text or "", context))
                else:
                    for tag in [tag for tag in element.attrib if f"@{name_of(tag)}" == last]:
                        element.set(tag, text_of(generate(generators[path], element.attrib[tag], context)))
            except GeneratorError as error:
                raise GeneratorError(f"at {path!r}, {error}") from None


def _elements(root: "Element", tokens: Sequence[paths.Token]) -> "list[Element]":
    """The elements that a path leads to; an index, or `[*]`, chooses among those that the name before it means."""
    found: list[Element] = []
    below = [root]
    for token in tokens:
        if token is paths.Wildcard.ITEM:
            continue
        if isinstance(token, str) and paths.is_index(token):
            found = found[int(token) : int(token) + 1]
        else:
            found = [each for each in below if token is paths.Wildcard.ANY or name_of(each.tag) == token]
        below = [child for each in found for child in each]
    return found


def apply_to_metadata(
    metadata: Mapping[str, object], generators: Mapping[str, Generator], context: Context
) -> dict[str, object]:
    """A copy of the metadata with its generated values; unlike in bodies, an entry may be new."""
    copy = dict(metadata)
    for path in sorted(generators):
        tokens = paths.parse(path)
        if len(tokens) == 1 and isinstance(tokens[0], str):
            copy[tokens[0]] = generate(generators[path], copy.get(tokens[0]), context)
    return copy


def _copied(document: object) -> list[object]:
    """The document, copied, in a list, so that the whole of it is a place like any other."""

    def copy(value: object) -> object:
        if type(value) is dict:
            return {key: copy(each) for key, each in value.items()}
        return [copy(each) for each in value] if type(value) is list else value

    return [copy(document)]


def _places(holder: list[object], tokens: tuple[paths.Token, ...]) -> Iterator[tuple[Any, Any]]:
    """Every place that a path leads to, as what holds it and under which key."""
    found: list[tuple[Any, Any]] = [(holder, 0)]
    for token in tokens:
        below: list[tuple[Any, Any]] = []
        for container, key in found:
            value = container[key]
            if isinstance(value, dict):
                fits = [k for k in value if token is paths.Wildcard.ANY or k == token]
                fits += [k for k in value if token is paths.Wildcard.ITEM and paths.is_index(k)]
                below.extend((value, k) for k in fits)
            elif isinstance(value, list):
                if isinstance(token, paths.Wildcard):
                    below.extend((value, i) for i in range(len(value)))
                elif paths.is_index(token) and int(token) < len(value):
                    below.append((value, int(token)))
        found = below
    yield from found
