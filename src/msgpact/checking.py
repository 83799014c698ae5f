"""One expected message against one message, by the comparison: content type, metadata, contents."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from msgpact.errors import MsgpactError
from msgpact.model import Contents, Form, Message, MessageContents, Presence, RuleSet, is_content_type_key
from msgpact.results import ABSENT, Mismatch
from msgpact.rules import content_types, paths
from msgpact.rules.compare import compare, compare_whole, failures
from msgpact.rules.forms import compare_forms
from msgpact.rules.matchers import ENTRY, JSON
from msgpact.rules.paths import Position, root
from msgpact.rules.xml import compare_xml
from msgpact.serializers import Serializer, form, headers_of, received, serializer_for, xml
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.comparing import actual as actual_of
from msgpact.serializers.comparing import example as example_of
from msgpact.serializers.frames.signs import frame_unasked
from msgpact.serializers.members import frame_of, is_exact

__all__ = [
    "NO_RULES",
    "check_body",
    "check_metadata",
    "check_once",
    "check_typed",
    "not_compared",
    "other_content_type",
    "serializer_of",
    "typed_actual",
    "typed_example",
]

NO_RULES = Position()

# Looked up in their class on every check, they would take a tenth of its time (in Python 3.11).
_PRESENT, _BINARY, _TEXT, _TYPED = Presence.PRESENT, Form.BINARY, Form.TEXT, Form.TYPED


def check_once(expected: MessageContents, message: Message, *, unexpected_keys: bool = True) -> tuple[Mismatch, ...]:
    """Every mismatch of a message; an empty tuple means that it matches. *unexpected_keys* is as of `check_body`."""
    other_type = other_content_type(expected, message)
    found = (
        [other_type]
        if other_type is not None
        else check_typed(expected, message, unexpected_keys=unexpected_keys)
        if expected.contents.form is _TYPED
        else check_body(expected, message.contents, unexpected_keys=unexpected_keys)
    )
    if expected.metadata:
        found.extend(check_metadata(expected, message, type_is_known=other_type is not None))
    return tuple(found)


# -- content type ----------------------------------------------------------------------------------------------------


def other_content_type(expected: MessageContents, message: Message) -> Mismatch | None:
    """The one mismatch of contents that are of another type: they are not compared."""
    wanted, came = expected.contents.content_type, message.content_type
    if wanted is None or wanted == came or expected.contents.presence is not _PRESENT:
        return None
    reason = ""
    if came is None:
        # What has a schema says by it, or by its frame, what it is: on Kafka such records have no content type.
        if not message.contents or expected.contents.form is _TYPED:
            return None
        came, reason = content_types.guess(message.contents), "the message states none; its bytes look like that"
    if _has_id_in_type(expected.contents):
        wanted, came = wanted.partition(";")[0], came.partition("+")[0].partition(";")[0]
    wanted_type, came_type = content_types.parse(wanted), content_types.parse(came)
    if wanted_type is None or (came_type is not None and wanted_type.is_equivalent_to(came_type)):
        return None
    return Mismatch("contentType", f"exactly {wanted}", wanted, came, "content type", reason)


def _has_id_in_type(contents: Contents) -> bool:
    """Whether the frame that is demanded is the content type itself, with the id of a schema."""
    return frame_of(contents.serializer) == "azure"


# -- metadata --------------------------------------------------------------------------------------------------------


def check_metadata(expected: MessageContents, message: Message, *, type_is_known: bool) -> list[Mismatch]:
    """Mismatches of the entries; *type_is_known*: that the content type is another has been said."""
    rules = expected.matching_rules.get("metadata")
    top = root(rules) if rules else None
    found: list[Mismatch] = []
    actual = message.metadata
    for key, value in expected.metadata.items():
        if key in actual:
            came = actual[key]
        elif is_content_type_key(key) and message.content_type is not None:
            came = message.content_type  # one fact, however it is spelled
        elif is_content_type_key(key) and expected.contents.form is _TYPED and value == expected.contents.content_type:
            continue
        else:
            there = ", ".join(actual) or "none"
            found.append(Mismatch(key, "the entry", value, ABSENT, "metadata", f"the entries are {there}"))
            continue
        # An entry is seen as a whole: rules for what lies below it count for nothing.
        here = None if top is None else top.below(key)
        rule_set = None if here is None else here.rules
        if rule_set is None and type(came) is type(value) is str and came == value:
            continue
        if rule_set is None and type(came) is str and is_content_type_key(key) and isinstance(value, str):
            type_is_known = type_is_known or _has_id_in_type(expected.contents)
            if not type_is_known and came != value and not content_types.parameters_fit(value, came):
                found.append(Mismatch(key, "exactly the example", value, came, "metadata"))
            continue
        for words, reason, rule in failures(rule_set, value, came, ENTRY if here is not None and here.sits else JSON):
            found.append(Mismatch(key, words, value, came, "metadata", reason, rule))
    return found


# -- contents --------------------------------------------------------------------------------------------------------


def check_body(expected: MessageContents, actual: bytes | None, *, unexpected_keys: bool = True) -> list[Mismatch]:
    """Every mismatch of the contents alone, whose content type has been found to be the expected one.

    Args:
        expected: The example contents with their rules.
        actual: The bytes that came; None for none at all.
        unexpected_keys: Whether keys that the example lacks are allowed: in messages and responses, not in requests.
    """
    stated = expected.contents
    if stated.form is _TYPED:
        return check_typed(expected, Message(actual), unexpected_keys=unexpected_keys)
    if stated.presence is not _PRESENT or not actual:
        return _check_presence(stated, actual)
    rules = expected.matching_rules.get("body")
    top = root(rules) if rules else NO_RULES
    if stated.form is _BINARY:
        return [_of_whole(each, stated, rules or {}) for each in compare_whole(stated.value, actual, top.rules)]
    try:
        document = serializer_of(stated).load(actual)
    except ValueError as error:
        return [Mismatch("$", f"contents of type {stated.content_type}", ABSENT, _seen(actual), reason=str(error))]
    if stated.form is _TEXT:
        return _check_text(str(stated.value), document, top, unexpected_keys=unexpected_keys)
    try:
        return compare(stated.value, document, top, unexpected_keys=unexpected_keys)
    except RecursionError:  # a value that is many containers deep, under a rule that looks at all of it
        return [Mismatch("$", "contents that can be compared", ABSENT, ABSENT, reason="it is nested too deep")]


def _of_whole(mismatch: Mismatch, stated: Contents, rules: Mapping[str, RuleSet]) -> Mismatch:
    """A mismatch of bytes; where rules are for what is in them, it says why these count for nothing."""
    if mismatch.reason or not any(path not in ("$", "") for path in rules):
        return mismatch
    reason = f"nothing is installed that reads {stated.content_type}, so its bytes are compared as they are"
    return dataclasses.replace(mismatch, reason=reason)


def check_typed(expected: MessageContents, message: Message, *, unexpected_keys: bool = True) -> list[Mismatch]:
    """As `check_body`, of contents with a schema or an envelope, whose headers count. No bytes may be a message too."""
    stated, actual = expected.contents, message.contents
    if stated.presence is not _PRESENT or actual is None:
        return _check_presence(stated, actual)
    try:
        example = typed_example(expected, unstated=not unexpected_keys)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        reason = f"of the example in the pact, {error}"
        return [Mismatch("$", f"an example of type {stated.content_type}", ABSENT, ABSENT, reason=reason)]
    try:
        found = typed_actual(stated, message, example)
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        reason = "; ".join(filter(None, (str(error), _frame_unasked(stated, message))))
        return [Mismatch("$", f"contents of type {stated.content_type}", ABSENT, _seen(actual), reason=reason)]
    try:
        top = root(example.rules) if example.rules else NO_RULES
        compared = compare(
            example.document, found.document, top, unexpected_keys=unexpected_keys, checks=example.checks
        )
    except RecursionError:
        return [Mismatch("$", "contents that can be compared", ABSENT, ABSENT, reason="it is nested too deep")]
    said = {each.path for each in found.mismatches}
    return [*found.mismatches, *(each for each in compared if each.path not in said)]


def _frame_unasked(stated: Contents, message: Message) -> str:
    """Whose frame contents look like that a schema could not read, where none is stated: the likeliest mistake."""
    if frame_of(stated.serializer) != "none":
        return ""
    return frame_unasked(message.contents or b"", message.headers or headers_of(message))


def typed_example(expected: MessageContents, *, unstated: bool = False) -> Example:
    """The example of typed contents as it is compared, with what is *unstated* of it or not.

    Raises ValueError where it cannot be read.
    """
    stated = expected.contents
    assert isinstance(stated.value, bytes)
    found = example_of(serializer_of(stated), stated.value, expected.matching_rules.get("body") or {})
    for path in () if unstated else stated.unstated:
        holder, key = _holder(found.document, path)
        holder.pop(key, None)
    for path, value in stated.empty.items():
        for document in (found.document, found.beside):
            holder, key = _holder(document, path)
            holder.setdefault(key, value)
    return found


def _holder(document: Any, path: str) -> tuple[dict[Any, Any], paths.Token]:
    """The object in which the last key of a path of keys and indexes stands, or may; an empty one where there is none."""
    *above, last = paths.parse(path)
    for token in above:
        document = _below(document, token)
    return (document if isinstance(document, dict) else {}), last


def _below(document: Any, token: paths.Token) -> Any:
    if isinstance(document, list):
        return document[int(str(token))] if str(token).isdecimal() and int(str(token)) < len(document) else None
    return document.get(token) if isinstance(document, dict) else None


def typed_actual(stated: Contents, message: Message, example: Example) -> Actual:
    """A message's typed contents as they are compared. Raises ValueError where they cannot be read."""
    assert message.contents is not None
    serializer, payload = received(serializer_of(stated), message.contents, headers_of(message))
    return actual_of(serializer, payload, example.document if example.beside is None else example.beside)


def not_compared(expected: MessageContents, message: Message) -> tuple[str, ...]:
    """What the plugin that wrote the contents does not compare of a message, and so is not compared here."""
    stated = expected.contents
    if stated.form is not _TYPED or stated.presence is not _PRESENT or message.contents is None:
        return ()
    if is_exact(stated.serializer):
        return ()
    try:
        example = typed_example(expected)
        return (*example.not_compared, *typed_actual(stated, message, example).not_compared)
    except (TypeError, ValueError):  # the check has said so
        return ()


def _check_text(example: str, actual: Any, top: Position, *, unexpected_keys: bool) -> list[Mismatch]:
    """Compare what a pact holds as text: by its parts where its type has some."""
    match actual:
        case str():
            return compare_whole(example, actual, top.rules)
        case dict():
            return compare_forms(form.values_of(form.load(example.encode())), form.values_of(actual), top)
    try:
        expected = xml.load(example)
    except ValueError as error:
        return [Mismatch("$", "an example that is XML", ABSENT, ABSENT, reason=f"of the example in the pact, {error}")]
    return compare_xml(expected, actual, top, unexpected_keys=unexpected_keys)


def serializer_of(stated: Contents) -> Serializer:
    """That of the contents, or of their type; where that is none, of the form in which the pact was read all the same."""
    if stated.serializer is not None:
        return stated.serializer
    if stated.content_type is not None and content_types.parse(stated.content_type) is None:
        return serializer_for("application/json" if stated.form is Form.JSON else "text/plain")
    return serializer_for(stated.content_type)


def _check_presence(stated: Contents, actual: bytes | None) -> list[Mismatch]:
    """Where one of them is none or empty, so that there is nothing to compare."""
    match stated.presence:
        case Presence.PRESENT:
            reason = "it is a tombstone" if actual is None else "it is empty"
            return [Mismatch("$", "contents", stated.value, ABSENT, reason=reason)]
        case Presence.TOMBSTONE if actual is not None:
            return [Mismatch("$", "a tombstone (no contents at all)", ABSENT, _seen(actual))]
        case Presence.EMPTY | Presence.NULL if actual:
            return [Mismatch("$", "empty contents", ABSENT, _seen(actual))]
    return []


def _seen(contents: bytes) -> object:
    """The beginning of contents, as they are shown."""
    try:
        return contents.decode()[:200]
    except UnicodeDecodeError:
        return contents[:200]
