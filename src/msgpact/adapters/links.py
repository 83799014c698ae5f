"""Links: a broker by its URL, to publish messages on it, to look at what is there, and to send one there and back."""

import contextlib
import copy
import difflib
import importlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from msgpact.adapters.link_url import LinkUrl
from msgpact.errors import Unavailable, UsageError
from msgpact.model import Message

__all__ = ["GROUP", "Link", "LinkUrl", "Sampling", "link_from", "restated", "through"]

Address = Mapping[str, str]
"""Where a message goes, as its metadata state it: `{"topic": "orders.v1"}`."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """Which messages are to be looked at.

    Attributes:
        most: How many at most.
        seconds: How long at most.
        addresses: Where, in the contracts' words; the URL counts before them.
    """

    most: int
    seconds: float
    addresses: tuple[Address, ...] = ()


class Link(Protocol):
    """A broker, as long as nobody closes it.

    Attributes:
        url: Where it is.
        keys: The entries of a message's metadata that are its address.
        about: How messages are looked at here, where somebody could notice; else empty.
    """

    url: LinkUrl
    keys: tuple[str, ...]
    about: str

    def send(self, message: Message, /) -> str:
        """Publish a message and wait until the broker has it; where it went, in words.

        It goes to the address in the URL, else to the one that the message states.

        Raises:
            DeclarationError: the transport has no such message, or nothing says where it goes.
            UsageError: the broker refuses it.
            Unavailable: the broker does not answer.
        """

    def sample(self, sampling: Sampling, /) -> Iterator[Message]:
        """Messages that are there and that come, until there are enough. Raises as `send`."""

    def there_and_back(self, message: Message, /) -> Message:
        """Publish a message, and read that very one back. Raises as `send`."""

    def close(self) -> None:
        """Let go of the broker."""


BUILT_IN = {
    "amqp": "msgpact.adapters.rabbitmq_link:RabbitMQLink",
    "amqps": "msgpact.adapters.rabbitmq_link:RabbitMQLink",
    "file": "msgpact.adapters.files_link:FilesLink",
    "kafka": "msgpact.adapters.kafka_link:KafkaLink",
    "sns": "msgpact.adapters.sns_link:SnsLink",
    "sns+http": "msgpact.adapters.sns_link:SnsLink",
    "sqs": "msgpact.adapters.sqs_link:SqsLink",
    "sqs+http": "msgpact.adapters.sqs_link:SqsLink",
}
"""The links by the schemes of their URLs."""

GROUP = "msgpact.adapters"
"""The entry points of other people's links, named by a scheme: functions from a `LinkUrl` to a link."""


def link_from(url: str, config: str | None = None) -> Link:
    """The link that a URL means.

    Args:
        url: `kafka://host:port/topic`, …, or the path of files with messages; `?timeout=SECONDS` is the most that the broker may
            take over anything, 10 if not said.
        config: A file of `name=value` lines with more of the client's settings.

    Raises:
        UsageError: there is no such transport, or its client refuses the settings.
        MissingExtra: its client is not installed.
    """
    if "://" not in url and url.endswith((".json", ".jsonl")) and not os.path.exists(url):
        raise UsageError(f"Cannot find {url!r}: there is no such file, and it is no URL. Check the path.")
    found = LinkUrl("file", "", (url,)) if "://" not in url and os.path.exists(url) else LinkUrl.of(url, config)
    return _made_by(found.scheme)(found)


@contextlib.contextmanager
def through(url: str, config: str | None = None) -> Iterator[Callable[[Message], Message]]:
    """What `verify(…, via=…)` takes: messages are published at the URL, read back from there, and then checked.

    A broker that did not answer once is not asked again: each further message would wait as long. Arguments and raised
    errors are those of `link_from`.
    """
    link = link_from(url, config)
    gone: list[str] = []

    def there_and_back(message: Message) -> Message:
        if gone:
            raise Unavailable(f"{gone[0]} It was not asked again.")
        try:
            return link.there_and_back(message)
        except Unavailable as error:
            gone.append(str(error))
            raise

    try:
        yield there_and_back
    finally:
        link.close()


def _made_by(scheme: str) -> Callable[[LinkUrl], Link]:
    if scheme in BUILT_IN:
        module, _, name = BUILT_IN[scheme].partition(":")
        return cast(Callable[[LinkUrl], Link], getattr(importlib.import_module(module), name))
    from importlib.metadata import entry_points

    others = {each.name: each for each in entry_points(group=GROUP)}
    if scheme in others:
        return cast(Callable[[LinkUrl], Link], others[scheme].load())
    known = sorted({*BUILT_IN, *others})
    close = difflib.get_close_matches(scheme, known, n=1)
    hint = f"Did you mean {close[0]}://…?" if close else f"There are: {', '.join(f'{each}://…' for each in known)}."
    raise UsageError(f"Cannot reach a broker by {scheme}://…: there is no such transport. {hint}")


def restated(message: Message, **facts: object) -> Message:
    """The same message, its metadata stating other facts of the transport."""
    found = copy.copy(message)
    object.__setattr__(found, "metadata", {**message.metadata, **facts})
    return found
