"""Apicurio's own API: global ids, and how it does not answer."""

import uuid
from typing import Any

import pytest
from registry_servers import Server
from test_confluent_registry import answering, nobody, silent

from msgpact.errors import Unavailable
from msgpact.registries.apicurio import ApicurioRegistry
from msgpact.serializers.framed import Framed, GlobalId, RegisteredSchema
from msgpact.serializers.framing import Apicurio

INT = RegisteredSchema("AVRO", '"int"', {})


@pytest.mark.server
def test_a_global_id_is_another_than_a_content_id(apicurio: Server) -> None:
    registry = ApicurioRegistry(apicurio.url, register=True, timeout=30)
    subjects = [f"orders-{uuid.uuid4()}" for _ in range(2)]

    contents = {registry.id_of(INT, subject, int) for subject in subjects}
    globals_ = {registry.id_of(INT, subject, GlobalId) for subject in subjects}

    assert (len(contents), len(globals_)) == (1, 2)
    assert [registry.find(each) for each in globals_] == [INT, INT]


@pytest.mark.server
@pytest.mark.parametrize("headers", [True, False], ids=["headers", "front"])
def test_frames_of_version_2_are_read_through_it(apicurio: Server, headers: bool) -> None:
    registry = ApicurioRegistry(apicurio.url, register=True, timeout=30)
    framing = Apicurio(registry, f"orders-{uuid.uuid4()}", version=2, headers=headers)

    contents, said = framing.wrap(Framed(b"\x02", INT))

    assert framing.unwrap(contents, said) == Framed(b"\x02", INT)


# -- no answer, or none that can be used


def failing(url: str) -> str:
    with pytest.raises(Unavailable) as raised:
        ApicurioRegistry(url, timeout=0.3).find(GlobalId(5))
    return str(raised.value).replace(repr(url), "URL")


def test_nobody_listens() -> None:
    assert "Connection refused. Check that it runs" in failing(nobody())


def test_it_never_answers() -> None:
    with silent() as url:
        assert failing(url).startswith("Cannot reach the schema registry URL: timed out. Check")


@pytest.mark.parametrize(
    ("status", "contents", "words"),
    [
        (500, b"sorry", "Cannot use the schema registry URL: it answers 500 (sorry). Check"),
        (401, b"", "Cannot use the schema registry URL: it answers 401 (). Check"),
        (404, b"<html>", "Cannot use the schema registry URL: it answers 404 (<html>). Check"),
        (200, b"[5]", "Cannot understand the schema registry URL: it answers the reference 5. Check"),
        (200, b"<html>", "Cannot understand the schema registry URL: it answers b'<html>', which is not JSON. Check"),
    ],
)
def test_an_answer_that_cannot_be_used(status: int, contents: bytes, words: str) -> None:
    with answering(status, contents) as (url, _):
        assert failing(url).startswith(words)


def test_a_body_that_stops() -> None:
    with answering(200, b"5", headers={"Content-Length": "500"}) as (url, _):
        assert failing(url).startswith("Cannot reach the schema registry URL: ")


@pytest.mark.parametrize(
    ("said", "authorization"),
    [
        ({}, None),
        ({"user": ("me", "se:cret")}, "Basic bWU6c2U6Y3JldA=="),
        ({"token": "abc"}, "Bearer abc"),
    ],
    ids=["nobody", "user", "token"],
)
def test_who_asks(said: dict[str, Any], authorization: str | None) -> None:
    headers: list[str | None] = []
    with answering(200, b"[]", see=lambda asked: headers.append(asked["Authorization"])) as (url, _):
        assert ApicurioRegistry(url, **said).find(GlobalId(5)) == RegisteredSchema("AVRO", "[]", {})

    assert headers == [authorization] * 2


def test_a_redirect_is_not_followed() -> None:
    with answering(200, b"[]") as (elsewhere, asked):  # noqa: SIM117 the other server first
        with answering(302, b"", headers={"Location": f"{elsewhere}/x"}) as (url, _):
            words = (
                "Cannot use the schema registry URL: it answers 302 (). Redirects are not followed: give the address"
            )
            assert failing(url).startswith(words)

    assert asked == []


def test_an_id_that_is_too_large() -> None:
    with pytest.raises(ValueError, match=r"^its global id 9223372036854775808 is not known to the registry http://a$"):
        ApicurioRegistry("http://a").find(GlobalId(1 << 63))


def test_a_404_of_its_own_is_an_unknown_id() -> None:
    with answering(404, b'{"error_code":404,"message":"no"}') as (url, _):  # noqa: SIM117 the server first
        with pytest.raises(ValueError, match=r"^its global id 5 is not known"):
            ApicurioRegistry(url).find(GlobalId(5))
