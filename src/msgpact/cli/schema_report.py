"""What `msgpact schema check` writes, for people and for programs."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from msgpact.cli.output import style
from msgpact.compatibility import Effect, Finding, Severity, Verdict, Weighed

__all__ = ["Report", "as_json", "as_text"]

MARKS = {Severity.BREAKING: ("✗", "red"), Severity.MISREAD: ("✗", "red"), Severity.NOTE: ("-", "yellow")}


class Report(NamedTuple):
    """A verdict, and what it is about.

    Attributes:
        old: The files of the old versions.
        consumers: None where no pacts were named.
    """

    format: str
    old: tuple[str, ...]
    new: str
    verdict: Verdict
    consumers: Weighed | None


def as_text(report: Report) -> str:
    """For people, in colours where the terminal has some."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for finding in report.verdict.findings:
        yield from _lines_of_finding(finding, report.old)
    yield _summary(report)
    if report.consumers is not None:
        for effect in report.consumers.effects:
            yield from _lines_of_effect(effect)
        yield _summary_of_consumers(report.consumers)


def _lines_of_finding(finding: Finding, old: tuple[str, ...]) -> Iterator[str]:
    mark, colour = MARKS[finding.severity]
    against = f", against {old[finding.against]}" if len(old) > 1 else ""
    about = f"({finding.rule}, {finding.direction.value}{against})"
    yield style(f"{mark} {finding.severity.value} {finding.path} {about}", colour)
    yield f"    {finding.sentence}"


def _summary(report: Report) -> str:
    verdict, old = report.verdict, report.old
    found = [each.severity for each in verdict.findings]
    counts = ", ".join(f"{found.count(each)} {each.value}" for each in Severity if each in found)
    against = f"{len(old)} versions" if verdict.mode.is_transitive and len(old) > 1 else old[-1]
    says = "is compatible" if verdict.safe else "is not compatible"
    sentence = f"{report.new} {says} with {against} ({verdict.mode.value}){': ' if counts else ''}{counts}"
    return style(f"{'✓' if verdict.safe else '✗'} {sentence}", "green" if verdict.safe else "red")


def _lines_of_effect(effect: Effect) -> Iterator[str]:
    about = f"{effect.consumer}: {effect.interaction}"
    if effect.unknown:
        yield style(f"? {about}", "yellow")
        yield f"    {effect.unknown}"
    elif effect.breaks:
        yield style(f"✗ {about}", "red")
        yield from (f"    {path}: {sentence}" for path, sentence in effect.breaks)
    else:
        yield style(f"✓ {about}", "green")


def _summary_of_consumers(consumers: Weighed) -> str:
    if not consumers.effects:
        return style("- No contract is about it.", "yellow")
    of = f"of {len(consumers.consumers)} consumer{'s' if len(consumers.consumers) > 1 else ''}"
    if consumers.broken:
        return style(f"✗ It breaks {len(consumers.broken)} {of}: {', '.join(consumers.broken)}", "red")
    if not consumers.holds:
        return style(f"? It cannot be said whether it breaks any {of}.", "yellow")
    return style(f"✓ It breaks none {of}: {', '.join(consumers.consumers)}", "green")


def as_json(report: Report) -> str:
    """For programs."""
    verdict = report.verdict
    return json.dumps(
        {
            "format": "msgpact-schema-check",
            "version": 1,
            "schemas": report.format,
            "mode": verdict.mode.value,
            "old": list(report.old),
            "new": report.new,
            "compatible": verdict.compatible,
            "safe": verdict.safe,
            "findings": [_finding(each, report.old) for each in verdict.findings],
            "consumers": None if report.consumers is None else [_effect(each) for each in report.consumers.effects],
        },
        indent=2,
        ensure_ascii=False,
    )


def _finding(finding: Finding, old: tuple[str, ...]) -> dict[str, object]:
    return {
        "rule": finding.rule,
        "severity": finding.severity.value,
        "path": finding.path,
        "direction": finding.direction.value,
        "sentence": finding.sentence,
        "against": old[finding.against],
    }


def _effect(effect: Effect) -> dict[str, object]:
    return {
        "consumer": effect.consumer,
        "provider": effect.provider,
        "pact": effect.source,
        "interaction": effect.interaction,
        "holds": effect.holds,
        "breaks": [{"path": path, "sentence": sentence} for path, sentence in effect.breaks],
        "unknown": effect.unknown or None,
    }
