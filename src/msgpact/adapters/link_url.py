"""The URL of a broker: which transport it is, where it is, what its client is told; its secrets are never shown."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from msgpact.errors import UsageError

__all__ = ["LinkUrl"]

TIMEOUT = "timeout"
"""The setting that is ours: the most seconds that a broker may take over anything."""

_SECRETS = ("password", "secret", "token", "credential", "jaas", "key")
"""What a setting's name holds whose value is nobody's business."""


@dataclass(frozen=True, slots=True)
class LinkUrl:
    """A URL taken apart.

    Attributes:
        host: `host:port`, or several of them.
        path: What stands behind the host, segment by segment.
        settings: What the query and the configuration file say.
        timeout: The most seconds that the broker may take over anything.
    """

    scheme: str
    host: str
    path: tuple[str, ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: float = 10.0

    @classmethod
    def of(cls, url: str, config: str | None = None) -> "LinkUrl":
        """A URL with what a configuration file says; the query counts before the file.

        Raises:
            UsageError: it is no URL, or the file cannot be read.
        """
        scheme, separator, rest = url.partition("://")
        if not separator or not scheme or not rest:
            raise UsageError(
                "Cannot reach a broker: its address is no URL. Write one, such as kafka://127.0.0.1:9092/orders.v1."
            )
        parts = urlsplit(f"//{rest}")
        user, _, host = parts.netloc.rpartition("@")
        name, colon, password = user.partition(":")
        said = {**_from_file(config), **dict(parse_qsl(parts.query, keep_blank_values=True))}
        found = cls(
            scheme.lower(),
            host,
            tuple(unquote(each) for each in parts.path.split("/")[1:]),
            unquote(name) or None,
            unquote(password) if colon else None,
            said,
        )
        return found._with_timeout()

    def _with_timeout(self) -> "LinkUrl":
        settings = dict(self.settings)
        said = settings.pop(TIMEOUT, "10")
        try:
            seconds = float(said)
        except ValueError:
            seconds = 0.0
        if not 0 < seconds < 1e6:
            raise UsageError(f"Cannot use {TIMEOUT}={said!r}: it is no number of seconds above 0. Write {TIMEOUT}=10.")
        return dataclasses.replace(self, settings=settings, timeout=seconds)

    def __str__(self) -> str:
        """The URL as it may be shown: without who asks, and without settings."""
        if self.scheme == "file":
            return "/".join(self.path)
        return f"{self.scheme}://{self.host}" + "".join(f"/{each}" for each in self.path)

    def scrubbed(self, text: object) -> str:
        """A client's words without the secrets that it was told."""
        found = str(text)
        named = (value for name, value in self.settings.items() if any(each in name.lower() for each in _SECRETS))
        for secret in sorted(filter(None, (self.password, *named)), key=len, reverse=True):
            found = found.replace(secret, "***")
        return found


def _from_file(config: str | None) -> dict[str, str]:
    """The settings of a file of `name=value` lines, as Kafka's own tools read them; `#` begins a comment."""
    if config is None:
        return {}
    try:
        lines = Path(config).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"Cannot read the configuration {config!r}: {why}. Check the path.") from None
    found = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith(("#", "!")):
            continue
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise UsageError(
                f"Cannot read line {number} of the configuration {config!r}: it is no name=value. Mend it."
            )
        found[name.strip()] = value.strip()
    return found
