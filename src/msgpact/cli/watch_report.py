"""What `msgpact watch` writes, for people and for programs."""

import dataclasses
import json
from collections.abc import Iterator

from msgpact.cli.output import style
from msgpact.live.differences import DriftReport, InteractionDrift
from msgpact.live.named import SeenField

__all__ = ["as_json", "as_text"]


def as_text(report: DriftReport) -> str:
    """For people, in colours where the terminal has some."""
    return "\n".join(_lines(report))


def _lines(report: DriftReport) -> Iterator[str]:
    for each in report.interactions:
        yield from _of_interaction(each)
    for new in report.new:
        yield style(f"+ {new.address}: fields that no contract names", "yellow")
        yield from (f"    {_field(each)}" for each in new.fields)
    for address, times in sorted(report.nobodys.items()):
        yield style(f"? {address}: {_messages(times)} that no contract expects", "yellow")
    broken = sum(bool(each.breaks) for each in report.interactions)
    held = sum(each.seen > 0 for each in report.interactions)
    said = f"{_messages(report.seen)} seen, {held} of {len(report.interactions)} expectations met with some"
    yield f"{said}, {broken} broken" if broken else said


def _of_interaction(each: InteractionDrift) -> Iterator[str]:
    about = f"{each.planned.contract.consumer}: {each.planned.interaction}"
    if not each.seen:
        yield style(f"- {about}: no message", "yellow")
        return
    mark, colour = ("✗", "red") if each.breaks else ("✓", "green")
    yield style(f"{mark} {about}: {each.fit} of {_messages(each.seen)} fit", colour)
    for broken in each.breaks:
        where = broken.part if broken.part.endswith("content type") else f"{broken.part} {broken.path}"
        yield f"    {where}: expected {broken.rule}, got {broken.example} (in {_messages(broken.times)})"
    yield from (f"    {path} was never there" for path in each.never)
    yield from (f"    {field.path} was there in {_share(field)}" for field in each.optional)


def _field(each: SeenField) -> str:
    return f"{each.path}: {' or '.join(each.kinds)}, in {_share(each)}"


def _share(each: SeenField) -> str:
    return f"{each.times} of {each.of} ({100 * each.times / each.of:.0f} %)"


def _messages(number: int) -> str:
    return f"{number} message{'s'[number == 1 :]}"


def as_json(report: DriftReport) -> str:
    """For programs."""
    return json.dumps(
        {
            "format": "msgpact-watch",
            "version": 1,
            "exitCode": report.exit_code,
            "seen": report.seen,
            "interactions": [_interaction(each) for each in report.interactions],
            "newFields": [
                {"address": each.address, "seen": each.seen, "fields": [_named(field) for field in each.fields]}
                for each in report.new
            ],
            "nobodys": report.nobodys,
        },
        indent=2,
        ensure_ascii=False,
    )


def _interaction(each: InteractionDrift) -> dict[str, object]:
    contract, interaction = each.planned
    return {
        "consumer": contract.consumer,
        "provider": contract.provider,
        "interaction": str(interaction),
        "seen": each.seen,
        "fit": each.fit,
        "breaks": [dataclasses.asdict(broken) for broken in each.breaks],
        "never": list(each.never),
        "optional": [_named(field) for field in each.optional],
    }


def _named(field: SeenField) -> dict[str, object]:
    found: dict[str, object] = {"path": field.path, "times": field.times, "of": field.of}
    return {**found, "kinds": list(field.kinds)} if field.kinds else found
