"""Contracts, and messages near their examples, made of a source of randomness: every matcher, path and spelling.

Hypothesis chooses the seed. Its own strategies would make a hundred pairs a second; these make thousands.
"""

import base64
from collections.abc import Sequence
from random import Random
from typing import Any

from json_text import Number, nodes, replaced

Raw = dict[str, Any]


def often(*weighted: tuple[int, Any]) -> list[Any]:
    """Values to choose from, each as often as its weight says."""
    return [value for weight, value in weighted for _ in range(weight)]


def sometimes(r: Random) -> bool:
    return r.random() < 0.25


def rarely(r: Random) -> bool:
    return r.random() < 0.1


FEW = often((3, 1), (2, 2), (1, 0), (1, 3))

# -- documents -------------------------------------------------------------------------------------------------------

KEYS = often((8, "a"), (8, "b"), (5, "c"), (2, "d"), (1, "0"), (1, "1"), (1, "x-y"), (1, "é"), (1, "a.b"), (1, "A"))
TEXTS = [
    "x", "", "hello", "true", "false", "null", "10", "1.5", "-3", "2000-01-05", "12:30:00", "2000-01-05T12:30:00+01:00",
    "2000-01-05T12:30:00Z", "1.2.3", "1.2.3-rc.1+b", "v1.2", "ß", "a\nb", "10\n", " ", "abc", "ABC", '{"a":1}', "[1]",
    '"q"', "é", "aGVsbG8=", "2000-02-30", "\u2028", "😀",
]  # fmt: skip
NUMBERS = [Number(each) for each in (
    *("0", "1", "2", "10", "1.0", "1.5") * 4,
    "-1", "-0", "0.0", "-0.0", "1.50", "1e2", "1E2", "1e+2", "100", "-3", "3.0", "2000", "1e-2", "0.01", "1e30", "1e308",
    "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775808",
    "-9223372036854775809", "123456789012345678901234567890", "0.1", "0.10000000000000001", "12345678901234567.0", "5e-324",
)]  # fmt: skip


def scalar(r: Random) -> Any:
    kind = r.random()
    if kind < 0.8:
        return r.choice(TEXTS if kind < 0.4 else NUMBERS)
    return r.choice([True, False, None])


def value(r: Random, depth: int = 3, *, container: bool = False) -> Any:
    """A document that many containers deep at most; *container*: an object or an array."""
    if depth == 0 or not (container or r.random() < 0.55):
        return scalar(r)
    if r.random() < 0.55:
        return {r.choice(KEYS): value(r, depth - 1) for _ in range(r.choice(FEW))}
    size = r.choice(FEW)
    if size > 1 and r.random() < 0.5:
        first = value(r, depth - 1)
        return [first, *[changed(r, first) for _ in range(size - 1)]]
    return [value(r, depth - 1) for _ in range(size)]


def changed(r: Random, document: Any) -> Any:
    """The document with nothing, one thing or a few things different."""
    for _ in range(r.choice([0, 1, 1, 1, 2, 3])):
        path = r.choice([path for path, _ in nodes(document)])
        document = replaced(document, path, lambda here: changed_here(r, here))
    return document


def changed_here(r: Random, here: Any) -> Any:
    if r.random() < 0.2:  # what it may have been taken for
        return r.choice([None, [], {}, "", [here], {"a": here}, Number("1"), "x", value(r, 1)])
    if isinstance(here, dict):
        return changed_object(r, here)
    if isinstance(here, list):
        return changed_array(r, here)
    return alike(r, here) if r.random() < 0.6 else scalar(r)


def changed_object(r: Random, here: Raw) -> Raw:
    here, keys = dict(here), list(here)
    how = r.choice(["one more", "one less", "renamed", "empty"])
    if how == "empty":
        return {}
    if how == "one more" or not keys:
        here[r.choice(KEYS)] = here[r.choice(keys)] if keys and r.random() < 0.6 else value(r, 1)
        return here
    taken = here.pop(r.choice(keys))
    return here if how == "one less" else {**here, r.choice(KEYS): taken}


def changed_array(r: Random, here: list[Any]) -> list[Any]:
    here = list(here)
    how = r.choice(["one more", "one more", "one less", "shuffled", "empty"])
    if how == "empty":
        return []
    if how == "one more" or not here:
        item = changed(r, r.choice(here)) if here and r.random() < 0.8 else value(r, 1)
        here.insert(r.randint(0, len(here)), item)
    elif how == "shuffled":
        r.shuffle(here)
    else:
        here.pop(r.randrange(len(here)))
    return here


def alike(r: Random, here: Any) -> Any:
    """A scalar of the same kind."""
    if isinstance(here, bool):
        return not here
    if isinstance(here, Number):
        return r.choice(NUMBERS)
    return r.choice(TEXTS) if isinstance(here, str) else None


# -- rules -----------------------------------------------------------------------------------------------------------

PATTERNS = [
    r"\d+", ".*", ".+", "[a-z]+", "^x$", "x|hello", "^(true|false)$", "null", "", r"^\d+\.\d+$", "[[:alpha:]]*", r"\w+",
    ".*a.*", r"[^\n]+", r"-?\d+", r"\{.*\}", "(?i)abc", r"\h+", r"\p{L}+", "1e[+]?.*", "(", "[a-c]{1,3}",
]  # fmt: skip
KEY_PATTERNS = ["[a-z]", ".*", r"\d", "a|b", "[a-z-]+", ".{1,3}"]
DATES = {
    "date": ["yyyy-MM-dd", "yyyy", "dd/MM/yyyy", "d MMM yyyy", "yyyyMMdd"],
    "time": ["HH:mm:ss", "HH:mm", "hh:mm a", "HH:mm:ss.SSS"],
    "timestamp": ["yyyy-MM-dd'T'HH:mm:ssXXX", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "T"],
}
PLAIN = ["integer", "decimal", "number", "boolean", "null", "semver", "notEmpty", "equality", "real", "not-empty"]


def sizes(r: Random) -> Raw:
    names = r.choice([("min",), ("max",), ("min", "max")])
    rule: Raw = {"match": "type", **{name: r.choice([0, 1, 1, 2, 3]) for name in names}}
    if rarely(r):
        rule = {name: str(value) for name, value in rule.items()}
    if len(names) == 1 and rarely(r):
        del rule["match"]
    return rule


def dated(r: Random) -> Raw:
    name = r.choice(["date", "time", "timestamp"])
    pattern = r.choice(DATES[name])
    how = r.choice(["no format", "format", "old", "without match"])
    if how == "old":
        return {"match": name, name: pattern}
    if how == "without match":
        return {name: pattern}
    rule = {"match": "datetime" if name == "timestamp" and r.random() < 0.7 else name}
    return {**rule, "format": pattern} if how == "format" else rule


def scalar_rule(r: Random) -> Raw:
    kind = r.choice(["type", "type", "plain", "plain", "regex", "include", "dated", "sizes", "sizes"])
    if kind == "regex":
        return {"regex": r.choice(PATTERNS), **({} if rarely(r) else {"match": "regex"})}
    if kind == "include":
        return {"match": "include", "value": r.choice(["", "x", "e", "1", "0", ".", "a", "tru", '"'])}
    if kind == "dated":
        return dated(r)
    if kind == "sizes":
        return sizes(r)
    return {"match": r.choice(PLAIN) if kind == "plain" else "type"}


def rule(r: Random, depth: int = 0) -> Raw:
    """One matcher; those that hold rules themselves down to two levels."""
    if depth >= 2 or r.random() < 0.7:
        return scalar_rule(r)
    name = r.choice(["values", "eachKey", "eachValue", "arrayContains"])
    if name == "values":
        return {"match": name}
    if name == "arrayContains":
        return {
            "match": "array-contains" if rarely(r) else name,
            "variants": [variant(r, depth) for _ in range(r.choice([0, 1, 1, 2]))],
        }
    nested = [rule(r, depth + 1) for _ in range(r.choice([1, 1, 1, 2]))]
    if name == "eachKey" and not sometimes(r):
        nested = [{"match": "regex", "regex": r.choice(KEY_PATTERNS)}]
    spelled = {"eachKey": "each-key", "eachValue": "each-value"}[name] if rarely(r) else name
    return {"match": spelled, "rules": nested, **({"value": "x"} if sometimes(r) else {})}


def variant(r: Random, depth: int) -> Raw:
    made: Raw = {"index": r.choice([0, 0, 0, 1, 1, 2])}
    if not sometimes(r):
        made["rules"] = rules_by_path(r, value(r, 2), depth + 1)
    return made


def rule_set(r: Random, depth: int = 0) -> Raw:
    made: Raw = {"matchers": [rule(r, depth) for _ in range(r.choice(often((10, 1), (3, 2), (1, 0), (1, 3))))]}
    if len(made["matchers"]) > 1 or sometimes(r):
        made["combine"] = r.choice(["AND", "AND", "AND", "OR", "OR", "or"])
    return made


def path(r: Random, document: Any) -> str:
    """The expression of a place in the document, or just below one."""
    written = "$" + "".join(_token(r, str(each)) for each in r.choice([path for path, _ in nodes(document)]))
    return written + r.choice([".*", "[*]", ".a", "[0]"]) if rarely(r) else written


def _token(r: Random, fragment: str) -> str:
    if fragment.isdecimal():
        return str(r.choice(often((4, f"[{fragment}]"), (4, "[*]"), (2, ".*"), (1, f"['{fragment}']"))))
    plain = f".{fragment}" if fragment.replace("-", "").isalpha() else f"['{fragment}']"
    return str(r.choice(often((8, plain), (3, ".*"), (1, f"['{fragment}']"), (1, "[*]"))))


def rules_by_path(r: Random, document: Any, depth: int = 0) -> Raw:
    return {path(r, document): rule_set(r, depth) for _ in range(r.choice([0, 1, 1, 1, 2, 2, 3, 4]))}


# -- messages of JSON ------------------------------------------------------------------------------------------------

JSON_TYPE = "application/json"


def json_entry(example: Any, by_path: Raw, version: int = 4, category: str = "body") -> Raw:
    """An interaction whose contents are JSON, as version 3 or 4 spells it."""
    if version == 3:
        return {"contents": example, "metadata": {"contentType": JSON_TYPE}, "matchingRules": {category: by_path}}
    contents = {"content": example, "contentType": JSON_TYPE, "encoded": False}
    return {"type": "Asynchronous/Messages", "contents": contents, "matchingRules": {category: by_path}}


# -- messages of any type --------------------------------------------------------------------------------------------

CONTENT_TYPES = [
    *(JSON_TYPE, JSON_TYPE, JSON_TYPE, "text/plain", "application/octet-stream") * 2,
    "application/json;charset=UTF-8", "application/json; charset=utf-8", "application/hal+json", "application/vnd.x+json",
    "application/vnd.x", "text/json", "text/plain;charset=UTF-8", "text/plain;format=flowed", "text/csv", "image/png",
    "application/x-protobuf", "application/graphql", "application/json-patch+json", "application/pdf", "audio/x",
    "application/cloudevents+json", "text/html", "application/json;version=1", "application/avro", "APPLICATION/JSON",
]  # fmt: skip
BODIES = [
    *[each.encode() for each in (
        "hello", "x", "hello\n", '{"a":1}', '{"a": 1}', '{"b":1}', "[1]", '"q"', "1", "null", "true", 'a"b', "aGVsbG8=",
        "aGVsbG8", "é", "a,b\n1,2", "10", "1.2.3", "2000-01-05", "",
    )],
    b"\x00\x01", b"\xff\xfe\xfd", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\6\0\0\0", b"%PDF-1.4\n", b"PK\3\4",
    b"GIF89a\1\0\1\0", b"\xff\xd8\xff\xe0\0\x10JFIF\0",
]  # fmt: skip
METADATA_KEYS = ["k", "k", "k", "k2", "k2", "x-k", "x.k", "K"]


def metadata_value(r: Random) -> Any:
    if sometimes(r):
        return value(r, 2)
    return r.choice(["v", "w", "1", JSON_TYPE, "", *NUMBERS[:6], True, None, {"x": Number("1")}, {}, [Number("1")], []])


def metadata_rules(r: Random, keys: Sequence[str]) -> Raw:
    found: Raw = {}
    for key in keys:
        if r.random() < 0.4:
            quoted = f"$['{key}']"
            path = quoted if "." in key else r.choice([key, f"$.{key}", quoted, "$.*", "$", f"{quoted}.x"])
            matchers = [rule(r, 1) for _ in range(r.choice([1, 1, 2]))]
            found[path] = {"matchers": matchers, "combine": r.choice(["AND", "OR"])}
    return found


def any_entry(r: Random, version: int) -> tuple[Raw, bytes, str | None]:
    """An interaction of any content type with metadata and rules; the bytes and the type of its example."""
    content_type = None if rarely(r) else r.choice(CONTENT_TYPES)
    metadata = {r.choice(METADATA_KEYS): metadata_value(r) for _ in range(r.choice([0, 0, 1, 1, 2]))}
    rules = {"metadata": metadata_rules(r, list(metadata))}
    if r.random() < 0.35:
        wanted = r.choice(["image/png", "application/pdf", "image/jpeg", "text/plain", JSON_TYPE])
        one = {"match": "contentType", "value": wanted} if sometimes(r) else scalar_rule(r)
        rules[r.choice(["body", "body", "content"])] = {r.choice(["$", "$", "$.a", "$.*"]): {"matchers": [one]}}
    contents, example = _contents(r, version)
    entry: Raw = {"matchingRules": {name: by_path for name, by_path in rules.items() if by_path}}
    if version == 3:
        if content_type is not None:
            metadata[r.choice(["contentType", "contentType", "content-type", "Content-Type"])] = content_type
        entry[r.choice(["metadata", "metaData"])] = metadata
    else:
        entry["type"] = "Asynchronous/Messages"
        entry["metadata"] = metadata
        if content_type is not None and contents is not None and r.random() < 0.8:
            contents["contentType"] = content_type
        elif content_type is not None:
            metadata["contentType"] = content_type
    if contents is not None:
        entry["contents"] = contents
    return entry, example, content_type


def _contents(r: Random, version: int) -> tuple[Any, bytes]:
    """What stands under `contents`, and the bytes that it may mean."""
    how = r.random()
    if how < 0.05:
        return None, b"x"
    if how < 0.35:
        written, body = value(r, 2), b""
        body = _as_text(written)
    else:
        body = r.choice(BODIES)
        written = base64.b64encode(body).decode()
        if version == 4 and r.random() < 0.4:
            return {"content": written, "encoded": r.choice(["base64", "BASE64", "Base64"])}, body
        if not body.startswith((b"\xff", b"\x89", b"\0")) and r.random() < 0.7:
            written = body.decode()
    if version == 3:
        return written, body
    encoded = r.choice([False, False, False, "JSON", "json"])
    return {"content": written, **({} if encoded is False and sometimes(r) else {"encoded": encoded})}, body


def _as_text(document: Any) -> bytes:
    from json_text import text

    return text(document).encode()


def metadata_near(r: Random, metadata: Raw) -> Raw:
    """The entries, some of them others, one missing or one more."""
    near = {}
    for key, expected in metadata.items():
        if key.lower() in ("contenttype", "content-type") or rarely(r):
            continue
        near[key] = metadata_value(r) if sometimes(r) else changed(r, expected) if sometimes(r) else expected
    if rarely(r):
        near[r.choice(METADATA_KEYS)] = metadata_value(r)
    return near


def content_type_near(r: Random, expected: str | None) -> str:
    content_type = r.choice(CONTENT_TYPES) if expected is None or r.random() < 0.3 else expected
    if ";" not in content_type and rarely(r):
        content_type += r.choice([";charset=UTF-8", ";charset=utf-8", '; charset="UTF-8"'])
    return str(content_type)
