"""The rules have names that stay: what the code finds, the table of rules and the documentation are one list."""

import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from msgpact.compatibility import RULES, Mode

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "schema-check.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "guides" / "schema-changes.md").read_text(encoding="utf-8")
SOURCE = "".join(
    file.read_text(encoding="utf-8")
    for file in (ROOT / "src" / "msgpact" / "compatibility").glob("*.py")
    if file.name != "rules.py"
)
COUNTED = ("items", "length", "properties")


def test_what_the_code_finds_is_in_the_table() -> None:
    found = set(re.findall(r'"((?:avro|json-schema|protobuf)/[a-z-]+)"', SOURCE))
    found |= {f"json-schema/{way}" for name in COUNTED for way in (f"min-{name}-raised", f"max-{name}-lowered")}
    found |= {f"json-schema/{keyword}-changed" for keyword in ("default", "format")}

    assert found == set(RULES)


def test_every_rule_is_documented() -> None:
    own = [f"| `{name}` | {rule.severity} | {rule.meaning} |" for name, rule in RULES.items()]

    assert [row for row in own if row not in PAGE] == []
    assert re.findall(r"^\| `([a-z-]+/[a-z-]+)` \|", PAGE, re.MULTILINE) == list(RULES)


def test_every_rule_of_bufs_is_documented() -> None:
    listed: dict[str, list[str]] = {}
    for category in ("WIRE", "WIRE_JSON", "FILE"):
        config = json.dumps({"version": "v2", "breaking": {"use": [category]}})
        command = ["config", "ls-breaking-rules", "--configured-only", "--config", config, "--format", "json"]
        done = subprocess.run(
            [Path(sysconfig.get_path("scripts"), "buf"), *command], capture_output=True, text=True, check=True
        )
        for line in done.stdout.split("\n"):
            if line:
                listed.setdefault(json.loads(line)["id"], []).append(category)

    for name, categories in listed.items():
        assert f"| `protobuf/{name}` | {', '.join(f'`{each}`' for each in categories)} |" in PAGE
    assert set(re.findall(r"^\| `protobuf/([A-Z0-9_]+)` \|", PAGE, re.MULTILINE)) == set(listed)


@pytest.mark.parametrize("mode", Mode)
def test_every_mode_is_documented(mode: Mode) -> None:
    assert f"`{mode}`" in GUIDE
