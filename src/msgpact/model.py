"""The values of a contract, frozen, in the Pact specification's words.

`Contract`, `Interaction`, `MessageContents` and what they hold are what a pact file says; `Message` and `Outgoing` are
what a service really sends. Nothing here reads files, matches or serializes.
"""

import difflib
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from msgpact.errors import DeclarationError, shown

__all__ = [
    "Combine",
    "Contents",
    "Contract",
    "Emitted",
    "Form",
    "Generator",
    "Headers",
    "Interaction",
    "InteractionType",
    "MatchingRule",
    "Message",
    "MessageContents",
    "MessageSequence",
    "Outgoing",
    "PathRules",
    "Presence",
    "ProviderState",
    "RuleSet",
    "Serializer",
    "Variant",
    "is_content_type_key",
    "state",
    "states_from",
]

Combine = Literal["AND", "OR"]


class InteractionType(enum.StrEnum):
    """The kinds of interaction of specification 4; a V3 message is an asynchronous one."""

    ASYNCHRONOUS_MESSAGE = "Asynchronous/Messages"
    SYNCHRONOUS_MESSAGE = "Synchronous/Messages"
    HTTP = "Synchronous/HTTP"


class Presence(enum.Enum):
    """What a pact says of a message's contents before anything is compared."""

    MISSING = "missing"
    """Not stated: any contents match."""
    NULL = "null"
    EMPTY = "empty"
    """Contents of no bytes are demanded."""
    TOMBSTONE = "tombstone"
    """No contents at all are demanded (`Message.contents is None`); only msgpact can state it."""
    PRESENT = "present"


class Form(enum.Enum):
    """How `Contents.value` is held."""

    JSON = "json"
    """A decoded document: dict, list, str, int, float, bool or None."""
    TYPED = "typed"
    """Bytes that `Contents.serializer`, which knows their schema, reads: Avro, Protobuf."""
    TEXT = "text"
    """A str."""
    BINARY = "binary"
    """Bytes."""


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A state the provider must be in; *params* are any JSON values."""

    name: str
    params: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        if not self.params:
            return self.name
        return self.name + ", " + ", ".join(f"{name}={shown(value)}" for name, value in self.params.items())


def state(name: str, /, params: Mapping[str, object] | None = None, **more: object) -> ProviderState:
    """A provider state with its parameters, by keyword or, for names that are no identifiers, as a mapping."""
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(f"Cannot name a provider state {name!r}: a name is text that is not empty. Give one.")
    if params is not None and not isinstance(params, Mapping):
        raise DeclarationError(
            f"Cannot use {params!r} as the parameters of the state {name!r}: it is a {type(params).__name__}. "
            f"A parameter that is called 'params' is written state({name!r}, {{'params': ...}})."
        )
    return ProviderState(name, {**(params or {}), **more})


def states_from(given: str | ProviderState | Iterable[str | ProviderState]) -> tuple[ProviderState, ...]:
    """One state or several, each a name or a `ProviderState`, as a tuple of `ProviderState`."""
    if isinstance(given, str | ProviderState):
        given = (given,)
    if isinstance(given, Mapping) or not isinstance(given, Iterable):
        raise DeclarationError(
            f"Cannot use {given!r} as provider states: it is a {type(given).__name__}. "
            "Write a state's name, msgpact.state(name, param=value), or a list of them."
        )
    states = []
    for each in given:
        if isinstance(each, str):
            states.append(ProviderState(each))
        elif isinstance(each, ProviderState):
            states.append(each)
        else:
            raise DeclarationError(
                f"Cannot use {each!r} as a provider state: it is a {type(each).__name__}. "
                "Write its name, or msgpact.state(name, param=value)."
            )
    return tuple(states)


@dataclass(frozen=True, slots=True)
class MatchingRule:
    """One matcher: its specification name (`type`, `regex`, `eachValue`, …) and its attributes.

    Attributes are normalised: `min`/`max` are ints, `rules` of eachKey/eachValue are tuples of `MatchingRule`,
    `variants` of arrayContains are tuples of `Variant`.
    """

    match: str
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The matchers at one path, and whether all (`AND`) or one (`OR`) of them must pass.

    The engine keeps what it makes of them beside them.
    """

    matchers: tuple[MatchingRule, ...]
    combine: Combine = "AND"
    compiled: Callable[[object, object], object] | None = field(default=None, init=False, repr=False, compare=False)
    kinds: frozenset[type] = field(default=frozenset(), init=False, repr=False, compare=False)
    position: object = field(default=None, init=False, repr=False, compare=False)

    def __reduce__(self) -> tuple[object, ...]:
        """What the engine keeps is made again where it is needed."""
        return RuleSet, (self.matchers, self.combine)


class PathRules(dict[str, RuleSet]):
    """The rules of one category by path; not to be changed, since the engine keeps their compiled form beside them."""

    __slots__ = ("root",)

    def __init__(self, rules: Mapping[str, RuleSet] | Iterable[tuple[str, RuleSet]] = ()) -> None:
        super().__init__(rules)
        self.root: object = None

    def __reduce__(self) -> tuple[object, ...]:
        """As of a `RuleSet`."""
        return PathRules, (dict(self),)


@dataclass(frozen=True, slots=True)
class Generator:
    """A generator of example values: its specification name and its attributes."""

    type: str
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Variant:
    """One alternative of arrayContains: some item must match example item *index* by *rules* (paths from the item)."""

    index: int
    rules: Mapping[str, RuleSet] | None = None
    """None where the file says nothing, which means equality."""
    generators: Mapping[str, Generator] = field(default_factory=dict)


class Serializer(Protocol):
    """Bytes of one content type. A module with these three functions is one.

    All three raise ValueError or TypeError with a clause that says what is wrong; whoever calls them knows whose value
    it was and says so.
    """

    def dump(self, value: object, /) -> bytes:
        """The bytes that production would send for *value*."""

    def load(self, contents: bytes, /) -> object:
        """The document that matching rules are applied to."""

    def build(self, contents: bytes, into: object, /) -> object:
        """An instance of *into*, the type that a handler annotates."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The example contents of a message as the pact holds them."""

    presence: Presence = Presence.MISSING
    value: object = None
    form: Form = Form.JSON
    content_type: str | None = None
    content_type_hint: str | None = None
    serializer: Serializer | None = None
    """What reads and writes them, where that does not follow from the content type: it holds a schema."""
    unstated: tuple[str, ...] = ()
    """Paths of what stands in the example only because its schema demands it: it may come as it likes."""
    empty: Mapping[str, object] = field(default_factory=dict)
    """By path the empty lists and objects that are stated and that its bytes cannot show."""


@dataclass(frozen=True, slots=True)
class MessageContents:
    """What is expected of one message: contents, metadata, and by category and path the rules and generators.

    Nothing in it is to be changed once a message was checked: the engine keeps what it makes of it beside it.
    """

    contents: Contents = Contents()
    metadata: Mapping[str, object] = field(default_factory=dict)
    matching_rules: Mapping[str, Mapping[str, RuleSet]] = field(default_factory=dict)
    generators: Mapping[str, Mapping[str, Generator]] = field(default_factory=dict)
    shortcut: "Callable[[MessageContents, Message], object] | None" = field(
        default=None, init=False, repr=False, compare=False
    )

    def __reduce__(self) -> tuple[object, ...]:
        """As of a `RuleSet`."""
        return MessageContents, (self.contents, self.metadata, self.matching_rules, self.generators)


def _titled(description: str, states: Sequence[ProviderState]) -> str:
    return f"{description} (given {'; '.join(map(str, states))})" if states else description


@dataclass(frozen=True, slots=True)
class Interaction:
    """One interaction of a contract.

    `message` is set for an asynchronous message, `request` and `responses` for a synchronous one. Whatever the file
    holds besides, known to msgpact or not, is in `extra` and survives a round trip; an HTTP interaction is all `extra`,
    of which `pactfile.http` reads the request and the response.
    """

    type: InteractionType
    description: str
    provider_states: tuple[ProviderState, ...] = ()
    message: MessageContents | None = None
    request: MessageContents | None = None
    responses: tuple[MessageContents, ...] = ()
    key: str | None = None
    pending: bool = False
    comments: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)

    @property
    def origin(self) -> str | None:
        """`module:qualname` of the consumer's handler, where msgpact recorded the interaction."""
        ours = self.comments.get("msgpact")
        origin = ours.get("origin") if isinstance(ours, Mapping) else None
        return origin if isinstance(origin, str) else None

    def __str__(self) -> str:
        return _titled(self.description, self.provider_states)


@dataclass(frozen=True, slots=True)
class Emitted:
    """A message of a sequence, by the interaction that says what it is."""

    description: str
    provider_states: tuple[ProviderState, ...] = ()

    def __str__(self) -> str:
        return _titled(self.description, self.provider_states)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSequence(Interaction):
    """What a consumer expects of one action of the provider: the messages that it sends, and that it sends no others.

    It is verified and reported as an interaction is, and stands in a contract's `sequences`, not among its interactions.

    Attributes:
        emits: The messages.
        ordered: Whether they are sent in that order.
        exactly: Whether nothing else is sent where these go, nor within *within*.
        within: Names of topics, queues and exchanges.
    """

    emits: tuple[Emitted, ...] = ()
    ordered: bool = True
    exactly: bool = True
    within: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contract:
    """What one consumer expects of one provider: a pact file's contents."""

    consumer: str
    provider: str
    interactions: tuple[Interaction, ...] = ()
    spec_version: str = "4.0"
    metadata: Mapping[str, object] = field(default_factory=dict)
    """The file's own metadata, without `pactSpecification`."""
    source: str | None = field(default=None, compare=False)
    """The file it was read from."""
    sequences: tuple[MessageSequence, ...] = ()

    def __getitem__(self, description: str) -> Interaction:
        """The interaction of that description.

        Raises:
            LookupError: there is none, or several that differ in their states; the message lists them.
        """
        return self.find(description)

    def find(
        self, description: str, *, given: str | ProviderState | Iterable[str | ProviderState] | None = None
    ) -> Interaction:
        """The interaction of that description and, if *given* says so, of exactly those provider states in that order.

        A state given by name alone stands for that state with any parameters.

        Raises:
            LookupError: there is none, or several; the message lists the candidates.
        """
        same = [each for each in self.interactions if each.description == description]
        found = same if given is None else [each for each in same if _fits(each.provider_states, states_from(given))]
        if len(found) == 1:
            return found[0]
        if found:
            listed = "\n  ".join(str(each) for each in found)
            raise LookupError(
                f"Cannot choose between the {len(found)} interactions called {description!r}: they differ in their "
                f"states. Say which by contract.find({description!r}, given=...):\n  {listed}"
            )
        known = sorted({str(each) for each in (same or self.interactions)})
        close = difflib.get_close_matches(description, [each.description for each in self.interactions], n=1)
        hint = f" Did you mean {close[0]!r}?" if close and not same else ""
        listed = "\n  ".join(known) if known else "(none)"
        raise LookupError(
            f"Cannot find {description!r} in the contract of {self.consumer!r} with {self.provider!r}: "
            f"no interaction is called so{' with those states' if same else ''}.{hint} There are:\n  {listed}"
        )

    def __iter__(self) -> Iterator[Interaction]:
        return iter(self.interactions)


def _fits(states: Sequence[ProviderState], wanted: Sequence[ProviderState]) -> bool:
    return len(states) == len(wanted) and all(
        has.name == want.name and (not want.params or dict(has.params) == dict(want.params))
        for has, want in zip(states, wanted, strict=True)
    )


def is_content_type_key(name: str) -> bool:
    """Whether a metadata or header name means the content type: `contentType`, `Content-Type`, `content-type`, …"""
    return name.lower() in ("contenttype", "content-type")


Headers = tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """A message as it is sent or received.

    Attributes:
        contents: The body; None is a tombstone (no body at all), `b""` an empty body.
        headers: Exact `(name, value)` pairs in order, duplicates kept; a value is bytes or None.
        metadata: The contract's view: headers as text where they are text (a list where a name repeats), and the
            transport's own facts under reserved names (`topic`, `key`, …). Where a header has a reserved name, the
            header is `header:NAME`. What is no text on its transport (a number, a table) is told by *shown*, by the
            header's name. The content type is always `contentType`.
        content_type: The same fact as `metadata["contentType"]`.
    """

    contents: bytes | None
    headers: Headers
    metadata: Mapping[str, object]
    content_type: str | None

    def __init__(
        self,
        contents: bytes | None,
        *,
        content_type: str | None = None,
        metadata: Mapping[str, object] | None = None,
        headers: Mapping[str, bytes | str | None] | Iterable[tuple[str, bytes | str | None]] = (),
        shown: Mapping[str, object] | None = None,
    ) -> None:
        if contents is not None and not isinstance(contents, bytes):
            if not isinstance(contents, bytearray | memoryview):
                raise DeclarationError(
                    f"Cannot make a Message of a {type(contents).__name__}: contents are bytes, or None for a "
                    "tombstone. Encode the value first, or return msgpact.Outgoing(value)."
                )
            contents = bytes(contents)
        if metadata is not None and not isinstance(metadata, Mapping):
            raise DeclarationError(
                f"Cannot make a Message with metadata={metadata!r}: it is no dict. Write metadata={{'topic': 'orders'}}."
            )
        if content_type is not None and not isinstance(content_type, str):
            raise DeclarationError(
                f"Cannot make a Message of content type {content_type!r}: it is no text. Write 'application/json'."
            )
        exact = _exact(headers) if headers else ()
        view = _header_view(exact, metadata or {}, shown or {}) if exact else dict(metadata or {})
        stated = _take_content_type(view)
        if content_type is not None and stated is not None and content_type != stated:
            raise DeclarationError(
                f"Cannot make a Message of content type {content_type!r}: its metadata says {stated!r}. Say it once."
            )
        content_type = content_type if content_type is not None else stated
        if content_type is not None:
            view["contentType"] = content_type
        object.__setattr__(self, "contents", contents)
        object.__setattr__(self, "headers", exact)
        object.__setattr__(self, "metadata", view)
        object.__setattr__(self, "content_type", content_type)


def _exact(headers: Mapping[str, bytes | str | None] | Iterable[object]) -> Headers:
    exact: list[tuple[str, bytes | None]] = []
    for each in headers.items() if isinstance(headers, Mapping) else headers:
        match each:
            case (str() as name, str() as text):
                exact.append((name, text.encode()))
            case (str() as name, None | bytes() as value):
                exact.append((name, value))
            case _:
                raise DeclarationError(
                    f"Cannot make a Message with the header {each!r}: it is no pair of a name and bytes, text or None. "
                    "Write headers=[('trace-id', b'1')]."
                )
    return tuple(exact)


def _take_content_type(view: dict[str, object]) -> str | None:
    """What *view* says of the content type; in another spelling than `contentType` it is taken out."""
    usual = "contentType"  # looked for first: this runs for every message
    key = usual
    if usual not in view:
        for key in view:
            if is_content_type_key(key):
                break
        else:
            return None
    value = view[key]
    if isinstance(value, list) and value:  # a repeated header: the first one counts, as in HTTP and Kafka clients
        value = value[0]
    if not isinstance(value, str):
        return None
    if key != usual:
        del view[key]
    return value


def _header_view(headers: Headers, facts: Mapping[str, object], shown: Mapping[str, object]) -> dict[str, object]:
    """Headers as a mapping of text, or of what is *shown*, beside the transport's *facts*, which keep their names."""
    grouped: dict[str, list[object]] = {}
    for name, value in headers:
        each = shown[name] if name in shown else _text(value)
        grouped.setdefault(f"header:{name}" if name in facts else name, []).append(each)
    view: dict[str, object] = {name: values[0] if len(values) == 1 else values for name, values in grouped.items()}
    view.update(facts)
    return view


def _text(value: bytes | None) -> str | None:
    """A header's value as text; bytes that are no UTF-8 as `base64:…`, since metadata in a contract is JSON."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        import base64

        return "base64:" + base64.b64encode(value).decode("ascii")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What a producer returns to say more than a value: *value* goes through the serializer, *metadata* goes with it.

    A *value* of None is a tombstone.
    """

    value: object
    metadata: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.value, Message):
            raise DeclarationError(
                "Cannot make an Outgoing of a Message: a message has its metadata itself. Return the Message."
            )
        if not isinstance(self.metadata, Mapping):
            raise DeclarationError(
                f"Cannot make an Outgoing with metadata={self.metadata!r}: it is no dict. Write metadata={{'key': '42'}}."
            )
