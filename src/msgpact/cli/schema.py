"""`msgpact schema`"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from msgpact.cli.output import echo
from msgpact.cli.schema_report import Report, as_json, as_text
from msgpact.compatibility import Mode, check, weigh
from msgpact.errors import NothingToVerify, UsageError
from msgpact.pactfile import files as pactfile
from msgpact.serializers.framed import RegisteredSchema, SchemaFormat

__all__ = ["command"]

FORMATS = {"avro": "AVRO", "json": "JSON", "protobuf": "PROTOBUF"}
SUFFIXES = {".avsc": "AVRO", ".proto": "PROTOBUF", ".json": ""}


@click.group("schema")
def command() -> None:
    """Look at schemas and what their changes do."""


@command.command("check")
@click.argument("schemas", nargs=-1, required=True, metavar="OLD... NEW")
@click.option(
    "--mode",
    type=click.Choice([each.value for each in Mode], case_sensitive=False),
    default=Mode.BACKWARD.value,
    help="What is asked of the new version. Default: BACKWARD.",
)
@click.option("--type", "kind", type=click.Choice(sorted(FORMATS)), help="What the files are. Default: as they look.")
@click.option(
    "--include",
    "includes",
    multiple=True,
    metavar="FOLDER",
    help="Where imported .proto files are, beside the file's own folder. Repeatable.",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="FILE",
    help="A schema that the others refer to: Avro by its types, JSON Schema by its file name. Repeatable.",
)
@click.option(
    "--pacts",
    multiple=True,
    metavar="PATH",
    help="Weigh the change by the contracts in a pact file, or in a folder of them. Repeatable.",
)
@click.option("--weighed", is_flag=True, help="Let nothing but a consumer whose contract breaks make the check fail.")
@click.option("--ignore", multiple=True, metavar="RULE", help="Leave out findings of this rule. Repeatable.")
@click.option(
    "--format", "form", type=click.Choice(["console", "json"]), default="console", help="console (default) or json."
)
def check_command(
    schemas: tuple[str, ...],
    mode: str,
    kind: str | None,
    includes: tuple[str, ...],
    references: tuple[str, ...],
    pacts: tuple[str, ...],
    weighed: bool,
    ignore: tuple[str, ...],
    form: str,
) -> int:
    """Say what the schema NEW breaks that the OLD ones did not.

    Each is a file: .avsc, .proto, or .json of either kind. OLD may be repeated, the oldest first, or be a folder of versions.
    """
    *old, new = schemas
    if not old:
        raise UsageError(f"Cannot check {new!r}: there is nothing to check it against. Write OLD NEW.")
    if weighed and not pacts:
        raise UsageError("Cannot weigh the change by consumers: --weighed needs their contracts. Add --pacts PATH.")
    files = [file for each in old for file in _versions(each, new)]
    wanted = FORMATS[kind] if kind else None
    referred = {os.path.basename(each): _text(each) for each in references}
    read = [_schema(each, wanted, includes, referred) for each in (*files, new)]
    verdict = check(read[:-1], read[-1], Mode(mode), names=(*files, new)).without(ignore)
    contracts = [pactfile.load(each) for each in pactfile.find(pacts)]
    consumers = weigh(contracts, read[-2], read[-1]) if pacts else None
    report = Report(read[-1].format, tuple(files), new, verdict, consumers)
    echo(as_json(report) if form == "json" else as_text(report))
    if weighed and consumers is not None and not consumers.effects:
        raise NothingToVerify(
            f"Cannot weigh the change: of {len(contracts)} contracts none is about what {files[-1]!r} describes. "
            "Name those of its consumers."
        )
    return 0 if (weighed or verdict.safe) and (consumers is None or consumers.holds) else 1


def _versions(path: str, new: str) -> list[str]:
    """The files that OLD names: a folder's schemas, v2 before v10, without NEW itself."""
    if not os.path.isdir(path):
        return [path]
    listed = sorted(
        (each for each in os.scandir(path) if Path(each.name).suffix in SUFFIXES), key=lambda each: _natural(each.name)
    )
    found = [
        os.path.join(path, each.name)
        for each in listed
        if not (os.path.exists(new) and os.path.samefile(each.path, new))
    ]
    if not found:
        raise UsageError(
            f"Cannot check against {path!r}: the folder holds no .avsc, .json or .proto file. Name another."
        )
    return found


def _natural(name: str) -> list[tuple[int, str]]:
    parts = re.split(r"([0-9]{1,18})", name)
    return [(int(each), "") if index % 2 else (0, each) for index, each in enumerate(parts)]


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"Cannot read the schema {file!r}: it is not UTF-8. Save it as that.") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL
        why = getattr(error, "strerror", None) or error
        raise UsageError(f"Cannot read the schema {file!r}: {why}. Check the path.") from None


def _schema(file: str, wanted: str | None, includes: Sequence[str], referred: Mapping[str, str]) -> RegisteredSchema:
    text = _text(file)
    kind = wanted or SUFFIXES.get(Path(file).suffix, "") or _kind_of_json(text)
    if kind == "PROTOBUF":
        imported = _imported(text, [*includes, os.path.dirname(file)])
        return RegisteredSchema(
            "PROTOBUF", text, {name: RegisteredSchema("PROTOBUF", each, {}) for name, each in imported.items()}
        )
    form: SchemaFormat = "AVRO" if kind == "AVRO" else "JSON"
    return RegisteredSchema(form, text, {name: RegisteredSchema(form, each, {}) for name, each in referred.items()})


_IMPORT = re.compile(r"""^\s*import\s+(?:public\s+|weak\s+|option\s+)?["']([^"'\\:]+)["']""", re.MULTILINE)


def _imported(text: str, folders: Sequence[str]) -> dict[str, str]:
    """The .proto files below *folders* that a text imports, and that those do; what is not there the check will miss."""
    found: dict[str, str] = {}
    waiting = _IMPORT.findall(text)
    while waiting:
        name = waiting.pop()
        place = next((path for each in folders if os.path.isfile(path := os.path.join(each, name))), None)
        if name not in found and place is not None and ".." not in name.split("/") and not os.path.isabs(name):
            found[name] = _text(place)
            waiting += _IMPORT.findall(found[name])
    return found


def _kind_of_json(text: str) -> str:
    """Avro where it names a type that only Avro has; a record cannot be taken for an object."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):  # the check will say so
        return "JSON"
    if isinstance(document, dict) and "$schema" not in document:
        return "AVRO" if document.get("type") in ("record", "error", "enum", "fixed", "map") else "JSON"
    return "AVRO" if isinstance(document, list | str) else "JSON"
