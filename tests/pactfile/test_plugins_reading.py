"""Contents that Pact's plugins wrote: what is read of a file, what is wrong with one, and what is never green."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from plugin_pacts import (
    A_PARCEL,
    DESCRIPTORS,
    KEY,
    ORDER,
    PARCEL,
    SCHEMA_KEY,
    Order,
    Query,
    Raw,
    body,
    document,
    order,
    pact,
    parcel,
)

import msgpact
from msgpact import Message
from msgpact.check import check_message
from msgpact.errors import NothingToVerify, UnreadablePact
from msgpact.model import Contents, Form, Presence
from msgpact.results import Outcome

AN_ORDER = Order(id="a", count=3).SerializeToString()


def contents_of(raw: Raw, **more: Any) -> Contents:
    (interaction,) = pact(raw, **more)
    assert interaction.message is not None
    return interaction.message.contents


def load(contents: Contents) -> object:
    assert contents.serializer is not None
    assert isinstance(contents.value, bytes)
    return contents.serializer.load(contents.value)


def test_protobuf_is_typed_contents() -> None:
    contents = contents_of(order(AN_ORDER))

    assert (contents.form, contents.value, contents.content_type) == (Form.TYPED, AN_ORDER, ORDER)
    assert load(contents) == {"id": "a", "count": 3}


def test_avro_is_typed_contents() -> None:
    contents = contents_of(parcel())

    assert (contents.form, contents.value, contents.content_type) == (Form.TYPED, A_PARCEL, PARCEL)
    assert load(contents) == {"id": "p1", "grams": 250, "note": None, "tags": ["x"]}


NAMED: list[tuple[str, Raw]] = [
    ("with a dot in front", {"message": ".shop.Order"}),
    ("without the dot", {"message": "shop.Order"}),
    ("without its package, as before 0.5", {"message": "Order"}),
    ("by the content type alone", {"message": None}),
    ("by the content type, not by the service", {"message": None, "service": ".shop.Orders/Find"}),
    ("by what a service's method takes", {"message": None, "service": ".shop.Orders/Find", "content_type": "application/protobuf"}),
]  # fmt: skip


@pytest.mark.parametrize("said", [row[1] for row in NAMED], ids=[row[0] for row in NAMED])
def test_the_message_is_named(said: Raw) -> None:
    is_query = said.get("content_type") is not None

    assert load(contents_of(order(Query(id="a").SerializeToString(), **said))) == {"id": "a"}
    assert (load(contents_of(order(AN_ORDER, **said))) == {"id": "a"}) == is_query  # a Query has no count


def test_requests_and_responses_are_what_the_method_takes_and_gives() -> None:
    raw = order(b"", message=None, service=".shop.Orders/Find")
    raw |= {"type": "Synchronous/Messages", "description": "find"}
    raw["request"] = {"contents": body(Query(id="q").SerializeToString(), "application/protobuf")}
    raw["response"] = [{"contents": body(AN_ORDER, "application/protobuf")}]
    for name in ("contents", "metadata", "matchingRules"):
        del raw[name]
    (interaction,) = pact(raw)

    assert interaction.request is not None
    assert load(interaction.request.contents) == {"id": "q"}
    assert [load(each.contents) for each in interaction.responses] == [{"id": "a", "count": 3}]


def test_an_empty_message_of_a_plugin_demands_no_bytes() -> None:
    (interaction,) = pact(order(b""))
    assert interaction.message is not None
    assert interaction.message.contents.presence is Presence.EMPTY

    assert not check_message(interaction.message, Message(b"", content_type=ORDER))
    (mismatch,) = check_message(interaction.message, Message(AN_ORDER, content_type=ORDER))
    assert mismatch.rule == "empty contents"


def test_an_empty_message_of_ours_is_a_message_like_any_other() -> None:
    (interaction,) = pact({**order(b""), "comments": {"msgpact": {"exact": True}}})
    assert interaction.message is not None
    assert interaction.message.contents.presence is Presence.PRESENT

    assert not check_message(interaction.message, Message(b"", content_type=ORDER))
    assert not check_message(interaction.message, Message(AN_ORDER, content_type=ORDER))


# -- what is wrong with a file ---------------------------------------------------------------------------------------


def protobuf(configuration: object) -> list[Raw]:
    return [{"name": "protobuf", "version": "0.7.1", "configuration": configuration}]


def avro(configuration: object) -> list[Raw]:
    return [{"name": "avro", "version": "0.0.6", "configuration": configuration}]


OTHER_KEY = "0123456789abcdef0123456789abcdef"
SET = base64.b64encode(DESCRIPTORS).decode()
NO_SET = base64.b64encode(b"\xff\xff").decode()
NO_SET_KEY = "ab2a0d28de6b77ffdd6c72afead099ab"

WRONG: list[tuple[str, Raw, list[Raw] | None, str]] = [
    ("no plugin in the file", order(AN_ORDER), [], f"the file has no descriptors under the key '{KEY}'"),
    ("no configuration of it", order(AN_ORDER), protobuf(None), "the file has no descriptors under the key"),
    ("another key", order(AN_ORDER, descriptorKey=OTHER_KEY), None, f"no descriptors under the key '{OTHER_KEY}'"),
    ("no key", order(AN_ORDER, descriptorKey=None), None, "its configuration has no descriptorKey"),
    ("a key that is no text", order(AN_ORDER, descriptorKey=7), None, "its configuration has no descriptorKey"),
    ("descriptors of another key", order(AN_ORDER, descriptorKey=OTHER_KEY), protobuf({OTHER_KEY: {"protoDescriptors": SET}}),
     f"the descriptors under the key '{OTHER_KEY}' are others, of the key '{KEY}'"),
    ("descriptors that are not base64", order(AN_ORDER), protobuf({KEY: {"protoDescriptors": "%"}}), "are not base64"),
    ("descriptors that are none", order(AN_ORDER, descriptorKey=NO_SET_KEY), protobuf({NO_SET_KEY: {"protoDescriptors": NO_SET}}), "as the plugin 'protobuf' wrote them"),
    ("a message that is not in them", order(AN_ORDER, message=".shop.Parcel"), None, r"no message is called 'shop.Parcel': it has shop.Line, shop.Order"),
    ("neither message nor service", order(AN_ORDER, message=None, content_type="application/protobuf"), None, "names neither a message nor a service"),
    ("a service that is not in them", order(AN_ORDER, message=None, service=".shop.Nobody/Find", content_type="application/protobuf"), None, "its descriptors have no '.shop.Nobody/Find'"),
    ("a method that is not in them", order(AN_ORDER, message=None, service=".shop.Orders/Lose", content_type="application/protobuf"), None, "its descriptors have no '.shop.Orders/Lose'"),
    ("another schema key", parcel(schemaKey=OTHER_KEY), None, f"the file has no schema under the key '{OTHER_KEY}'"),
    ("no schema key", parcel(schemaKey=None), None, "its configuration has no schemaKey"),
    ("a schema that is none", parcel(), avro({SCHEMA_KEY: {"avroSchema": '{"type": "recrod"}'}}), "cannot be used"),
    ("a record that is not in it", parcel(record="Letter"), None, "it has no type 'Letter', but shop.Parcel"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "plugins", "why"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_what_is_wrong_is_said_when_it_is_needed(raw: Raw, plugins: list[Raw] | None, why: str) -> None:
    (interaction,) = pact(raw, plugins=plugins)  # reads, as there may be others in the file
    assert interaction.message is not None
    message = Message(AN_ORDER, content_type=interaction.message.contents.content_type)

    with pytest.raises(UnreadablePact, match=why) as caught:
        check_message(interaction.message, message)
    assert str(caught.value).startswith(f"Cannot read the contents of {raw['description']!r} as the plugin ")
    assert str(caught.value).endswith("Let the tool that made the pact write it again.")


def test_an_example_that_its_schema_cannot_read_is_a_mismatch_that_says_whose_it_is() -> None:
    (interaction,) = pact(order(b"\x0a\x05a"))
    assert interaction.message is not None

    (mismatch,) = check_message(interaction.message, Message(AN_ORDER, content_type=ORDER))
    assert mismatch.reason.startswith("of the example in the pact, ")


def test_of_a_wrong_configuration_only_its_interaction_is_not_verified() -> None:
    orders = msgpact.Provider("orders")
    orders.produces("an order was placed", content_type=ORDER)(lambda: AN_ORDER)
    orders.produces("a parcel was sent", content_type=PARCEL)(lambda: A_PARCEL)

    report = msgpact.verify(orders, [pact(order(AN_ORDER, descriptorKey=OTHER_KEY), parcel())])

    assert [each.outcome for each in report.results] == [Outcome.MISUSED, Outcome.PASSED]
    assert report.exit_code == 2


# -- other plugins, and what a tool dropped --------------------------------------------------------------------------

CSV: Raw = {
    "type": "Asynchronous/Messages",
    "description": "a table was made",
    "contents": {"content": "YSxiCg==", "contentType": "text/csv;charset=UTF-8", "contentTypeHint": "DEFAULT", "encoded": "base64"},
    "pending": False,
    "matchingRules": {"body": {"column:1": {"matchers": [{"match": "csv-cell"}]}}},
    "pluginConfiguration": {"csv": {"csvHeaders": ["a", "b"]}},
}  # fmt: skip


def orders_with_everything() -> msgpact.Provider:
    orders = msgpact.Provider("orders")
    orders.produces("a table was made", content_type="text/csv;charset=UTF-8")(lambda: b"a,b\n")
    orders.produces("a parcel was sent", content_type=PARCEL)(lambda: A_PARCEL)
    return orders


def test_contents_of_an_unknown_plugin_are_not_verified_and_never_green() -> None:
    report = msgpact.verify(orders_with_everything(), [pact(CSV, parcel())])

    assert [each.outcome for each in report.results] == [Outcome.NOT_VERIFIED, Outcome.PASSED]
    assert report.results[0].text == "contents of the plugin 'csv', not verified here"
    assert report.ok
    assert not report.complete


def test_a_message_cannot_be_checked_against_them() -> None:
    (interaction,) = pact(CSV)

    with pytest.raises(
        NothingToVerify, match="'a table was made': it has contents of the plugin 'csv', not verified here"
    ):
        msgpact.check(interaction, Message(b"a,b\n", content_type="text/csv;charset=UTF-8"))


def test_a_pact_of_unknown_plugins_alone_verifies_nothing() -> None:
    report = msgpact.verify(orders_with_everything(), [pact(CSV)])

    (problem,) = report.problems
    assert "nothing but contents of plugins that are not known here" in problem.text
    assert report.exit_code == 2


def test_they_stay_as_they_are_where_the_pact_is_written_again(tmp_path: Path) -> None:
    file = tmp_path / "fulfilment-orders.json"
    file.write_bytes(document(CSV, parcel()))
    before = json.loads(file.read_bytes())

    msgpact.write(msgpact.load(file), tmp_path)

    after = json.loads(file.read_bytes())
    by_name = {each["description"]: each for each in after["interactions"]}
    assert by_name["a table was made"] == CSV
    assert by_name["a parcel was sent"]["contents"] == before["interactions"][1]["contents"]
    assert by_name["a parcel was sent"]["pluginConfiguration"] == before["interactions"][1]["pluginConfiguration"]
    assert {each["name"]: each for each in after["metadata"]["plugins"]}["avro"] == before["metadata"]["plugins"][1]


def test_a_synchronous_message_that_was_dropped_is_said_to_be() -> None:
    orders = msgpact.Provider("orders")
    orders.answers("find")(lambda request: b"")
    dropped = {"type": "Synchronous/Messages", "description": "find", "request": {}, "response": []}

    (result,) = msgpact.verify(orders, [pact(dropped)]).results

    assert result.outcome is Outcome.MISUSED
    assert result.text == (
        "Cannot verify 'find': the pact holds neither its request nor a response. The tool that recorded it dropped "
        "them, as Pact's do with a request and a response of a plugin that are given apart. Record it again, as one."
    )


# -- what reading costs ----------------------------------------------------------------------------------------------

WITHOUT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "fastavro" or name.startswith("google"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import msgpact
from msgpact.check import check_message
from msgpact.errors import MissingExtra
contract = msgpact.load(sys.argv[1])
for interaction in contract:
    contents = interaction.message.contents
    try:
        check_message(interaction.message, msgpact.Message(contents.value, content_type=contents.content_type))
    except MissingExtra as error:
        print(error)
"""


def test_reading_needs_no_library_and_checking_names_the_one_it_needs(tmp_path: Path) -> None:
    file = tmp_path / "pact.json"
    file.write_bytes(document(order(AN_ORDER), parcel()))

    done = subprocess.run([sys.executable, "-c", WITHOUT, str(file)], capture_output=True, text=True, check=True)

    protobuf, avro = done.stdout.splitlines()
    assert protobuf.startswith("Cannot use Protobuf contents: 'google.protobuf")
    assert protobuf.endswith("is not installed. Run: pip install 'msgpact[protobuf]'.")
    assert avro == "Cannot use Avro contents: 'fastavro' is not installed. Run: pip install 'msgpact[avro]'."


def test_reading_imports_no_serializer_of_theirs(tmp_path: Path) -> None:
    file = tmp_path / "pact.json"
    file.write_bytes(document(order(AN_ORDER), parcel()))
    code = (
        "import sys, msgpact; msgpact.load(sys.argv[1]);"
        "print([name for name in sys.modules if 'avro' in name or name.startswith(('google', 'msgpact.serializers.protobuf'))])"
    )

    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
