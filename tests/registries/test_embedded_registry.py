"""The embedded registry: what only it has, and how it answers to what no client of the registry would ask."""

import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence

import pytest

from msgpact.errors import UsageError
from msgpact.registries.embedded import EmbeddedRegistry
from msgpact.registries.validity import invalid
from msgpact.serializers.framed import RegisteredSchema, SchemaFormat

INT = RegisteredSchema("AVRO", '"int"', {})
LONG = RegisteredSchema("AVRO", '"long"', {})


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry() as found:
        yield found


def ask(registry: EmbeddedRegistry, method: str, path: str, body: object = None) -> tuple[int, object]:
    connection = http.client.HTTPConnection(registry.url.removeprefix("http://"), timeout=20)
    try:
        contents = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        connection.request(method, path, contents)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


ANSWERS = [
    ("GET", "/", None, 200, {}),
    ("GET", "/contexts", None, 200, ["."]),
    ("GET", "/schemas/types", None, 200, ["JSON", "PROTOBUF", "AVRO"]),
    ("GET", "/subjects", None, 200, ["a", "b"]),
    ("GET", "/subjects/", None, 200, ["a", "b"]),
    ("GET", "/subjects?subjectPrefix=b", None, 200, ["b"]),
    ("GET", "/subjects?offset=1&limit=1", None, 200, ["b"]),
    ("GET", "/subjects?deleted_only=true", None, 200, []),
    ("GET", "/subjects?offset=x", None, 404, 404),
    ("GET", "/subjects/a/versions", None, 200, [1, 2]),
    ("GET", "/subjects/a/versions/latest/schema", None, 200, "long"),
    ("GET", "/subjects/a/versions/-1/schema", None, 200, "long"),
    ("GET", "/subjects/a/versions/1/referencedby", None, 200, []),
    ("GET", "/subjects/a/versions/x", None, 422, 42202),
    ("GET", "/subjects/a/versions/2147483648", None, 422, 42202),
    ("GET", "/schemas/ids/1/schema", None, 200, "int"),
    ("GET", "/schemas/ids/x", None, 404, 404),
    ("GET", "/schemas/ids/1/subjects", None, 200, ["a", "b"]),
    ("GET", "/schemas/ids/9/subjects", None, 404, 40403),
    ("GET", "/schemas/ids/1/versions", None, 200, [{"subject": "a", "version": 1}, {"subject": "b", "version": 1}]),
    ("GET", "/schemas/guids/nope", None, 404, 40403),
    ("GET", "/config", None, 200, {"compatibilityLevel": "BACKWARD"}),
    ("GET", "/config/a", None, 404, 40408),
    ("GET", "/config/a?defaultToGlobal=true", None, 200, {"compatibilityLevel": "BACKWARD"}),
    ("PUT", "/config", {"compatibility": "FULL"}, 200, {"compatibility": "FULL"}),
    ("PUT", "/config", {"compatibility": ["FULL"]}, 422, 42203),
    ("DELETE", "/config", None, 200, {"compatibilityLevel": "BACKWARD"}),
    ("DELETE", "/config/a", None, 404, 40408),
    ("GET", "/mode", None, 200, {"mode": "READWRITE"}),
    ("GET", "/mode/a", None, 404, 40409),
    ("GET", "/mode/a?defaultToGlobal=true", None, 200, {"mode": "READWRITE"}),
    ("PUT", "/mode", {"mode": "READONLY"}, 200, {"mode": "READONLY"}),
    ("PUT", "/mode/a", {"mode": "IMPORT"}, 422, 42205),
    ("PUT", "/mode/c", {"mode": "IMPORT"}, 200, {"mode": "IMPORT"}),
    ("DELETE", "/mode/a", None, 404, 40409),
    ("POST", "/subjects/a/versions", {"schema": '"int"'}, 200, None),
    ("POST", "/subjects/a/versions", {}, 422, 42201),
    ("POST", "/subjects/a/versions", {"schema": 5}, 422, 42201),
    ("POST", "/subjects/a/versions", {"schema": '"int"', "schemaType": "XML"}, 422, 42201),
    ("POST", "/subjects/a/versions", {"schema": '"int"', "references": [{}]}, 422, 42201),
    ("POST", "/subjects/a/versions", {"schema": '"int"', "references": 7}, 422, 42201),
    ("POST", "/subjects/a/versions", {"schema": '"int"', "id": 50}, 200, None),
    ("POST", "/subjects/a/versions", {"schema": '"string"', "id": 50}, 422, 42205),
    ("POST", "/subjects/a/versions", b"{", 400, 400),
    ("POST", "/subjects/a/versions", b"[]", 400, 400),
    ("POST", "/subjects/a/versions", b"\xff", 400, 400),
    ("POST", "/compatibility/subjects/a/versions/latest?verbose=true", {"schema": '"double"'}, 200,
     {"is_compatible": True, "messages": []}),
    ("POST", "/compatibility/subjects/nobody/versions", {"schema": '"int"'}, 200, {"is_compatible": True}),
    ("POST", "/compatibility/subjects/nobody/versions/1", {"schema": '"int"'}, 404, 40401),
    ("POST", "/compatibility/subjects/a/versions", {"schema": "{}", "schemaType": "JSON"}, 200, {"is_compatible": False}),
    ("DELETE", "/subjects/a/versions/1", None, 200, 1),
    ("DELETE", "/subjects/a/versions/1?permanent=true", None, 404, 40407),
    ("DELETE", "/subjects/a/versions/9", None, 404, 40402),
    ("DELETE", "/subjects/nobody", None, 404, 40401),
    ("DELETE", "/subjects", None, 405, 405),
    ("GET", "/nothing", None, 404, 404),
    ("GET", "/../etc/passwd", None, 404, 404),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "wanted"),
    ANSWERS,
    ids=[f"{method} {path} {body!r}" for method, path, body, *_ in ANSWERS],
)
def test_an_answer(
    registry: EmbeddedRegistry, method: str, path: str, body: object, status: int, wanted: object
) -> None:
    for subject, schema in (("a", INT), ("b", INT), ("a", LONG)):
        registry.register(subject, schema)

    answered, value = ask(registry, method, path, body)

    assert answered == status
    if status >= 400:
        assert isinstance(value, dict)
        assert (value["error_code"], bool(value["message"])) == (wanted, True)
    elif wanted is not None:
        assert value == wanted


def test_all_schemas(registry: EmbeddedRegistry) -> None:
    for subject, schema in (("a", INT), ("b", INT), ("a", LONG)):
        registry.register(subject, schema)

    _, everything = ask(registry, "GET", "/schemas")
    _, latest = ask(registry, "GET", "/schemas?latestOnly=true&subjectPrefix=a")

    assert isinstance(everything, list)
    assert isinstance(latest, list)
    assert [(each["subject"], each["version"], each["id"]) for each in everything] == [
        ("a", 1, 1),
        ("a", 2, 2),
        ("b", 1, 1),
    ]
    assert [(each["subject"], each["version"], each["schema"]) for each in latest] == [("a", 2, '"long"')]


def test_a_guid_is_found_whatever_its_case(registry: EmbeddedRegistry) -> None:
    registry.register("a", INT)
    _, found = ask(registry, "GET", "/schemas/ids/1")
    assert isinstance(found, dict)
    guid = found["guid"]

    assert ask(registry, "GET", f"/schemas/guids/{guid.upper()}") == (200, {"schema": '"int"', "guid": guid, "id": 1})
    assert ask(registry, "GET", f"/schemas/guids/{guid}/ids") == (200, [{"context": ".", "id": 1}])


def test_an_import_keeps_its_id(registry: EmbeddedRegistry) -> None:
    ask(registry, "PUT", "/mode", {"mode": "IMPORT"})

    status, found = ask(registry, "POST", "/subjects/a/versions", {"schema": '"int"', "id": 50})
    taken, _ = ask(registry, "POST", "/subjects/a/versions", {"schema": '"long"', "id": 50})

    assert (status, isinstance(found, dict) and found["id"], taken) == (200, 50, 422)
    assert registry.find(50) == INT
    ask(registry, "PUT", "/mode", {"mode": "READWRITE"})
    assert registry.register("b", LONG) == 51


def test_what_is_deleted_for_good_is_gone(registry: EmbeddedRegistry) -> None:
    registry.register("a", INT)
    registry.register("a", LONG)
    for path in ("/subjects/a/versions/1", "/subjects/a/versions/1?permanent=true"):
        assert ask(registry, "DELETE", path) == (200, 1)

    assert ask(registry, "GET", "/subjects/a/versions?deleted=true") == (200, [2])
    with pytest.raises(ValueError, match="its schema id 1 is not known"):
        registry.find(1)
    assert ask(registry, "DELETE", "/subjects/a/versions/2") == (200, 2)
    assert ask(registry, "DELETE", "/subjects/a/versions/2")[1] == {
        "error_code": 40406,
        "message": "Subject 'a' Version 2 was soft deleted.Set permanent=true to delete permanently",
    }
    assert ask(registry, "GET", "/subjects/a/versions?deleted_only=true") == (200, [2])


def test_the_keys_of_json_count_where_nothing_is_normalized(registry: EmbeddedRegistry) -> None:
    texts = ['{"type":"fixed","name":"F","size":2}', '{"size":2,"name":"F","type":"fixed"}']
    numbers = []
    for query in ("", "?normalize=true"):
        for text in texts:
            _, found = ask(registry, "POST", f"/subjects/s{query and '2'}/versions{query}", {"schema": text})
            assert isinstance(found, dict)
            numbers.append(found["id"])

    assert numbers == [1, 2, 1, 1]


# -- the checker


def growing(earlier: Sequence[RegisteredSchema], schema: RegisteredSchema, level: str) -> Sequence[str]:
    """A checker by which texts only grow."""
    return [
        f"{schema.format} {level}: {schema.text} is shorter than {each.text}"
        for each in earlier
        if len(schema.text) < len(each.text)
    ]


REFUSED = 'Schema being registered is incompatible with an earlier schema for subject "a", details:'
SHORT, MIDDLE, LARGE = '"int"', '"double"', '{"type":"fixed","name":"F","size":2}'


@pytest.mark.parametrize(
    ("level", "wanted"),
    [
        ("NONE", (200, "")),
        ("BACKWARD", (200, "")),
        ("BACKWARD_TRANSITIVE", (409, f"{REFUSED} [AVRO BACKWARD_TRANSITIVE: {MIDDLE} is shorter than {LARGE}]")),
    ],
)
def test_a_checker_is_asked(level: str, wanted: tuple[int, str]) -> None:
    with EmbeddedRegistry(compatibility=growing, level="NONE") as registry:
        for text in (LARGE, SHORT):
            registry.register("a", RegisteredSchema("AVRO", text, {}))
        ask(registry, "PUT", "/config/a", {"compatibility": level})

        _, verdict = ask(registry, "POST", "/compatibility/subjects/a/versions", {"schema": MIDDLE})
        status, found = ask(registry, "POST", "/subjects/a/versions", {"schema": MIDDLE})

    assert verdict == {"is_compatible": wanted[0] == 200}
    assert isinstance(found, dict)
    assert (status, found.get("message", "")) == wanted


def test_one_version_is_asked_about() -> None:
    with EmbeddedRegistry(compatibility=growing, level="NONE") as registry:
        for text in (LARGE, SHORT):
            registry.register("a", RegisteredSchema("AVRO", text, {}))
        ask(registry, "PUT", "/config/a", {"compatibility": "FULL"})

        path = "/compatibility/subjects/a/versions/1?verbose=true"
        assert ask(registry, "POST", path, {"schema": MIDDLE}) == (
            200,
            {"is_compatible": False, "messages": [f"AVRO FULL: {MIDDLE} is shorter than {LARGE}"]},
        )


PERSON = '{"type":"record","name":"P","fields":[{"name":"a","type":"int"}%s]}'
PROTO = 'syntax = "proto3";\npackage p;\nmessage P {\n  %s a = 1;\n}\n'


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (("AVRO", PERSON % ""), ("AVRO", PERSON % ',{"name":"b","type":"int","default":0}'), ""),
        (("AVRO", PERSON % ""), ("AVRO", PERSON % ',{"name":"b","type":"int"}'), "avro/"),
        (("PROTOBUF", PROTO % "int32"), ("PROTOBUF", PROTO % "int64"), ""),
        (("PROTOBUF", PROTO % "int32"), ("PROTOBUF", PROTO % "string"), "protobuf/"),
        (("AVRO", PERSON % ""), ("PROTOBUF", PROTO % "string"), "the schemas of subject a are not in PROTOBUF"),
    ],
    ids=["avro-with-default", "avro-without-default", "protobuf-wider", "protobuf-another", "another-format"],
)
def test_our_own_checker_is_asked(
    registry: EmbeddedRegistry, old: tuple[SchemaFormat, str], new: tuple[SchemaFormat, str], words: str
) -> None:
    registry.register("a", RegisteredSchema(*old, {}))
    if not words:
        assert registry.register("a", RegisteredSchema(*new, {})) == 2
        return

    with pytest.raises(ValueError, match=f"refuses its schema: Schema being registered is incompatible .*{words}"):
        registry.register("a", RegisteredSchema(*new, {}))


def test_without_a_checker_everything_of_a_format_passes() -> None:
    with EmbeddedRegistry(compatibility=None) as registry:
        assert [registry.register("a", schema) for schema in (INT, RegisteredSchema("AVRO", '"string"', {}))] == [1, 2]


def test_what_is_refused_is_said(registry: EmbeddedRegistry) -> None:
    words = rf"^the registry {registry.url} refuses its schema: Invalid schema of type AVRO, details: undefined name: \"nope\""
    with pytest.raises(ValueError, match=words):
        registry.register("a", RegisteredSchema("AVRO", '"nope"', {}))


# -- its life


def test_it_ends_with_its_block() -> None:
    before = set(threading.enumerate())
    with EmbeddedRegistry() as registry:
        idle = http.client.HTTPConnection(registry.url.removeprefix("http://"), timeout=20)
        idle.request("GET", "/subjects")
        assert idle.getresponse().read() == b"[]"
    registry.close()

    assert set(threading.enumerate()) <= before
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        ask(registry, "GET", "/subjects")


def test_a_process_ends_that_does_not_close_it() -> None:
    program = """
import http.client
from msgpact.registries.embedded import EmbeddedRegistry

url = EmbeddedRegistry().url
connection = http.client.HTTPConnection(url.removeprefix("http://"))
connection.request("GET", "/subjects")
print(connection.getresponse().read())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stdout) == (0, "b'[]'\n")


def test_many_ask_at_once(registry: EmbeddedRegistry) -> None:
    ask(registry, "PUT", "/config", {"compatibility": "NONE"})
    numbers: list[object] = []

    def register(index: int) -> None:
        text = json.dumps({"type": "fixed", "name": "F", "size": index % 5})
        _, found = ask(registry, "POST", "/subjects/a/versions", {"schema": text})
        numbers.append(found)

    threads = [threading.Thread(target=register, args=(index,)) for index in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(numbers) == 20
    assert ask(registry, "GET", "/subjects/a/versions") == (200, [1, 2, 3, 4, 5])


def test_a_body_that_is_too_large(registry: EmbeddedRegistry) -> None:
    connection = http.client.HTTPConnection(registry.url.removeprefix("http://"), timeout=20)
    connection.putrequest("POST", "/subjects/a/versions")
    connection.putheader("Content-Length", str(1 << 40))
    connection.endheaders()

    assert connection.getresponse().status == 413
    connection.close()


def test_a_level_that_there_is_not() -> None:
    with pytest.raises(UsageError, match=r"^Cannot start a registry of level 'SIDEWAYS': .* There are NONE, BACKWARD"):
        EmbeddedRegistry(level="SIDEWAYS")


def test_it_shows_where_it_is(registry: EmbeddedRegistry) -> None:
    assert repr(registry) == f"EmbeddedRegistry({registry.url})"


# -- what is a schema


DEEP = '{"type":"array","items":' * 5000 + '"int"' + "}" * 5000


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        ("AVRO", '"int"', ""),
        ("AVRO", '["null",{"type":"array","items":{"type":"map","values":"bytes"}}]', ""),
        ("AVRO", '{"type":"long","logicalType":"timestamp-millis"}', ""),
        ("AVRO", '{"type":"record","name":"a.L","fields":[{"name":"next","type":["null","L"]}]}', ""),
        ("AVRO", '{"type":"record","name":"L","namespace":"a","fields":[{"name":"next","type":["null","a.L"]}]}', ""),
        ("AVRO", '{"type":{"type":"enum","name":"E","symbols":["A"]}}', ""),
        ("AVRO", '{"type":"record","name":"R","fields":[{"name":"m","type":"shop.Money"}]}', ""),
        ("AVRO", '"nope"', 'undefined name: "nope"'),
        ("AVRO", "5", "not a schema: 5"),
        ("AVRO", "{}", "no type: {}"),
        ("AVRO", '{"type":"array"}', 'an array has no "items"'),
        ("AVRO", '{"type":"map"}', 'a map has no "values"'),
        ("AVRO", '{"type":"enum","name":"E"}', 'enum E has no "symbols"'),
        ("AVRO", '{"type":"fixed","size":2}', "no name in a schema of type fixed"),
        ("AVRO", '{"type":"record","name":"R","fields":{}}', "the fields of R are no list"),
        ("AVRO", '{"type":"record","name":"R","fields":[{"name":"a"}]}', "a field of R has no name or no type"),
        ("AVRO", '[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]', "can't redefine: F"),
        ("AVRO", "{", "it is not JSON: "),
        ("AVRO", DEEP, "it is nested too deep"),
        ("JSON", "true", ""),
        ("JSON", "{}", ""),
        ("JSON", "[]", "a JSON Schema is an object, true or false"),
        ("PROTOBUF", 'syntax = "proto3"; message A {}', ""),
        ("PROTOBUF", "CgdhLnByb3Rv", ""),
        ("PROTOBUF", "message A {", "its braces do not match"),
        ("PROTOBUF", " ", "it is empty"),
        ("PROTOBUF", "no such thing", "it is neither a .proto nor the base64 of a descriptor"),
    ],
)  # fmt: skip
def test_what_is_a_schema(kind: SchemaFormat, text: str, words: str) -> None:
    found = invalid(RegisteredSchema(kind, text, {"shop.Money": INT}))

    assert found.startswith(words) if words else not found
