"""What HTTP interactions say, as frozen values, and what came; apart from `model`, since only `msgpact.http` needs them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from msgpact.errors import DeclarationError
from msgpact.model import Contents, Generator, RuleSet

__all__ = ["ExpectedRequest", "ExpectedResponse", "HttpRequest", "HttpResponse"]


@dataclass(frozen=True, slots=True)
class ExpectedRequest:
    """What is expected of an HTTP request, and by category and path or name the rules and generators.

    Attributes:
        query: The values of each parameter; text where the query is compared as text, as in version 1.0.
        headers: The values of each header, by its name in any case.
        body: What is expected of the body, with the content type that it or the headers state, or that it looks like.
    """

    method: str = "GET"
    path: str = "/"
    query: Mapping[str, tuple[str, ...]] | str = field(default_factory=dict)
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: Contents = field(default_factory=Contents)
    matching_rules: Mapping[str, Mapping[str, RuleSet]] = field(default_factory=dict)
    generators: Mapping[str, Mapping[str, Generator]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExpectedResponse:
    """What is expected of an HTTP response; as `ExpectedRequest`."""

    status: int = 200
    headers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    body: Contents = field(default_factory=Contents)
    matching_rules: Mapping[str, Mapping[str, RuleSet]] = field(default_factory=dict)
    generators: Mapping[str, Mapping[str, Generator]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """An HTTP request as it came.

    Attributes:
        path: Without the query.
        query: As it was sent: `size=2&size=3`.
        headers: `(name, value)` pairs in order, duplicates kept.
        body: None and `b""` are both no body.
    """

    method: str = "GET"
    path: str = "/"
    query: str = ""
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None

    def __post_init__(self) -> None:
        _check_http("request", self.headers, self.body)


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """An HTTP response as it came; as `HttpRequest`."""

    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    body: bytes | None = None

    def __post_init__(self) -> None:
        _check_http("response", self.headers, self.body)


def _check_http(what: str, headers: object, body: object) -> None:
    """Refuse what an HTTP message cannot be made of, whatever its annotations say."""
    if body is not None and not isinstance(body, bytes):
        raise DeclarationError(f"Cannot make an HTTP {what} of a {type(body).__name__}: a body is bytes. Encode it.")
    for each in headers if isinstance(headers, list | tuple) else [headers]:
        match each:
            case (str(), str()):
                continue
        raise DeclarationError(
            f"Cannot make an HTTP {what} with the headers {headers!r}: they are no pairs of text. "
            "Write headers=[('Accept', 'text/plain')]."
        )
