"""HTTP requests and responses against what a contract expects of them, part by part; and with their generated values.

As in the reference implementation: methods in any case; the same query parameters, no more and no fewer; headers by name
in any case, others are free; unexpected keys of a JSON body are allowed in responses, not in requests.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence

from msgpact.checking import check_body
from msgpact.errors import DeclarationError
from msgpact.generated import generated
from msgpact.http_model import ExpectedRequest, ExpectedResponse, HttpRequest, HttpResponse
from msgpact.model import Contents, Form, Generator, MessageContents, Presence, RuleSet
from msgpact.pactfile.http import read_request, read_response
from msgpact.results import ABSENT, Mismatch
from msgpact.rules import content_types, generators
from msgpact.rules.compare import failures
from msgpact.rules.fields import Field, equal_queries, field_name, header_values, query_values
from msgpact.rules.generators import Context, GeneratorError
from msgpact.rules.matchers import JSON, TEXT, Check, text_of
from msgpact.rules.paths import root
from msgpact.serializers import form, serializer_for, xml

__all__ = [
    "ExpectedRequest",
    "ExpectedResponse",
    "HttpRequest",
    "HttpResponse",
    "check_request",
    "check_response",
    "generated_request",
    "generated_response",
    "read_request",
    "read_response",
]

Lists = Mapping[str, tuple[str, ...]]


def check_request(expected: ExpectedRequest, actual: HttpRequest) -> tuple[Mismatch, ...]:
    """Every mismatch of a request with what is expected; an empty tuple means that it matches."""
    return (
        *_method(expected.method, actual.method),
        *_one("path", expected.path, actual.path, expected.matching_rules, TEXT),
        *_query(expected, actual.query),
        *_headers_and_body(expected, actual, unexpected_keys=False),
    )


def check_response(expected: ExpectedResponse, actual: HttpResponse) -> tuple[Mismatch, ...]:
    """As `check_request`, for a response."""
    return (
        *_one("status", expected.status, actual.status, expected.matching_rules, JSON),
        *_headers_and_body(expected, actual, unexpected_keys=True),
    )


# -- parts of one value ----------------------------------------------------------------------------------------------


def _method(expected: str, actual: str) -> Iterator[Mismatch]:
    if expected.upper() != actual.upper():
        yield Mismatch("", "exactly the example", expected, actual, "method")


def _one(
    part: str,
    expected: object,
    actual: object,
    rules: Mapping[str, Mapping[str, RuleSet]],
    checks: Mapping[str, Check],
) -> Iterator[Mismatch]:
    """Mismatches of what there is one of, under the rules of its category."""
    for words, reason, rule in failures(root(rules.get(part, {})).rules, expected, actual, checks):
        yield Mismatch("", words, expected, actual, part, reason, rule)


# -- query and headers -----------------------------------------------------------------------------------------------


def _query(expected: ExpectedRequest, actual: str) -> Iterator[Mismatch]:
    if isinstance(expected.query, str):
        if not equal_queries(expected.query, actual):
            yield Mismatch("", "exactly the example", expected.query, actual, "query")
        return
    came, rules = query_values(actual), expected.matching_rules.get("query", {})
    for name, values in expected.query.items():
        if name in came:
            yield from Field.parameter(name, rules).compare(values, came[name])
        else:
            yield _missing("query", "the parameter", name, values, came)
    for name, values in came.items():
        if name not in expected.query:
            yield Mismatch(name, "no other parameters", ABSENT, list(values), "query")


def _headers(expected: Lists, actual: Lists, rules: Mapping[str, RuleSet]) -> Iterator[Mismatch]:
    for name, values in expected.items():
        came = actual.get(name.lower())
        if came is None:
            yield _missing("header", "the header", name, values, actual)
        else:
            trimmed = tuple(each.strip() for each in values)
            yield from Field.header(name, rules).compare(trimmed, came)


def _missing(part: str, what: str, name: str, values: Sequence[str], there: Mapping[str, object]) -> Mismatch:
    plural = f"{what.removeprefix('the ')}s"
    reason = f"the {plural} are {', '.join(there)}" if there else f"there are no {plural}"
    return Mismatch(name, what, values[0] if len(values) == 1 else list(values), ABSENT, part, reason)


def _by_name(headers: Sequence[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """The values of each header that came, by its name in lower case."""
    found: dict[str, tuple[str, ...]] = {}
    for name, text in headers:
        found[name.lower()] = found.get(name.lower(), ()) + header_values(name, text)
    return found


# -- the body --------------------------------------------------------------------------------------------------------


def _headers_and_body(
    expected: ExpectedRequest | ExpectedResponse, actual: HttpRequest | HttpResponse, *, unexpected_keys: bool
) -> Iterator[Mismatch]:
    headers, rules = _by_name(actual.headers), expected.matching_rules.get("header", {})
    contents = actual.body or b""
    other_type = _other_content_type(expected.body, contents, headers, rules)
    for mismatch in _headers(expected.headers, headers, rules):
        if other_type is None or mismatch.path.lower() != "content-type":  # else it has been said
            yield mismatch
    if other_type is not None:
        yield other_type
        return
    stated = MessageContents(expected.body, {}, expected.matching_rules)
    for mismatch in check_body(stated, contents, unexpected_keys=unexpected_keys):
        yield dataclasses.replace(mismatch, part="body")


def _other_content_type(
    body: Contents, contents: bytes, headers: Lists, rules: Mapping[str, RuleSet]
) -> Mismatch | None:
    """The one mismatch of a body that is of another type: it is not compared.

    What came may be of a type whose suffix is the expected one; and a rule for the header decides, where there is one.
    """
    wanted = content_types.parse(body.content_type or "")
    if body.presence is not Presence.PRESENT or not contents or wanted is None or wanted.is_any:
        return None
    came, reason = next(iter(headers.get("content-type", ())), ""), ""
    came_type = content_types.parse(came)
    if came_type is None:
        reason = f"the headers state {came!r}" if came else "the headers state none"
        came, reason = content_types.guess(contents), f"{reason}; its bytes look like that"
        came_type = content_types.parse(came)
    assert came_type is not None
    if came_type.is_any or wanted.is_equivalent_to(came_type) or wanted.is_equivalent_to(came_type.base_type):
        return None
    rule = Field.header("Content-Type", rules).whole
    if rule is not None and not failures(rule, body.content_type, came, TEXT):
        return None
    return Mismatch("", f"exactly {body.content_type}", body.content_type, came, "content type", reason)


# -- generated values ------------------------------------------------------------------------------------------------


def generated_request(expected: ExpectedRequest, context: Context) -> ExpectedRequest:
    """The request with generated values in path, query, headers and body.

    Raises:
        DeclarationError: a value cannot be made.
    """
    try:
        return _with_values(expected, context)
    except GeneratorError as error:
        raise _not_generated("request", error) from None


def _not_generated(part: str, error: GeneratorError) -> DeclarationError:
    return DeclarationError(
        f"Cannot generate the values of a {part}: {error}. Mend the generator, or give it the value."
    )


def _with_values(expected: ExpectedRequest, context: Context) -> ExpectedRequest:
    said = expected.generators
    path = _generated(said.get("path", {}).get(""), expected.path, context)
    query = expected.query
    if not isinstance(query, str):
        query = _generated_lists(query, said.get("query", {}), context, str)
    return dataclasses.replace(
        expected,
        path=text_of(path),
        query=query,
        headers=_generated_lists(expected.headers, said.get("header", {}), context, str.lower),
        body=_generated_body(expected, context),
    )


def generated_response(expected: ExpectedResponse, context: Context) -> ExpectedResponse:
    """As `generated_request`, for a response: status, headers and body."""
    try:
        return _with_values_of_response(expected, context)
    except GeneratorError as error:
        raise _not_generated("response", error) from None


def _with_values_of_response(expected: ExpectedResponse, context: Context) -> ExpectedResponse:
    status = _generated(expected.generators.get("status", {}).get(""), expected.status, context)
    if not text_of(status).isdecimal():
        raise GeneratorError(f"the generated status is {status!r}, not a whole number")
    return dataclasses.replace(
        expected,
        status=int(text_of(status)),
        headers=_generated_lists(expected.headers, expected.generators.get("header", {}), context, str.lower),
        body=_generated_body(expected, context),
    )


def _generated(generator: Generator | None, example: object, context: Context) -> object:
    return example if generator is None else generators.generate(generator, example, context)


def _generated_lists(
    lists: Lists, by_key: Mapping[str, Generator], context: Context, folded: Callable[[str], str]
) -> Lists:
    """A copy with generated values; unlike in bodies, a header or parameter may be new."""
    copy = dict(lists)
    for key in sorted(by_key):
        generator, wanted = by_key[key], field_name(key)
        name = next((each for each in copy if folded(each) == folded(wanted)), wanted)
        made = [generators.generate(generator, each, context) for each in copy.get(name, (None,))]
        if made != [None]:  # a generator of the other side makes nothing
            copy[name] = tuple(map(text_of, made))
    return copy


def _generated_body(expected: ExpectedRequest | ExpectedResponse, context: Context) -> Contents:
    body, said = expected.body, expected.generators.get("body", {})
    serializer = serializer_for(body.content_type)
    has_places = body.form in (Form.JSON, Form.TYPED) or serializer in (
        form,
        xml,
    )  # as the reference: plain text has none
    if body.presence is not Presence.PRESENT or body.form is Form.BINARY or not has_places:
        return body
    value = generated(body, said, context, expected.matching_rules.get("body"))
    if body.form is Form.TEXT and not isinstance(value, str):
        value = serializer.dump(value).decode()
    elif body.form is Form.TYPED:
        value = (body.serializer or serializer).dump(value)
    return dataclasses.replace(body, value=value)
