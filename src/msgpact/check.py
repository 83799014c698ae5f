"""One interaction against one message.

What is checked a second time gets a shortcut, which most messages that match can take.
"""

from collections.abc import Callable

import orjson

from msgpact.checking import NO_RULES, check_metadata, check_once, other_content_type, serializer_of
from msgpact.errors import DeclarationError, NothingToVerify
from msgpact.model import Form, Interaction, InteractionType, Message, MessageContents, Presence
from msgpact.pactfile import plugins
from msgpact.results import Mismatch
from msgpact.rules.paths import root
from msgpact.rules.plan import Answer, compiled
from msgpact.serializers import json as json_serializer

__all__ = ["check", "check_message"]


def check(interaction: Interaction, message: Message) -> tuple[Mismatch, ...]:
    """Every mismatch of a message with what the interaction expects; an empty tuple means that it matches.

    Raises:
        DeclarationError: the interaction is not a one-way message.
        NothingToVerify: its contents are of a plugin that is not known.
    """
    if interaction.message is None:
        if (why := plugins.not_verifiable(interaction)) is not None:
            raise NothingToVerify(
                f"Cannot check a message against {interaction.description!r}: it has {why}. Leave it out."
            )
        instead = (
            "Check its requests and responses by msgpact.http."
            if interaction.type is InteractionType.HTTP
            else "Check its request, or one of its responses, by check_message of the module msgpact.check."
        )
        raise DeclarationError(
            f"Cannot check a message against {interaction.description!r}: it is {interaction.type.value}, "
            f"not a one-way message. {instead}"
        )
    return check_message(interaction.message, message)


def check_message(expected: MessageContents, message: Message) -> tuple[Mismatch, ...]:
    """As `check`, for one message of an interaction: its message, its request, or one of its responses."""
    shortcut = expected.shortcut
    if shortcut is None:
        object.__setattr__(expected, "shortcut", _made)
    elif shortcut(expected, message):
        return ()
    return check_once(expected, message)


# -- the shortcut ----------------------------------------------------------------------------------------------------

Shortcut = Callable[[MessageContents, Message], bool]
"""Whether a message certainly matches; if not, it must be checked. It is not to hold the contents that hold it."""


def _made(expected: MessageContents, message: Message) -> bool:
    """The shortcut of what was checked once: makes the one for all further checks, and takes it."""
    shortcut = _shortcut(expected)
    object.__setattr__(expected, "shortcut", shortcut)
    return shortcut(expected, message)


def _shortcut(expected: MessageContents) -> Shortcut:
    stated = expected.contents
    if stated.presence is not Presence.PRESENT or stated.form is not Form.JSON:
        return _none
    if serializer_of(stated) is not json_serializer:
        return _none
    rules = expected.matching_rules.get("body")
    plan = compiled(stated.value, root(rules) if rules else NO_RULES)
    if plan is None:
        return _none
    content_type, metadata = stated.content_type, tuple(expected.metadata.items())
    # Text without rules, which nearly all is, is certainly met by the same text.
    by_text = not expected.matching_rules.get("metadata") and all(type(value) is str for _, value in metadata)
    read, negative_zero = orjson.loads, json_serializer.has_negative_zero
    yes, unknown = Answer.YES, Answer.UNKNOWN

    def shortcut(expected: MessageContents, message: Message) -> bool:
        contents, came = message.contents, message.metadata
        if not contents:
            return False
        if message.content_type != content_type and other_content_type(expected, message) is not None:
            return False
        are_same = by_text
        for key, value in metadata if by_text else ():
            actual = came.get(key)
            if type(actual) is not str or actual != value:
                are_same = False
                break
        if not are_same and check_metadata(expected, message, type_is_known=False):
            return False
        try:
            answer = plan(read(contents))
        except orjson.JSONDecodeError:
            return False
        return answer is yes or (answer is not unknown and not negative_zero(contents))

    return shortcut


def _none(_: MessageContents, __: Message) -> bool:
    """The shortcut of what has none."""
    return False
