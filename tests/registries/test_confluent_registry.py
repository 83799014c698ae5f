"""A registry over the network: what it is asked, what it is told of users, and every way in which it does not answer."""

import base64
import json
import socket
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from registry_servers import Server

from msgpact.errors import MissingExtra, Unavailable, UsageError
from msgpact.registries import confluent
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.embedded import EmbeddedRegistry
from msgpact.serializers.framed import RegisteredSchema, SchemaId

INT = RegisteredSchema("AVRO", '"int"', {})
LONG = RegisteredSchema("AVRO", '"long"', {})
MONEY = RegisteredSchema("AVRO", '{"type":"record","name":"Money","fields":[]}', {})
ORDER = RegisteredSchema(
    "AVRO", '{"type":"record","name":"Order","fields":[{"name":"m","type":"Money"}]}', {"Money": MONEY}
)


@contextmanager
def answering(
    status: int,
    contents: bytes,
    *,
    headers: dict[str, str] | None = None,
    see: Callable[[Message], object] = id,
) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every request alike: its address, and the paths that it was asked for; *see* gets the headers."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            see(self.headers)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(contents)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(contents)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextmanager
def hanging_up() -> Iterator[str]:
    """A server that ends every connection at once."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()

        def end_all() -> None:
            while True:
                connection, _ = listening.accept()
                request = connection.recv(1)
                connection.close()
                if not request:
                    return

        thread = threading.Thread(target=end_all)
        thread.start()
        address = listening.getsockname()
        try:
            yield f"http://127.0.0.1:{address[1]}"
        finally:
            socket.create_connection(address).close()
            thread.join()


def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


# -- what it is asked


def test_an_id_is_asked_for_once() -> None:
    with answering(200, b'{"schema": "\\"int\\""}') as (url, asked):
        registry = ConfluentRegistry(url)

        assert registry.find(7) is registry.find(7)

    assert registry.find(7) == INT
    assert [path.partition("?")[0] for path in asked] == ["/schemas/ids/7"]


def test_an_unknown_id_is_asked_for_again() -> None:
    with EmbeddedRegistry() as embedded:
        registry = ConfluentRegistry(embedded.url)
        with pytest.raises(ValueError, match="its schema id 1 is not known"):
            registry.find(1)
        embedded.register("a", INT)

        assert registry.find(1) == INT


def test_the_latest_is_asked_for_each_time() -> None:
    with EmbeddedRegistry() as embedded:
        registry = ConfluentRegistry(embedded.url)
        embedded.register("a", INT)
        assert registry.latest("a") == INT
        embedded.register("a", LONG)

        assert registry.latest("a") == LONG


def test_nothing_is_asked_before_it_must() -> None:
    assert (
        repr(ConfluentRegistry("http://user:secret@127.0.0.1:1/api")) == "ConfluentRegistry('http://127.0.0.1:1/api')"
    )


def test_references_are_registered_under_their_names() -> None:
    with EmbeddedRegistry() as embedded:
        ConfluentRegistry(embedded.url, register=True).id_of(ORDER, "orders", int)

        assert embedded.latest("orders") == ORDER
        assert embedded.latest("Money") == MONEY


def test_references_are_taken_as_the_registry_has_them() -> None:
    with EmbeddedRegistry() as embedded:
        number = embedded.register("orders", ORDER)
        again = ConfluentRegistry(embedded.url)

        assert again.id_of(again.latest("orders"), "orders", int) == number


def test_a_subject_with_any_characters(registry_server: Server) -> None:
    subject = f"a b/c%?#ü-{uuid.uuid4()}"
    registry = ConfluentRegistry(registry_server.url, register=True, timeout=30)

    number = registry.id_of(INT, subject, int)

    assert registry.find(number) == registry.latest(subject) == INT


def test_a_second_address_is_asked_where_the_first_does_not_answer() -> None:
    with EmbeddedRegistry() as embedded:
        embedded.register("a", INT)

        assert ConfluentRegistry(f"{nobody()},{embedded.url}", retries=0).find(1) == INT


# -- users


BASIC = "Basic " + base64.b64encode(b"me:se:cret").decode()


def with_user(url: str) -> ConfluentRegistry:
    return ConfluentRegistry(url, user=("me", "se:cret"))


def with_user_in_url(url: str) -> ConfluentRegistry:
    return ConfluentRegistry(url.replace("//", "//me:se%3Acret@"))


def with_token(url: str) -> ConfluentRegistry:
    return ConfluentRegistry(url, token="abc")


@pytest.mark.parametrize(
    ("authorization", "registry"),
    [(BASIC, with_user), (BASIC, with_user_in_url), ("Bearer abc", with_token)],
    ids=["user", "user-in-url", "token"],
)
def test_who_may_ask(authorization: str, registry: type[ConfluentRegistry]) -> None:
    with EmbeddedRegistry(authorization=authorization) as embedded:
        embedded.register("a", INT)

        assert registry(embedded.url).find(1) == INT
        words = (
            r"^Cannot use the schema registry 'http://127.0.0.1:\d+': it answers 401 \(Unauthorized\)\. Give the user"
        )
        with pytest.raises(Unavailable, match=words):
            ConfluentRegistry(embedded.url).find(1)


def test_a_setting_that_there_is_not() -> None:
    with pytest.raises(
        UsageError, match=r"^Cannot use the schema registry 'http://a': Unrecognized properties: nope\. Mend"
    ):
        ConfluentRegistry("http://a", settings={"nope": 1})


def test_an_address_that_is_none() -> None:
    with pytest.raises(UsageError, match=r"^Cannot use the schema registry 'nope': Invalid url nope"):
        ConfluentRegistry("nope")


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str, **said: str) -> None:
        raise MissingExtra(f"{module} {said['extra']}")

    monkeypatch.setattr(confluent, "require", missing)
    with pytest.raises(MissingExtra, match=r"registry$"):
        ConfluentRegistry("http://a")


# -- no answer, or none that can be used


def failing(url: str) -> str:
    """What is said of a registry that is asked for an id."""
    with pytest.raises(Unavailable) as raised:
        ConfluentRegistry(url, timeout=0.3, retries=0).find(5)
    return str(raised.value).replace(repr(url), "URL")


def test_nobody_listens() -> None:
    said = failing(nobody())

    assert said.startswith("Cannot reach the schema registry URL: ")
    assert said.endswith("Connection refused. Check that it runs, and that this is its address.")


def test_it_never_answers() -> None:
    with silent() as url:
        assert failing(url).startswith("Cannot reach the schema registry URL: it does not answer within 0.3 s. Check")


def test_it_hangs_up() -> None:
    with hanging_up() as url:
        assert failing(url).startswith("Cannot reach the schema registry URL: ")


def test_it_stops_within_its_answer() -> None:
    with answering(200, b'{"schema"', headers={"Content-Length": "500"}) as (url, _):
        assert failing(url).startswith("Cannot reach the schema registry URL: ")


ANSWERS = [
    ("failure", 500, b'{"error_code":50001,"message":"Error in the backend"}',
     "Cannot use the schema registry URL: it answers 500 (Error in the backend). Check that this is the address of its API."),
    ("failure-in-html", 503, b"<html>\n<h1>sorry</h1>",
     r"Cannot use the schema registry URL: it answers 503 (Unknown Schema Registry Error: b'<html>\n<h1>sorry</h1>'). Check"),
    ("forbidden", 403, b'{"error_code":40301,"message":"no"}', "Cannot use the schema registry URL: it answers 403 (no). Give the user"),
    ("redirect", 307, b"", "Cannot use the schema registry URL: it answers 307 (Unknown Schema Registry Error: b''). Redirects are not"),
    ("another-404", 404, b"<html>", "Cannot use the schema registry URL: it answers 404 ("),
    ("html", 200, b"<html>welcome</html>",
     "Cannot understand the schema registry URL: it answers '<html>welcome</html>', which is not JSON. Check that"),
    ("list", 200, b"[]", "Cannot understand the schema registry URL: its answer is not of the form of Confluent's API ("),
    ("number", 200, b"5", "Cannot understand the schema registry URL: its answer is not of the form of Confluent's API ("),
    ("no-schema", 200, b'{"id": 5}', "Cannot understand the schema registry URL: its answer holds no schema. Check"),
    ("another-schema", 200, b'{"schema": {"type": "int"}}',
     "Cannot understand the schema registry URL: its answer is not of the form of Confluent's API ("),
    ("another-type", 200, b'{"schema": "a", "schemaType": "XML"}',
     "Cannot understand the schema registry URL: its answer holds a schema in 'XML'. Check"),
    ("nothing", 200, b"", "Cannot understand the schema registry URL: its answer is not of the form of Confluent's API ("),
    ("long", 500, json.dumps({"error_code": 50001, "message": "x" * 5000}).encode(),
     f"Cannot use the schema registry URL: it answers 500 ({'x' * 200}…). Check"),
    ("binary", 200, b"\xff\xfe\x00", "Cannot understand the schema registry URL: "),
]  # fmt: skip


@pytest.mark.parametrize(("status", "contents", "words"), [pytest.param(*row[1:], id=row[0]) for row in ANSWERS])
def test_an_answer_that_cannot_be_used(status: int, contents: bytes, words: str) -> None:
    with answering(status, contents) as (url, _):
        assert failing(url).startswith(words)


def test_a_failure_is_asked_again() -> None:
    with answering(500, b"{}") as (url, asked), pytest.raises(Unavailable, match="it answers 500"):
        ConfluentRegistry(url, retries=1, settings={"retries.wait.ms": 1}).find(5)

    assert len(asked) == 2


def test_references_that_go_round() -> None:
    round_and_round = b'{"schema": "\\"a\\"", "references": [{"name": "a", "subject": "a", "version": 1}], "version": 1, "subject": "a"}'
    with answering(200, round_and_round) as (url, _):
        assert (
            failing(url)
            == "Cannot understand the schema registry URL: 'a' refers to itself. Check that this is the address of its API."
        )


def test_a_schema_that_it_refuses(registry_server: Server) -> None:
    registry = ConfluentRegistry(registry_server.url, register=True, timeout=30)
    words = r"^the registry http://\S+ refuses its schema: "

    with pytest.raises(ValueError, match=words):
        registry.id_of(RegisteredSchema("AVRO", '{"type":"record"}', {}), f"bad-{uuid.uuid4()}", int)


def test_an_id_of_every_kind_is_asked_for(registry_server: Server) -> None:
    unknown: list[SchemaId] = [1 << 31, uuid.uuid4()]
    registry = ConfluentRegistry(registry_server.url, timeout=30)
    for each in unknown:
        with pytest.raises(ValueError, match="is not known to the registry http"):
            registry.find(each)
