"""Messages in files, as a link that can only be looked at: `messages.jsonl`, or a folder of files.

A line of a `.jsonl` or `.ndjson` file is the contents of a message in JSON, and so is a whole `.json` file. A document of nothing
but `contents` and `metadata` is a message with metadata: `{"contents": {"id": 42}, "metadata": {"topic": "orders.v1"}}`.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling
from msgpact.errors import UsageError, shown
from msgpact.model import Message

__all__ = ["FilesLink"]

_ENDINGS = (".json", ".jsonl", ".ndjson")


class FilesLink:
    """A file of messages, or a folder of such files."""

    keys = ("topic",)
    about = ""

    def __init__(self, url: LinkUrl) -> None:
        self.url = url
        self._path = Path(*url.path)

    def sample(self, sampling: Sampling) -> Iterator[Message]:
        """As `Link.sample`, in the order of the files' names."""
        left = sampling.most
        for document, where in self._documents():
            if not left:
                return
            left -= 1
            yield _message(document, where)

    def _documents(self) -> Iterator[tuple[Any, str]]:
        files = sorted(self._path.iterdir()) if self._path.is_dir() else [self._path]
        for file in files:
            if file.suffix not in _ENDINGS:
                if self._path.is_dir():
                    continue
                raise UsageError(
                    f"Cannot read messages from {str(file)!r}: it is none of {', '.join(_ENDINGS)}. Rename it."
                )
            try:
                text = file.read_bytes()
            except OSError as error:
                raise UsageError(
                    f"Cannot read messages from {str(file)!r}: {error.strerror or error}. Check it."
                ) from None
            parts = [text] if file.suffix == ".json" else text.splitlines()
            for number, part in enumerate(parts, 1):
                where = str(file) if file.suffix == ".json" else f"{file}, line {number}"
                if part.strip():
                    yield _read(part, where), where

    def send(self, message: Message) -> str:
        """Refuse it."""
        raise self._no_broker(message)

    def there_and_back(self, message: Message) -> Message:
        """Refuse it."""
        raise self._no_broker(message)

    def _no_broker(self, message: Message) -> UsageError:
        return UsageError(
            f"Cannot send {message!r} to '{self.url}': it is no broker. Give a URL, such as kafka://host:9092."
        )

    def close(self) -> None:
        """Do nothing."""


def _read(text: bytes, where: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise UsageError(f"Cannot read a message from {where}: {error}. Mend it, or leave it out.") from None


def _message(document: Any, where: str) -> Message:
    if not (isinstance(document, dict) and document.keys() == {"contents", "metadata"}):
        return Message(orjson.dumps(document), content_type="application/json")
    metadata = document["metadata"]
    if not isinstance(metadata, dict):
        raise UsageError(f"Cannot read a message from {where}: its metadata are {shown(metadata)}. Write an object.")
    contents = None if document["contents"] is None else orjson.dumps(document["contents"])
    found = Message(contents, metadata=metadata)
    if found.content_type is None and contents is not None:
        return Message(contents, metadata=metadata, content_type="application/json")
    return found
