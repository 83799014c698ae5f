"""One interaction against one message: content type, metadata, contents."""

from msgpact.errors import DeclarationError
from msgpact.model import Form, Interaction, Message, MessageContents, Presence, is_content_type_key
from msgpact.results import ABSENT, Mismatch
from msgpact.rules import content_types
from msgpact.rules.compare import compare, compare_text, failures, rules_at
from msgpact.rules.paths import Node, tree
from msgpact.serializers import serializer_for

__all__ = ["check", "check_message"]

_NO_RULES = Node()


def check(interaction: Interaction, message: Message) -> tuple[Mismatch, ...]:
    """Every mismatch of a message with what the interaction expects; an empty tuple means that it matches.

    Raises:
        DeclarationError: the interaction is not a one-way message.
    """
    if interaction.message is None:
        raise DeclarationError(
            f"Cannot check a message against {interaction.description!r}: it is {interaction.type.value}, "
            "not a one-way message. Check its request or one of its responses by msgpact.check_message."
        )
    return check_message(interaction.message, message)


def check_message(expected: MessageContents, message: Message) -> tuple[Mismatch, ...]:
    """As `check`, for one message of an interaction: its message, its request, or one of its responses."""
    found: list[Mismatch] = []
    if _same_content_type(expected, message, found):
        found.extend(_check_contents(expected, message))
    if expected.metadata:
        found.extend(_check_metadata(expected, message))
    return tuple(found)


# -- content type ----------------------------------------------------------------------------------------------------


def _same_content_type(expected: MessageContents, message: Message, found: list[Mismatch]) -> bool:
    """Whether the bodies may be compared; if not, that is the one mismatch of the body."""
    wanted = expected.contents.content_type
    if expected.contents.presence is not Presence.PRESENT or wanted is None or wanted == message.content_type:
        return True
    contents = message.contents
    came = message.content_type
    if came is None:
        came = content_types.guess(contents) if contents else None
    wanted_type = content_types.parse(wanted)
    came_type = content_types.parse(came) if came else None
    if came is None or wanted_type is None:
        return True
    if came_type is not None and wanted_type.is_equivalent_to(came_type):
        return True
    reason = "" if message.content_type is not None else "the message states none; its bytes look like that"
    found.append(Mismatch("contentType", f"exactly {wanted}", wanted, came, "content type", reason))
    return False


# -- metadata --------------------------------------------------------------------------------------------------------


def _check_metadata(expected: MessageContents, message: Message) -> list[Mismatch]:
    rules = expected.matching_rules.get("metadata")
    root = tree(rules) if rules else None
    found: list[Mismatch] = []
    actual = message.metadata
    for key, value in expected.metadata.items():
        if key in actual:
            came = actual[key]
        elif is_content_type_key(key) and message.content_type is not None:
            came = message.content_type  # one fact, however it is spelled
        else:
            there = ", ".join(actual) or "none"
            found.append(Mismatch(key, "the entry", value, ABSENT, "metadata", f"the entries are {there}"))
            continue
        rule_set = None if root is None else rules_at(root, key)
        if rule_set is None and is_content_type_key(key) and isinstance(value, str) and isinstance(came, str):
            if not content_types.parameters_fit(value, came):
                found.append(Mismatch(key, "exactly the example", value, came, "metadata"))
            continue
        for words, reason, rule in failures(rule_set, value, came):
            found.append(Mismatch(key, words, value, came, "metadata", reason, rule))
    return found


# -- contents --------------------------------------------------------------------------------------------------------


def _check_contents(expected: MessageContents, message: Message) -> list[Mismatch]:
    stated, actual = expected.contents, message.contents
    match stated.presence:
        case Presence.MISSING:
            return []
        case Presence.TOMBSTONE:
            return [] if actual is None else [Mismatch("$", "a tombstone (no contents at all)", ABSENT, _seen(actual))]
        case Presence.EMPTY | Presence.NULL:
            return [] if not actual else [Mismatch("$", "empty contents", ABSENT, _seen(actual))]
        case _:
            pass
    if not actual:
        reason = "it is a tombstone" if actual is None else "it is empty"
        return [Mismatch("$", "contents", stated.value, ABSENT, reason=reason)]
    rules = expected.matching_rules.get("body")
    root = tree(rules) if rules else _NO_RULES
    if stated.form is Form.BINARY:
        return [
            Mismatch("$", words, stated.value, actual, reason=reason, matching_rule=rule)
            for words, reason, rule in failures(root.rules, stated.value, actual, text=True)
        ]
    try:
        document = serializer_for(stated.content_type).load(actual)
        if stated.form is Form.TEXT:
            return compare_text(str(stated.value), str(document), root)
        return compare(stated.value, document, root)
    except ValueError as error:
        return [Mismatch("$", f"contents of type {stated.content_type}", ABSENT, _seen(actual), reason=str(error))]
    except RecursionError:
        return [Mismatch("$", "contents that can be compared", ABSENT, ABSENT, reason="it is nested too deep")]


def _seen(contents: bytes) -> object:
    try:
        return contents[:200].decode()
    except UnicodeDecodeError:
        return contents[:200]
