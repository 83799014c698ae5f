"""Contents with their generated values, in whichever form a pact holds them."""

from collections.abc import Mapping

from msgpact.model import Contents, Form, Generator, Presence, RuleSet
from msgpact.rules import generators
from msgpact.serializers import form, serializer_for, xml

__all__ = ["generated"]


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
            root = xml.load(str(contents.value))
            generators.apply_to_xml(root, in_body, context)
            return root
        if serializer is form:
            return generators.apply(form.plain(form.load(str(contents.value).encode())), in_body, context)
    return generators.apply(contents.value, in_body, context, rules)
