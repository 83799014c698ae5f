"""A consumer's module drafted from messages: expectations that all of them meet, types, and handlers to be filled in."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgpact import match
from msgpact.checking import check_once
from msgpact.errors import DeclarationError, NothingToVerify
from msgpact.live.inference import Place, is_word
from msgpact.live.kinds import Group, key_of, kinds
from msgpact.live.source import Types, class_name, identifier, listed, literal, template
from msgpact.model import Message, MessageContents
from msgpact.relaxing import relaxed
from msgpact.rules.paths import parse
from msgpact.template import compile_message

__all__ = ["Draft", "Drafted", "draft"]

FACTS = ("key", "messageGroupId", "subject", "type")
"""Entries beside the address and the headers that a contract may state."""

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Drafted:
    """One expectation of a draft.

    Attributes:
        description: What it is called.
        address: Where its messages come, in words.
        messages: How many there were.
        expected: What the template states, compiled.
    """

    description: str
    address: str
    messages: int
    expected: MessageContents


@dataclass(frozen=True, slots=True)
class Draft:
    """A module.

    Attributes:
        source: Its text.
        expectations: What it expects.
        left_out: Messages that nothing is drafted of, by why.
        discriminators: By address what tells its messages apart, where something does.
        untyped: Addresses whose messages state no content type; a contract always states one.
    """

    source: str
    expectations: tuple[Drafted, ...]
    left_out: Mapping[str, int]
    discriminators: Mapping[str, str]
    untyped: tuple[str, ...] = ()


def draft(
    messages: Iterable[Message],
    *,
    keys: Sequence[str],
    consumer: str,
    provider: str,
    discriminator: str | None = None,
    values: bool = False,
) -> Draft:
    """A draft from messages.

    Args:
        messages: Those that there are.
        keys: The entries of the metadata that are a message's address.
        consumer: The name of the consumer.
        provider: The name of the provider.
        discriminator: What tells messages of one address apart; found out if it is not said.
        values: Whether examples are values that were seen; else they are made up.

    Raises:
        NothingToVerify: nothing can be drafted of any of them.
    """
    left_out = Counter[str]()
    groups = kinds(messages, keys, discriminator, left_out)
    if not groups:
        why = ", ".join(f"{number} {each}" for each, number in left_out.items()) or "there is none"
        raise NothingToVerify(f"Cannot draft a contract from the messages: {why}. Look at others.")
    module = _Module(keys, values)
    expectations = tuple(module.expectation(each) for each in groups)
    told = {module.shown(each): each.discriminator for each in groups if each.discriminator is not None}
    untyped = tuple(
        dict.fromkeys(module.shown(each) for each in groups if each.content_type is None and not each.is_tombstone)
    )
    return Draft(module.source(consumer, provider, expectations, told), expectations, left_out, told, untyped)


# -- the module ------------------------------------------------------------------------------------------------------

_HEAD = '''"""{consumer}'s contract with {provider}, drafted from {messages}.

{told}"""

{imports}
consumer = msgpact.Consumer({consumer_text}, provider={provider_text})
'''


class _Module:
    """A module while it is written."""

    def __init__(self, keys: Sequence[str], values: bool) -> None:
        self._keys, self._values = tuple(keys), values
        self._types = Types()
        self._functions: list[str] = []
        self._names: set[str] = set()
        self._descriptions: set[str] = set()

    def shown(self, group: Group) -> str:
        """The address of messages, in words."""
        return " ".join(str(each) for each in group.address if each) or "no address"

    def expectation(self, group: Group) -> Drafted:
        """Write one expectation, and its handler."""
        address = self.shown(group)
        name = f"{address}: {group.value}" if group.value is not None else f"a message of {address}"
        if group.is_tombstone:
            name = f"a tombstone of {address}"
        description = _unique(name, self._descriptions, " {}")
        contents, metadata, expected, place = self._stated(group)
        last = (
            f"{group.value}"
            if isinstance(group.value, str) and is_word(group.value)
            else f"{address} {group.value or ''}"
        )
        function = _unique(f"on_{identifier(last + (' tombstone' if group.is_tombstone else ''))}", self._names, "_{}")
        annotation = "None" if place is None else self._types.of(place, class_name(function.removeprefix("on_")))
        parts = [literal(description), f"contents={contents}"]
        if metadata != "{}":
            parts.append(f"metadata={metadata}")
        if group.content_type not in (None, _JSON) and not group.is_tombstone:
            parts.append(f"content_type={literal(group.content_type)}")
        stated = listed("@consumer.expects(", parts, ")", 0)
        self._functions.append(
            f'{stated}\ndef {function}(message: {annotation}) -> None:\n    """Say here what becomes of it."""\n'
        )
        return Drafted(description, address, len(group.messages), expected)

    def _stated(self, group: Group) -> tuple[str, str, MessageContents, Place | None]:
        """The templates of contents and metadata; what one of the messages does not meet is left out of them."""
        place = None if group.is_tombstone else Place.of(group.documents)
        entries = Place.of(self._entries(each) for each in group.messages)
        while True:
            contents = "None" if place is None else template(place, 4, values=self._values, exact=_exact_key(group))
            metadata = self._metadata(entries, group)
            expected = _compiled(contents, metadata, group)
            if not self._loosened(expected, group, place, entries):
                return contents, metadata, expected, place

    def _loosened(self, expected: MessageContents, group: Group, place: Place | None, entries: Place) -> bool:
        """Whether something had to be left out, as a message does not meet it."""
        for held in (expected, relaxed(expected, without=self._keys)):
            for message in group.messages:
                for mismatch in check_once(held, message):
                    if mismatch.path == "contentType" and message.content_type is None:
                        continue  # a contract always states one
                    where = place if mismatch.part == "contents" and place is not None else entries
                    path = parse(mismatch.path) if where is place else (mismatch.path,)
                    if where.free(path):
                        return True
                    raise DeclarationError(
                        f"Cannot draft a contract from the messages of {self.shown(group)}: {mismatch}. Leave some of them out."
                    )
        return False

    def _entries(self, message: Message) -> dict[str, object]:
        headers = {name for name, _ in message.headers}
        return {
            name: value
            for name, value in message.metadata.items()
            if name in self._keys or name in FACTS or name.removeprefix("header:") in headers
        }

    def _metadata(self, entries: Place, group: Group) -> str:
        parts = []
        for name, below in sorted(entries.always, key=lambda each: each[0] not in self._keys):
            if name == "contentType" or set(below.kinds) & {"object", "array", "null"}:
                continue
            is_address = name in self._keys and len(set(below.values)) == 1
            if is_address or name == group.discriminator:
                parts.append(f"{literal(name)}: {literal(below.values[0])}")
            else:
                parts.append(f"{literal(name)}: {template(below, 8, values=self._values)}")
        return listed("{", parts, "}", 4)

    def source(
        self, consumer: str, provider: str, expectations: Sequence[Drafted], told: Mapping[str, str | None]
    ) -> str:
        """The whole of it."""
        number = sum(each.messages for each in expectations)
        functions = "\n\n".join(self._functions)
        types = "\n\n".join(self._types.written)
        head = _HEAD.format(
            consumer=_plain(consumer),
            provider=_plain(provider),
            messages=f"{number} message{'s'[number == 1 :]}",
            told=self._told(told),
            imports=self._imports("match." in functions),
            consumer_text=literal(consumer),
            provider_text=literal(provider),
        )
        return "\n\n".join(each for each in (head, types, functions) if each)

    def _told(self, told: Mapping[str, str | None]) -> str:
        examples = "Examples are values that were seen." if self._values else "Examples are made up."
        lines = [
            "What is stated is what they had in common, which may be more than you rely on: leave out",
            f"what you do not need. {examples} Fields that only some had are named in comments.",
        ]
        lines += [
            f"Messages of {_plain(each)} are told apart by discriminator={name!r}." for each, name in told.items()
        ]
        return "\n".join(lines) + "\n"

    def _imports(self, uses_match: bool) -> str:
        needs = self._types.needs
        standard = sorted(needs & {"Any", "NotRequired"})
        lines = [f"from typing import {', '.join(standard)}\n"] if standard else []
        third = ["import msgpact"]
        if uses_match:
            third.append("from msgpact import match")
        if "TypedDict" in needs:  # Pydantic wants this one before Python 3.12
            third.append("from typing_extensions import TypedDict")
        return "\n".join([*lines, *third]) + "\n"


def _exact_key(group: Group) -> str | None:
    name = group.discriminator
    return key_of(name) if name is not None and name.startswith("$") else None


def _compiled(contents: str, metadata: str, group: Group) -> MessageContents:
    """What the source states: what is checked is what is written."""
    known = {"match": match, "__builtins__": {}}
    stated = eval(contents, known)  # noqa: S307  (the source that `template` wrote, whose texts are literals)
    entries = eval(metadata, known)  # noqa: S307  (as above)
    content_type = None if group.is_tombstone else group.content_type
    return compile_message(stated, entries, content_type)


def _unique(name: str, taken: set[str], suffix: str) -> str:
    found, number = name, 2
    while found in taken:
        found, number = name + suffix.format(number), number + 1
    taken.add(found)
    return found


def _plain(text: str) -> str:
    """A text as it may stand in a docstring."""
    return "".join(each if each.isprintable() and each not in '\\"' else "_" for each in text)
