"""Where Protobuf schemas come from: classes, `.proto` files, FileDescriptorSets, registries; and what is no schema."""

import base64
import hashlib
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import api_pb2, descriptor_pb2, timestamp_pb2
from grpc_tools import protoc

from msgpact.errors import DeclarationError
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf

MONEY = """syntax = "proto3"; package shop.common;
message Money { string currency_code = 1; int64 units = 2; }
"""
ORDER = """syntax = "proto3"; package shop;
import "shop/common/money.proto";
import "google/protobuf/timestamp.proto";
message Order { string id = 1; shop.common.Money total = 2; google.protobuf.Timestamp placed_at = 3; Line line = 4;
  message Line { string sku = 1; } }
message Other { string id = 1; }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {"shop/order.proto": ORDER, "shop/common/money.proto": MONEY}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def compiled(folder: Path, *arguments: str) -> bytes:
    """By protoc itself."""
    out = folder / "set.bin"
    known = Path(str(protoc.__file__)).parent / "_proto"
    assert protoc.main(["protoc", f"-I{folder}", f"-I{known}", f"--descriptor_set_out={out}", *arguments]) == 0
    return out.read_bytes()


def names_in(descriptor_set: bytes) -> list[str]:
    return [file.name for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set).file]


FILES = ["shop/common/money.proto", "google/protobuf/timestamp.proto", "shop/order.proto"]


# -- sources ---------------------------------------------------------------------------------------------------------


def test_a_proto_file_is_compiled_as_by_protoc(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    protobuf = Protobuf("shop.Order", proto=folder / "shop" / "order.proto", includes=[folder])

    assert protobuf.descriptor_set == compiled(folder, "--include_imports", "shop/order.proto")
    assert names_in(protobuf.descriptor_set) == FILES
    assert protobuf.proto_text == ORDER
    assert protobuf.content_type == "application/protobuf;message=.shop.Order"


def test_a_proto_file_finds_what_lies_beside_it(folder: Path) -> None:
    (folder / "pay.proto").write_text('syntax = "proto3"; import "money.proto"; message Pay { Money m = 1; }')
    (folder / "money.proto").write_text('syntax = "proto3"; message Money { int32 units = 1; }')
    protobuf = Protobuf("Pay", proto=str(folder / "pay.proto"))

    assert protobuf.load(b"\x0a\x02\x08\x05") == {"m": {"units": 5}}
    assert names_in(protobuf.descriptor_set) == ["money.proto", "pay.proto"]
    assert protobuf.content_type == "application/protobuf;message=.Pay"


@pytest.mark.parametrize("as_file", [True, False], ids=["file", "bytes"])
def test_a_descriptor_set_stays_as_protoc_wrote_it(folder: Path, *, as_file: bool) -> None:
    descriptor_set = compiled(folder, "--include_imports", "shop/order.proto")
    protobuf = Protobuf("shop.Order", proto=folder / "set.bin" if as_file else descriptor_set)

    assert protobuf.descriptor_set == descriptor_set


@pytest.mark.parametrize("include", [["--include_imports"], []], ids=["all", "without well-known types"])
def test_another_descriptor_set_is_put_in_order(folder: Path, include: list[str]) -> None:
    given = descriptor_pb2.FileDescriptorSet.FromString(
        compiled(folder, "--include_source_info", *include, "shop/order.proto", "shop/common/money.proto")
    )
    for file in given.file:
        for message in file.message_type:
            for field in message.field:
                field.ClearField("json_name")
    backwards = descriptor_pb2.FileDescriptorSet(file=reversed(given.file))

    protobuf = Protobuf("shop.Order", proto=backwards.SerializeToString())

    assert sorted(names_in(protobuf.descriptor_set)) == sorted(FILES)
    files = descriptor_pb2.FileDescriptorSet.FromString(protobuf.descriptor_set).file
    assert not any(file.HasField("source_code_info") for file in files)
    assert [field.json_name for field in files[-1].message_type[0].field] == ["id", "total", "placedAt", "line"]
    assert protobuf.load(b"\x0a\x01a") == {"id": "a"}


def test_a_generated_class_brings_the_files_that_it_needs() -> None:
    protobuf = Protobuf(api_pb2.Api)

    assert names_in(protobuf.descriptor_set) == [
        "google/protobuf/source_context.proto", "google/protobuf/any.proto", "google/protobuf/type.proto", "google/protobuf/api.proto",
    ]  # fmt: skip
    assert protobuf.content_type == "application/protobuf;message=.google.protobuf.Api"


def test_a_generated_class_and_its_proto_file_are_one_schema(folder: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(folder)!r})
from shop import order_pb2
from msgpact.serializers.protobuf import Protobuf
ours, theirs = Protobuf(order_pb2.Order), Protobuf("shop.Order", proto={str(folder / "shop/order.proto")!r}, includes=[{str(folder)!r}])
assert ours == theirs and hash(ours) == hash(theirs) and ours.descriptor_set == theirs.descriptor_set
order = order_pb2.Order(id="a", line=order_pb2.Order.Line(sku="s"))
assert theirs.dump(order) == order.SerializeToString()
assert theirs.build(theirs.dump(order), order_pb2.Order) == order
print("ok")
"""
    known = Path(str(protoc.__file__)).parent / "_proto"
    files = ["shop/order.proto", "shop/common/money.proto"]
    assert protoc.main(["protoc", f"-I{folder}", f"-I{known}", f"--python_out={folder}", *files]) == 0

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_extensions_that_a_class_s_pool_knows_come_with_it(folder: Path) -> None:
    from google.protobuf import descriptor_pool, message_factory

    (folder / "a.proto").write_text('syntax = "proto2"; package a; message A { extensions 1 to 9; }')
    (folder / "b.proto").write_text(
        'syntax = "proto2"; package b; import "a.proto"; extend a.A { optional int32 e = 1; }'
    )
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(compiled(folder, "a.proto", "b.proto")).file:
        pool.Add(file)
    pool.FindFileByName("b.proto")
    protobuf = Protobuf(message_factory.GetMessageClass(pool.FindMessageTypeByName("a.A")))

    assert names_in(protobuf.descriptor_set) == ["a.proto", "b.proto"]
    assert protobuf.load(b"\x08\x05") == {"[b.e]": 5}


def registered(text: str, **references: RegisteredSchema) -> RegisteredSchema:
    return RegisteredSchema("PROTOBUF", text, references)


def described(folder: Path, name: str) -> str:
    """A file as Confluent's Python client registers it."""
    (file,) = descriptor_pb2.FileDescriptorSet.FromString(compiled(folder, name)).file
    return base64.b64encode(file.SerializeToString()).decode()


@pytest.mark.parametrize("main", ["text", "descriptor"])
@pytest.mark.parametrize("reference", ["text", "descriptor"])
def test_a_schema_of_a_registry(folder: Path, main: str, reference: str) -> None:
    money = MONEY if reference == "text" else described(folder, "shop/common/money.proto")
    order = ORDER if main == "text" else described(folder, "shop/order.proto")
    schema = RegisteredSchema("PROTOBUF", order, {"shop/common/money.proto": registered(money)})

    protobuf = Protobuf("shop.Order", proto=schema)

    assert protobuf.load(b"\x12\x03\x0a\x01x") == {"total": {"currency_code": "x"}}
    assert names_in(protobuf.descriptor_set)[:2] == FILES[:2]
    assert (protobuf.proto_text == ORDER) is (main == "text")


def test_references_of_references() -> None:
    c = registered('syntax = "proto3"; message C { int32 n = 1; }')
    b = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; import "c.proto"; message B { C c = 1; }', {"c.proto": c})
    a = RegisteredSchema("PROTOBUF", 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }', {"b.proto": b})

    assert Protobuf("A", proto=a).load(b"\x0a\x04\x0a\x02\x08\x07") == {"b": {"c": {"n": 7}}}


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shop.Order.Line", ".shop.Order.Line", "Order.Line", "Line"])
def test_a_message_by_its_name(folder: Path, name: str) -> None:
    protobuf = Protobuf(name, proto=compiled(folder, "--include_imports", "shop/order.proto"))

    assert protobuf.content_type == "application/protobuf;message=.shop.Order.Line"


def test_two_versions_of_a_schema_side_by_side() -> None:
    old = Protobuf("M", proto=registered('syntax = "proto3"; message M { int32 n = 1; }'))
    new = Protobuf("M", proto=registered('syntax = "proto3"; message M { string n = 1; }'))

    assert (old.load(b"\x08\x01"), new.load(b"\x0a\x01a")) == ({"n": 1}, {"n": "a"})
    assert old != new


# -- a value ---------------------------------------------------------------------------------------------------------


def test_it_can_be_pickled_without_its_file(folder: Path) -> None:
    protobuf = Protobuf("Order", proto=folder / "shop" / "order.proto", includes=[folder])
    pickled = pickle.dumps(protobuf)
    (folder / "shop" / "order.proto").unlink()

    again = pickle.loads(pickled)

    assert again == protobuf
    assert hash(again) == hash(protobuf)
    assert (again.proto_text, repr(again)) == (ORDER, "<Protobuf shop.Order>")
    assert again != "shop.Order"


def test_its_form_in_a_pact(folder: Path) -> None:
    form = Protobuf("shop.Order", proto=folder / "shop" / "order.proto", includes=[folder]).plugin_form
    descriptor_set = compiled(folder, "--include_imports", "shop/order.proto")
    key = hashlib.md5(descriptor_set).hexdigest()

    assert (form.name, form.key) == ("protobuf", key)
    assert form.schema == {"protoDescriptors": base64.b64encode(descriptor_set).decode(), "protoFile": ORDER}
    assert form.interaction == {"descriptorKey": key, "message": ".shop.Order"}


def test_nothing_is_imported_or_read_before_it_is_used() -> None:
    script = """
import sys
from msgpact.serializers.protobuf import Protobuf
Protobuf("shop.Order", proto="missing.proto")
print([name for name in ("google.protobuf", "grpc_tools", "pydantic") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("absent", "use", "words"),
    [
        ("google", "Protobuf('shop.Order', proto=b'')", "Cannot use Protobuf contents: 'google.protobuf' is not installed. Run: pip install 'msgpact[protobuf]'."),
        ("grpc_tools", f"Protobuf('M', proto={__file__!r}.replace('.py', '.proto'))", "there is no such file"),
        ("grpc_tools", "Protobuf('M', proto=RegisteredSchema('PROTOBUF', 'message M {}', {}))", "Cannot use .proto files: 'grpc_tools.protoc' is not installed. Run: pip install 'msgpact[protoc]'."),
    ],
    ids=["protobuf", "no file", "protoc"],
)  # fmt: skip
def test_what_is_not_installed_is_named(absent: str, use: str, words: str) -> None:
    script = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf
{use}.load(b"")
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert words in done.stderr


# -- what is no schema -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "more", "words"),
    [
        ("shop.Order", {}, "Cannot use 'shop.Order' as a Protobuf message: it is a name alone. Give a generated class"),
        (timestamp_pb2.Timestamp, {"proto": b""}, "it is a class that needs no proto="),
        (dict, {}, "Cannot use <class 'dict'> as a Protobuf message: it is a type"),
        (timestamp_pb2.Timestamp(), {}, "as a Protobuf message: it is a Timestamp"),
    ],
    ids=["name alone", "class and schema", "dict", "instance"],
)
def test_what_is_no_message(message: Any, more: dict[str, Any], words: str) -> None:
    with pytest.raises(DeclarationError, match=words):
        Protobuf(message, **more)


def imports(name: str, *others: str) -> Any:
    return descriptor_pb2.FileDescriptorProto(name=name, syntax="proto3", dependency=others)


def set_of(*files: Any) -> bytes:
    return bytes(descriptor_pb2.FileDescriptorSet(file=files).SerializeToString())


def field(**more: Any) -> bytes:
    """A set of a message M of one field, as no protoc would write it."""
    message = {"name": "M", "field": [{"name": "f", "number": 1, **more}]}
    return set_of(
        descriptor_pb2.FileDescriptorProto(name="a.proto", syntax="editions", edition=1000, message_type=[message])
    )


def odd_map() -> bytes:
    message = {
        "name": "M",
        "field": [{"name": "f", "number": 1, "type": 11, "label": 3, "type_name": ".M.FEntry"}],
        "nested_type": [{"name": "FEntry", "field": [{"name": name, "number": number, "type": 5, "label": 1} for number, name in ((1, "key"), (2, "v"))], "options": {"map_entry": True}}],
    }  # fmt: skip
    return set_of(descriptor_pb2.FileDescriptorProto(name="a.proto", syntax="proto3", message_type=[message]))


@pytest.mark.parametrize(
    ("proto", "words"),
    [
        (field(type=5, label=3, options={"features": {"field_presence": 3}}), "'M': its field M.f is both repeated and required. Mend"),
        (odd_map(), "'M': its map M.f has no keys and values. Mend"),
        ("missing.proto", "Cannot read 'missing.proto' of the Protobuf message 'M': there is no such file. Mend or name another."),
        ("missing.bin", "Cannot read 'missing.bin' of the Protobuf message 'M': .*No such file"),
        (b"\xff", "Cannot read the schema of the Protobuf message 'M': it is no serialized FileDescriptorSet."),
        (b"", "it is a FileDescriptorSet without any file"),
        (set_of(imports("a.proto", "b.proto")), "the file 'a.proto' in it imports 'b.proto', which is not there"),
        (set_of(imports("a.proto", "b.proto"), imports("b.proto", "a.proto")), "the file 'a.proto' imports itself"),
        (set_of(imports("a.proto", "a.proto")), "the file 'a.proto' imports itself"),
        (set_of(descriptor_pb2.FileDescriptorProto(name="a.proto", message_type=[{"name": "1"}])), "the file 'a.proto' in it is not valid"),
        (registered('syntax = "proto3"; message N { Missing m = 1; }'), r"protoc refuses it \(schema.proto:1:.*Missing"),
        (registered('syntax = "proto3"; import "other.proto";'), r"protoc refuses it \(other.proto: File not found"),
        (registered('syntax = "proto3"; message N {}'), "no message is called 'M': it has N"),
        (registered('syntax = "proto3"; message N { message M {} } message O { message M {} }'), "several messages are called 'M': it has N.M, O.M"),
        (RegisteredSchema("AVRO", '"string"', {}), "the registry holds it as AVRO, not as PROTOBUF"),
        (RegisteredSchema("PROTOBUF", "", {"../x.proto": registered("")}), r"it refers to '../x.proto', which is no name of a file below"),
        (RegisteredSchema("PROTOBUF", "", {"/x.proto": registered("")}), r"it refers to '/x.proto', which is no name of a file below"),
    ],
    ids=[
        "repeated and required", "map without values", "no file", "no set", "no set of descriptors", "empty set", "import missing", "circle", "itself", "bad name", "bad field",
        "bad import", "no message", "several messages", "of Avro", "reference outside", "reference to a root",
    ],
)  # fmt: skip
def test_what_is_no_schema(proto: Any, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(DeclarationError, match=words):
        _ = Protobuf("M", proto=proto).shape


def test_messages_that_only_have_the_names_of_well_known_ones_are_plain_messages() -> None:
    text = """syntax = "proto3"; package google.protobuf;
    message Struct { int32 fields = 1; }
    message Value { string kind = 1; }
    message BytesValue { repeated bytes value = 1; }
    message M { Struct struct = 1; Value value = 2; BytesValue blob = 3; }"""
    protobuf = Protobuf("google.protobuf.M", proto=registered(text))
    document = {"struct": {"fields": 1}, "value": {"kind": "k"}, "blob": {"value": [b"a"]}}

    assert protobuf.load(bytes.fromhex("0a020801 12030a016b 1a030a0161")) == document


def test_a_text_that_comes_of_a_descriptor_of_no_protoc() -> None:
    # The descriptor's own CopyToProto ends the process here.
    protobuf = Protobuf("M", proto=field(type=5, label=3, default_value="1"))

    assert "repeated int32 f = 1 [default = 1];" in protobuf.proto_text


@pytest.mark.parametrize(
    "text",
    ["message A {" * 100_000, 'syntax = "proto3"; message A { int32 a = 1 [(b) = ' + "{c:" * 100_000, "/*" * 100_000, "enum " * 100_000],
    ids=["messages", "options", "comments", "words"],
)  # fmt: skip
def test_a_bomb_of_text(text: str) -> None:
    with pytest.raises(DeclarationError, match="protoc refuses it"):
        _ = Protobuf("A", proto=registered(text)).shape


def test_protoc_says_where_a_file_is_wrong(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "bad.proto").write_text('syntax = "proto3";\nmessage Bad { int32 n = 0; }')

    with pytest.raises(DeclarationError, match=r"protoc refuses it \(bad\.proto:2:"):
        _ = Protobuf("Bad", proto=folder / "bad.proto").descriptor_set
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_no_text(folder: Path) -> None:
    (folder / "bad.proto").write_bytes(b"syntax\xff")

    with pytest.raises(DeclarationError, match="it is not UTF-8 text: byte 6"):
        _ = Protobuf("Bad", proto=folder / "bad.proto").descriptor_set
