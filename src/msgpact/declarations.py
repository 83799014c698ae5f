"""What both registries, `Consumer` and `Provider`, check of what they are told, there and then."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgpact.errors import DeclarationError
from msgpact.model import Serializer
from msgpact.rules import content_types
from msgpact.serializers.base import lacking
from msgpact.signatures import Parameters, Place, is_generator

__all__ = [
    "checked_content_type",
    "checked_function",
    "checked_metadata",
    "checked_modules",
    "checked_name",
    "checked_serializer",
    "checked_target",
    "refuse_generator",
    "refuse_method",
]

__tracebackhide__ = True  # by pytest: a mistake is shown where the user made it


def checked_name(name: object, doing: str, decorator: str = "") -> str:
    """A name that is text and not empty; *decorator* is what forgotten parentheses stand behind."""
    if decorator and callable(name):
        raise DeclarationError(
            f"Cannot {doing} {_place(name)}: that is a function. Write the parentheses, and a name in them: {decorator}"
        )
    if not isinstance(name, str) or not name.strip():
        raise DeclarationError(f"Cannot {doing} {name!r}: a name is text that is not empty. Give one.")
    return name


def _place(function: Any) -> str:
    return str(Place.of(function))


def checked_modules(modules: Iterable[str]) -> tuple[str, ...]:
    """The names of modules, as a tuple."""
    if isinstance(modules, str):
        raise DeclarationError(f"Cannot use modules={modules!r}: it is one text. Write a list: modules=[{modules!r}].")
    names = tuple(modules) if isinstance(modules, Iterable) else (modules,)
    for each in names:
        if not isinstance(each, str):
            raise DeclarationError(
                f"Cannot use {each!r} as one of the modules: it is a {type(each).__name__}. "
                "Write its name: modules=['shop.handlers']."
            )
    return names


def checked_metadata(metadata: object, whose: str) -> dict[str, object]:
    """Metadata as a dict of its own."""
    if metadata is None:
        return {}
    if not isinstance(metadata, Mapping):
        raise DeclarationError(
            f"Cannot use metadata={metadata!r} for {whose}: it is no dict. Write metadata={{'topic': 'orders'}}."
        )
    return dict(metadata)


def checked_content_type(content_type: object, whose: str) -> None:
    """Refuse what is no content type."""
    if content_type is not None and (not isinstance(content_type, str) or content_types.parse(content_type) is None):
        raise DeclarationError(
            f"Cannot use content_type={content_type!r} for {whose}: it is none. Write it like 'application/json'."
        )


def checked_function(function: object, argument: str, whose: str, takes: int | None = None) -> None:
    """Refuse what is no function, or cannot be called with so many arguments by position."""
    if function is None:
        return
    if not callable(function):
        raise DeclarationError(f"Cannot use {argument}={function!r} for {whose}: it is no function. Give one.")
    if takes is None:
        return
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return
    try:
        signature.bind(*range(takes))
    except TypeError as error:
        given = "nothing" if takes == 0 else "one argument"
        raise DeclarationError(
            f"Cannot use {argument}={_place(function)} for {whose}: it is called with {given} ({error}). "
            "Give a function that can be."
        ) from None


def checked_serializer(serializer: Any, whose: str, *, otherwise: str = "") -> Serializer | None:
    """A serializer with its three functions, or none; *otherwise* says what might be given instead."""
    if serializer is None or not lacking(serializer):
        return serializer  # type: ignore[no-any-return]  # it has been looked at
    kind = "a class" if isinstance(serializer, type) else f"no serializer{otherwise}"
    raise DeclarationError(
        f"Cannot use serializer={serializer!r} for {whose}: it is {kind}. "
        "Give one, like Avro('order.avsc'), or an object with the functions dump, load and build."
    )


def checked_target(function: object, doing: str) -> Parameters:
    """The signature of what a decorator stands on: a function, or whatever can be called."""
    if isinstance(function, staticmethod | classmethod):
        kind = type(function).__name__
        raise DeclarationError(f"Cannot {doing} a {kind}: put @{kind} above the decorator, not below it.")
    if not callable(function):
        raise DeclarationError(f"Cannot {doing} {function!r}: it is no function. Decorate one.")
    return Parameters(function)


def refuse_generator(function: Callable[..., object], doing: str, instead: str) -> None:
    """Refuse a function that runs nothing when it is called."""
    if is_generator(function):
        raise DeclarationError(f"Cannot {doing} {Place.of(function)}: it is a generator. {instead}")


def refuse_method(function: Callable[..., object], doing: str) -> None:
    """Refuse a method that has no instance."""
    place, positional = Place.of(function), Parameters(function).positional
    outer = place.name.rpartition(".")[0]
    if positional and positional[0].name == "self" and outer and not outer.endswith("<locals>"):
        raise DeclarationError(
            f"Cannot {doing} {place}: it is a method, and there is no instance of its class. Name the method of an instance."
        )
