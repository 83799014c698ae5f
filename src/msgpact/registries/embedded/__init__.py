"""A schema registry inside this process: Confluent's HTTP API on a loopback port, everything in memory.

It starts in a millisecond and serves any client of that API, in any process: subjects, versions, ids and GUIDs, references,
look-ups, levels of compatibility, modes, soft and permanent deletion, with Confluent's error codes.

What is not as in Confluent's registry:

* GUIDs follow from the contents, but are not the same ones. There is one context and one user; no rules, metadata or exporters.
* A Protobuf schema that was sent as base64 comes back so, not as text. As base64 (`format=serialized`) text comes back only
  with the extra `protoc`. Its syntax is hardly checked.
* `normalize` puts the keys of JSON in order and does nothing else.
* Compatibility is judged by our own checker, which for Protobuf and JSON Schema needs the extra `schemas`: without it every
  schema of the same format is compatible.
"""

from msgpact.registries.embedded.registry import EmbeddedRegistry

__all__ = ["EmbeddedRegistry"]
