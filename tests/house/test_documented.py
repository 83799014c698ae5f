"""Nothing public is undocumented: every name, setting, option, matcher, generator, reporter and error has its place."""

import dataclasses
import importlib
import re
import typing
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import msgpact
from msgpact import http
from msgpact.adapters import embedded_kafka, embedded_sns_sqs, faststream, links, memory, rabbitmq, sns_sqs
from msgpact.adapters import kafka as kafka_consuming
from msgpact.cli.main import COMMANDS
from msgpact.config import Config
from msgpact.records import amqp, aws_lambda, kafka, sns, sqs
from msgpact.reporters.base import BUILT_IN

DOCS = Path(__file__).parents[2] / "docs"


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", msgpact.__all__)
def test_public_name(name: str) -> None:
    assert re.search(rf"^#+ .*`{name}\b", page("reference/python.md"), re.MULTILINE)


@pytest.mark.parametrize(
    "name",
    [
        f"{cls.__name__}.{name}"
        for cls in (msgpact.Consumer, msgpact.Provider, msgpact.ConsumerCase, msgpact.ProviderCase)
        for name in vars(cls)
        if not name.startswith("_")
    ],
)
def test_public_method(name: str) -> None:
    assert re.search(rf"`(await )?{name.partition('.')[2]}\b", page("reference/python.md"))


def types_in(hint: object) -> Iterator[type]:
    """The classes that an annotation names."""
    if isinstance(hint, type) and not typing.get_args(hint):
        yield hint
    for each in typing.get_args(hint):
        yield from types_in(each)


def types_of_attributes(cls: type, found: set[type]) -> set[type]:
    """Our types that the attributes of a class hold, and those that theirs hold."""
    hints = typing.get_type_hints(cls).values() if dataclasses.is_dataclass(cls) else ()
    for each in {named for hint in hints for named in types_in(hint)} - found:
        if each.__module__ in ("msgpact.model", "msgpact.results"):
            found.add(each)
            types_of_attributes(each, found)
    return found


def test_types_of_attributes() -> None:
    text = page("reference/python.md")
    public = [value for name in msgpact.__all__ if isinstance(value := getattr(msgpact, name), type)]
    found = {each for cls in public for each in types_of_attributes(cls, set())}

    assert {"Outcome", "Problem", "WrittenPact", "Contents"} <= {each.__name__ for each in found}
    assert [
        each.__name__ for each in found if not re.search(rf"^(\*|#+) .*`{each.__name__}\b", text, re.MULTILINE)
    ] == []


@pytest.mark.parametrize(
    "module",
    [
        amqp,
        aws_lambda,
        embedded_kafka,
        embedded_sns_sqs,
        faststream,
        kafka,
        kafka_consuming,
        links,
        memory,
        rabbitmq,
        sns,
        sns_sqs,
        sqs,
    ],
    ids=lambda each: each.__name__,
)
def test_transports(module: ModuleType) -> None:
    section = page("reference/python.md").partition(f"### `{module.__name__}`\n")[2].partition("\n##")[0]

    assert [name for name in module.__all__ if not re.search(rf"`{name}\b", section)] == []


@pytest.mark.parametrize("name", [*http.__all__, "ExpectedRequest", "ExpectedResponse", "HttpRequest", "HttpResponse"])
def test_http(name: str) -> None:
    assert re.search(rf"^\* .*`{name}\b", page("reference/python.md"), re.MULTILINE)


@pytest.mark.parametrize(
    ("module", "section"),
    [
        ("serializers.avro", "Serializers"),
        ("serializers.protobuf", "Serializers"),
        ("serializers.json_schema", "Serializers"),
        ("serializers.cloudevents", "Serializers"),
        ("serializers.framing", "Frames"),
        ("registries.confluent", "Registries"),
        ("registries.apicurio", "Registries"),
        ("registries.glue", "Registries"),
        ("registries.files", "Registries"),
        ("registries.memory", "Registries"),
        ("registries.embedded", "Registries"),
        ("registries.addresses", "Registries"),
        ("times", "Serializers"),
        ("compatibility", "Changes of schemas"),
    ],
)
def test_contents_with_a_schema(module: str, section: str) -> None:
    text = page("reference/python.md")
    section_text = text.partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    names = importlib.import_module(f"msgpact.{module}").__all__

    assert f"`msgpact.{module}`" in section_text
    assert [name for name in names if not re.search(rf"`{name}\b", text)] == []


@pytest.mark.parametrize(
    ("module", "title"),
    [(amqp, "AMQP"), (kafka, "Kafka"), (sns, "SNS"), (sqs, "SQS")],
    ids=["AMQP", "Kafka", "SNS", "SQS"],
)
def test_reserved_names(module: ModuleType, title: str) -> None:
    """The tables of the page and of the module hold them all, and no other."""
    section = page("reference/metadata.md").partition(f"## {title}\n")[2].partition("\n#")[0]
    names = {*module.RESERVED} | {"contentType"} if module is not sns else {*module.RESERVED}

    assert {*re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)} == names
    assert {*re.findall(r"`(\w+)`(?=[^|]*\|[^|]*\|$)", module.__doc__ or "", re.MULTILINE)} >= names


@pytest.mark.parametrize("vocabulary", ["match", "generate"])
def test_vocabulary(vocabulary: str) -> None:
    text = page("reference/matchers.md")
    names = importlib.import_module(f"msgpact.{vocabulary}").__all__

    assert [name for name in names if f"`{vocabulary}.{name}" not in text] == []


@pytest.mark.parametrize("error", msgpact.errors.__all__)
def test_error(error: str) -> None:
    assert re.search(rf"[─ ]{error}\b", page("reference/python.md").partition("```text")[2]) or error == "MsgpactError"


@pytest.mark.parametrize("setting", [field.name for field in dataclasses.fields(Config)])
def test_setting(setting: str) -> None:
    text = page("reference/command-line.md")

    assert f"| `{setting}` | `MSGPACT_{setting.upper()}` |" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_command_and_its_options(command: str) -> None:
    text = page("reference/command-line.md")
    section = text.partition(f"## msgpact {command}")[2].partition("\n## ")[0]
    found = importlib.import_module(f"msgpact.cli.{command}").command
    options = [
        option
        for each in (found, *getattr(found, "commands", {}).values())
        for parameter in each.params
        for option in parameter.opts
        if option.startswith("--")
    ]

    assert section
    assert [option for option in options if f"`{option}" not in section] == []


def test_pytest_options(pytestconfig: pytest.Config) -> None:
    text = page("reference/command-line.md")
    group = pytestconfig._parser.getgroup("msgpact")
    options = [name for option in group.options for name in option.names()]

    assert options
    assert [option for option in options if f"`{option}" not in text] == []


@pytest.mark.parametrize("reporter", BUILT_IN)
def test_reporter(reporter: str) -> None:
    assert f"| `{reporter}` |" in page("reference/reports.md")
