"""The `.proto` text that is written from a descriptor: compiled again it is the same schema."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, type_pb2
from grpc_tools import protoc

from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf import Protobuf
from msgpact.serializers.protobuf.text import proto_text

PROTO3 = r"""syntax = "proto3";
package a.b;
import public "google/protobuf/timestamp.proto";
import "google/protobuf/empty.proto";
option java_package = "org.example";
option optimize_for = CODE_SIZE;
option java_multiple_files = true;

enum E {
  option allow_alias = true;
  ZERO = 0;
  ONE = 1 [deprecated = true];
  UNO = 1;
  LESS = -1;
  reserved 5, 7 to 9, 100 to max;
  reserved "OLD", "OLDER";
}
message M {
  option deprecated = true;
  string id = 1 [json_name = "other"];
  optional int32 maybe = 2;
  repeated sint64 loose = 3 [packed = false, deprecated = true];
  message Before {
    .a.b.E e = 1;
  }
  map<string, .a.b.M.Before> map = 4;
  oneof one {
    bytes raw = 5;
    .google.protobuf.Timestamp at = 6;
  }
  map<sfixed32, bool> other_map = 7;
  message After {
  }
  reserved 20, 30 to 40, 1000 to max;
  reserved "gone";
}
service S {
  option deprecated = true;
  rpc Get(.a.b.M) returns (.google.protobuf.Empty);
  rpc Watch(stream .a.b.M) returns (stream .a.b.M) { option idempotency_level = IDEMPOTENT; }
}
"""
PROTO2 = r"""syntax = "proto2";
package old;

message M {
  required string id = 1 [default = "a\042\134\n\303\274"];
  optional bytes raw = 2 [default = "\000\377"];
  optional double ratio = 3 [default = -inf];
  optional bool on = 4 [default = true];
  optional .old.M.E e = 5 [default = TWO];
  optional group Result = 6 {
    optional string url = 7;
  }
  message Plain {
  }
  oneof one {
    group First = 8 {
    }
    group Second = 9 {
    }
  }
  enum E {
    ONE = 1;
    TWO = 2;
  }
  extend .old.M {
    optional int32 inner = 100;
  }
  extensions 100 to 199;
  extensions 1000 to max;
}
extend .old.M {
  repeated group More = 101 {
    optional int32 n = 1;
  }
}
message Last {
}
"""
EDITION = r"""edition = "2023";
package ed;
option features.field_presence = IMPLICIT;

message M {
  string id = 1 [features.field_presence = LEGACY_REQUIRED];
  .ed.M group = 2 [features.message_encoding = DELIMITED];
  oneof one {
    int32 n = 3;
  }
  reserved gone;
}
enum E {
  option features.enum_type = CLOSED;
  FIVE = 5;
}
"""


def described(text: str) -> Any:
    """The descriptor of a text, and of what it imports."""
    found = Protobuf("M", proto=RegisteredSchema("PROTOBUF", text, {})).descriptor_set
    return descriptor_pb2.FileDescriptorSet.FromString(found).file[-1]


@pytest.mark.parametrize("text", [PROTO3, PROTO2, EDITION], ids=["proto3", "proto2", "edition"])
def test_it_is_the_same_schema(text: str) -> None:
    written = proto_text(described(text))

    assert described(written) == described(text)
    assert proto_text(described(written)) == written


def test_it_reads_as_people_write_it() -> None:
    assert [line for line in proto_text(described(PROTO3)).split("\n") if line] == [
        line for line in PROTO3.split("\n") if line
    ]


@pytest.mark.parametrize("name", ["any", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "wrappers"])  # fmt: skip
def test_the_well_known_files(name: str) -> None:
    text = (Path(str(protoc.__file__)).parent / "_proto" / "google" / "protobuf" / f"{name}.proto").read_text()
    package = text.replace("package google.protobuf;", "package other;")
    expected = described(f"{package}\nmessage M {{}}")

    assert described(proto_text(expected)) == expected


def test_a_generated_class_has_a_text() -> None:
    text = Protobuf(type_pb2.Field).proto_text

    assert 'syntax = "proto3";\npackage google.protobuf;\nimport "google/protobuf/any.proto";' in text
    assert "message Field {\n  .google.protobuf.Field.Kind kind = 1;" in text
