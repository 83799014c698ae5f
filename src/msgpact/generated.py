"""Contents with their generated values, in whichever form a pact holds them."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgpact.model import Contents, Form, Generator, MessageContents, Presence, RuleSet
from msgpact.rules import generators, paths
from msgpact.serializers import form, serializer_for, xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["body_generators", "generated"]


def generated(
    contents: Contents,
    in_body: Mapping[str, Generator],
    context: generators.Context,
    rules: Mapping[str, RuleSet] | None = None,
) -> object:
    """The example with its generated values, as the serializer of its content type takes it.

    Args:
        contents: The example.
        in_body: The generators, by path.
        context: What they draw from.
        rules: The rules of the body: variants of arrayContains have generators of their own.

    Raises:
        GeneratorError: a value cannot be made; the message names its path.
    """
    if contents.presence is Presence.PRESENT and contents.form is Form.TEXT:
        serializer = serializer_for(contents.content_type)
        if serializer is xml:
            root = _root(str(contents.value))
            generators.apply_to_xml(root, in_body, context)
            return root
        if serializer is form:
            values = form.values_of(form.load(str(contents.value).encode()))
            fields = {name: list(each) for name, each in values.items()}
            return generators.apply(fields, {_of_each(path): each for path, each in in_body.items()}, context)
    value = contents.value
    if contents.presence is Presence.PRESENT and contents.form is Form.TYPED:
        assert contents.serializer is not None
        assert isinstance(value, bytes)
        value = contents.serializer.load(value)
    return generators.apply(value, in_body, context, rules)


def _root(text: str) -> "Element":
    try:
        return xml.load(text)
    except ValueError as error:
        raise generators.GeneratorError(f"of the example, {error}") from None


def _of_each(path: str) -> str:
    """The path of a form's field as that of each of its values."""
    tokens = paths.parse(path)
    return paths.expression((*tokens, paths.Wildcard.ITEM)) if len(tokens) == 1 else path


def body_generators(expected: MessageContents) -> dict[str, Generator]:
    """The generators of the contents, those of arrayContains' variants at the items that show them."""
    return {
        **dict(_of_variants("$", expected.matching_rules.get("body", {}))),
        **expected.generators.get("body", {}),
    }


def _of_variants(top: str, rules: Mapping[str, RuleSet]) -> Iterator[tuple[str, Generator]]:
    for path, rule_set in rules.items():
        for rule in rule_set.matchers:
            variants: Any = rule.attributes.get("variants", ())
            for variant in variants:
                item = f"{top}{path.removeprefix('$')}[{variant.index}]"
                for below, generator in variant.generators.items():
                    yield item + below.removeprefix("$"), generator
                yield from _of_variants(item, variant.rules or {})
