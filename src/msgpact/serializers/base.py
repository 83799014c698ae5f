"""What a serializer is, and which one a content type calls for."""

import contextlib
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Protocol, cast

from msgpact.errors import DeclarationError, UsageError
from msgpact.model import Headers, Message, Serializer, is_content_type_key
from msgpact.rules import content_types
from msgpact.rules.content_types import ContentType

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = [
    "BUILT_IN",
    "GROUP",
    "Enveloped",
    "Serializer",
    "UnusableSchema",
    "bare_reader",
    "example_bytes",
    "forget_others",
    "headers_of",
    "lacking",
    "others_serializer",
    "received",
    "sent",
    "serializer_for",
]


class Enveloped(Serializer, Protocol):
    """A serializer whose payloads travel in an envelope: a registry's frame, headers.

    Its `dump`, `load` and `build` are about the bare payload, which is what a pact holds.
    """

    def sent(self, payload: bytes, /) -> tuple[bytes, Headers]:
        """The contents and the headers that carry a payload."""

    def received(self, contents: bytes, headers: Headers, /) -> tuple[Serializer, bytes]:
        """The payload, and what reads it: by the schema that its writer used.

        Raises:
            ValueError: it is in another envelope, or in none; a clause that says what is there instead.
            Unavailable: the registry that knows the schema does not answer.
        """


def lacking(given: object) -> tuple[str, ...]:
    """The functions of a serializer that an object does not have; all of them if it is a class.

    They are looked at, not asked for: one that holds a schema may make them when they are first needed.
    """
    return tuple(name for name in _MEMBERS if isinstance(given, type) or not _has(given, name))


_MEMBERS = ("dump", "load", "build")


def _has(given: object, name: str) -> bool:
    found = inspect.getattr_static(given, name, None)
    return callable(found) or hasattr(found, "__get__") or callable(getattr(given, name, None))


class UnusableSchema(DeclarationError):
    """What was given as a schema is none.

    Attributes:
        why: What is wrong with it, as a clause, for a message about what the schema is part of.
    """

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why


def sent(serializer: Serializer, payload: bytes) -> tuple[bytes, Headers]:
    """The contents and the headers that carry a payload; without an envelope it is the contents."""
    wrap = getattr(serializer, "sent", None)
    return (payload, ()) if wrap is None else wrap(payload)


def received(serializer: Serializer, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
    """The payload that contents carry, and what reads it. Raises as `Enveloped.received`."""
    unwrap = getattr(serializer, "received", None)
    return (serializer, contents) if unwrap is None else unwrap(contents, headers)


def headers_of(message: Message) -> Headers:
    """A message's headers, and as such what its metadata say beside them: of what a pact states there is nothing else."""
    names = {name for name, _ in message.headers}
    found = list(message.headers)
    for key, said in message.metadata.items():
        name = "content-type" if is_content_type_key(key) else key.removeprefix("header:")
        if name in names or (name == "content-type" and any(map(is_content_type_key, names))):
            continue
        for each in said if isinstance(said, list) else [said]:
            if each is None or isinstance(each, str):
                found.append((name, None if each is None else _header_value(each)))
    return tuple(found)


def _header_value(text: str) -> bytes:
    """The bytes that metadata show as a text: those that are none stand in base64 there."""
    encoded = text.removeprefix("base64:")
    if encoded != text:
        import base64

        with contextlib.suppress(ValueError):
            return base64.b64decode(encoded, validate=True)
    return text.encode("utf-8", "surrogatepass")


def example_bytes(serializer: Serializer, document: object) -> bytes:
    """The payload of an example, which names what counts; one that writes examples in another way says so by that attribute.

    Raises as `dump`.
    """
    write = getattr(serializer, "example_bytes", serializer.dump)
    return cast(bytes, write(document))


def bare_reader(serializer: Serializer) -> Callable[[bytes], object] | None:
    """What reads contents, where no envelope is to be looked into; None where each message may be in its own.

    One that has envelopes says so by its attribute `bare_reader`.
    """
    if getattr(serializer, "received", None) is None:
        return serializer.load
    return cast("Callable[[bytes], object] | None", getattr(serializer, "bare_reader", None))


# -- by content type -------------------------------------------------------------------------------------------------

BUILT_IN: tuple[tuple[Callable[[ContentType], bool], str], ...] = (
    (attrgetter("is_json"), "msgpact.serializers.json"),
    (attrgetter("is_xml"), "msgpact.serializers.xml"),
    (attrgetter("is_form"), "msgpact.serializers.form"),
    (attrgetter("is_text"), "msgpact.serializers.text"),
)
"""Which content types have which of our modules; the first that fits counts."""

GROUP = "msgpact.serializers"
"""The entry points of other people's serializers: named by a content type without parameters, or by a suffix with its plus."""

_BINARY = "msgpact.serializers.binary"


@functools.lru_cache(maxsize=256)
def serializer_for(content_type: str | None) -> Serializer:
    """The serializer of a content type; JSON where none is stated, raw bytes where it is not known.

    Raises:
        UsageError: another package's serializer for it cannot be used; the message names the package.
    """
    if content_type is None:
        return _module("msgpact.serializers.json")
    parsed = content_types.parse(content_type)
    built_in = _built_in(parsed)
    if built_in is not None or parsed is None:
        return _module(built_in or _BINARY)
    found = others_serializer(content_type)
    if found is not None:
        return found
    schemas: Mapping[str, Serializer] = importlib.import_module(_BINARY).WITHOUT_SCHEMA
    return schemas[parsed.schema] if parsed.schema else _module(_BINARY)


@functools.lru_cache(maxsize=256)
def others_serializer(content_type: str | None) -> Serializer | None:
    """What another package registers for a content type that none of ours reads: the type itself counts before its suffix.

    What it loads is compared as a document, as contents with a schema are. Raises as `serializer_for`.
    """
    parsed = content_types.parse(content_type) if content_type else None
    if parsed is None or _built_in(parsed) is not None:
        return None
    names = (parsed.name, f"+{parsed.suffix}") if parsed.suffix else (parsed.name,)
    registered = _registered()
    return next((_loaded(name, registered[name]) for name in names if name in registered), None)


def forget_others() -> None:
    """Look other people's serializers up again, for a process in which packages are installed while it runs."""
    for each in (serializer_for, others_serializer, _registered):
        each.cache_clear()


def _built_in(parsed: ContentType | None) -> str | None:
    return None if parsed is None else next((module for fits, module in BUILT_IN if fits(parsed)), None)


def _module(name: str) -> Serializer:
    return cast(Serializer, importlib.import_module(name))


@functools.cache
def _registered() -> "Mapping[str, tuple[EntryPoint, ...]]":
    """The entry points by what they are for; a content type has no case."""
    from importlib.metadata import entry_points

    found: dict[str, tuple[EntryPoint, ...]] = {}
    for each in entry_points(group=GROUP):
        found[each.name.lower()] = (*found.get(each.name.lower(), ()), each)
    return found


def _loaded(name: str, entries: "tuple[EntryPoint, ...]") -> Serializer:
    if len({each.value for each in entries}) > 1:
        listed = " and ".join(sorted(f"{each.value!r} of {_package(each)}" for each in entries))
        raise UsageError(
            f"Cannot choose a serializer for {name!r}: several packages register one, {listed}. "
            "Uninstall all but one, or give serializer= where it is used."
        )
    entry = entries[0]
    what = f"Cannot use the serializer {entry.value!r}, which {_package(entry)} registers for {name!r}"
    try:
        found = entry.load()
    except Exception as error:
        why = f"{type(error).__name__}: {error}".rstrip(".")
        raise UsageError(f"{what}: it does not load ({why}). Mend that package, or uninstall it.") from error
    if isinstance(found, type):
        raise UsageError(f"{what}: it is a class. Register an instance of it, or a module.")
    if missing := lacking(found):
        raise UsageError(f"{what}: it has no {' and no '.join(missing)}. Give it the three functions of a serializer.")
    return cast(Serializer, found)


def _package(entry: "EntryPoint") -> str:
    return "a package" if entry.dist is None else f"the package {entry.dist.name}"
