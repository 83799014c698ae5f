"""What every transport's `consume` can be told, and what a loop makes of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict, Unpack

from msgpact.consumer import Consumer
from msgpact.consuming.control import Control, OnUnrouted, Settings
from msgpact.errors import UsageError
from msgpact.expectation import Via
from msgpact.guard import Discriminator, Guard, Mode
from msgpact.receivers import Handler
from msgpact.retries import Retries

__all__ = ["Options", "checked_dead_letter", "guard_of", "refuse_circle", "settings_of"]


class Options(TypedDict, total=False):
    """What every `consume` and `aconsume` can be told by keyword.

    Attributes:
        discriminator: What tells the messages of one address apart: a name in the metadata, a path in the contents
            (`$.type`), or a function of the message.
        mode: What breaks the contract is handled all the same (`observe`, unless told), or is a dead letter (`enforce`).
        on_unrouted: What becomes of a message that no handler expects: `ack`, unless told; `dead_letter`; or `fail`, which
            ends the loop.
        arguments: What handlers take beside the message, by name.
        handlers: What is called instead of a handler: for a method, the one of an instance.
        retries: How often a message that was not handled is tried again: 5 times, unless told; None for ever; or `Retries`.
        timeout: Seconds that a handler may take.
        log_payloads: Whether contents, metadata and the words of exceptions, which may quote them, are logged; not, unless told.
        concurrency: How many messages are handled at a time by coroutines: 1, unless told. Messages with the same key are handled
            one after another all the same, and plain functions are called one at a time.
        control: What the loop is seen and stopped by from outside.
    """

    discriminator: Discriminator | None
    mode: Mode
    on_unrouted: OnUnrouted
    arguments: Mapping[str, object]
    handlers: Mapping[Handler, Handler]
    retries: Retries | int | None
    timeout: float | None
    log_payloads: bool
    concurrency: int
    control: Control


def guard_of(
    consumers: Consumer | Iterable[Consumer],
    *,
    keys: Sequence[str],
    names: Mapping[str, str] | None,
    native: Via | None,
    **options: Unpack[Options],
) -> Guard:
    """What decides for a loop.

    Args:
        consumers: Whose handlers there are.
        keys: The entries of the metadata by which the transport routes messages.
        names: The deployed names of what contracts name there, where they differ.
        native: The function of `via=` that makes what the transport's own records are.
        options: What the user said.

    Raises:
        UsageError: a setting cannot be.
        DeclarationError: a handler cannot be called, or nothing tells whose a message is.
    """
    return Guard(
        consumers,
        keys=keys,
        names=names,
        native=native,
        discriminator=options.get("discriminator"),
        mode=options.get("mode", "observe"),
        arguments=options.get("arguments"),
        handlers=options.get("handlers"),
    )


def checked_dead_letter(dead_letter: object, example: str, names: Sequence[str]) -> str:
    """What `dead_letter=` says; in it may stand *names* in braces.

    Raises:
        UsageError: it says nothing, or has another name in braces.
    """
    say = f"Say dead_letter={example!r}."
    if not isinstance(dead_letter, str) or not dead_letter:
        raise UsageError(f"Cannot use dead_letter={dead_letter!r}: what cannot be handled is to go somewhere. {say}")
    for name in re.findall(r"\{(.*?)\}", dead_letter):
        if name not in names:
            known = ", ".join(f"{{{each}}}" for each in names)
            raise UsageError(f"Cannot use dead_letter={dead_letter!r}: there is no {{{name}}}, but {known}. {say}")
    return dead_letter


def refuse_circle(dead_letter: str, goes_to: Iterable[str], consumed: Iterable[str]) -> None:
    """Refuse dead letters that are consumed here themselves: each would be a dead letter again, without end.

    Raises:
        UsageError: they are.
    """
    for each in set(goes_to).intersection(consumed):
        raise UsageError(
            f"Cannot use dead_letter={dead_letter!r}: {each!r} is consumed here, so its dead letters would come again without "
            "end. Name another one."
        )


def settings_of(of: Any, *, every: int, after: float, **options: Unpack[Options]) -> Settings:
    """How a loop goes about it; *every* so many messages or *after* so many seconds it acknowledges. *of* are all options.

    Raises:
        UsageError: a setting cannot be.
    """
    for each in options.keys() - Options.__annotations__.keys():
        known = ", ".join(sorted(of.__annotations__))
        raise UsageError(f"Cannot consume with {each!r}: there is no such option. There are: {known}.")
    retries = options.get("retries", 5)
    return Settings(
        retries=retries if isinstance(retries, Retries) else Retries(retries),
        on_unrouted=options.get("on_unrouted", "ack"),
        timeout=options.get("timeout"),
        every=every,
        after=after,
        log_payloads=options.get("log_payloads", False),
        concurrency=options.get("concurrency", 1),
    )
