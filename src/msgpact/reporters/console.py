"""The report for a person: one screen for one failure, a line for everything else. The only reporter that streams."""

import traceback
from collections.abc import Callable, Iterator

from msgpact.reporters.places import handler_place
from msgpact.results import InteractionResult, Mismatch, Outcome, RecordReport, RecordResult, VerificationReport

__all__ = ["explain", "plain", "record_line", "record_summary", "render", "verification_line", "verification_summary"]

Style = Callable[[str, str], str]
SHOWN = 8
"""Mismatches of one interaction that are shown; a screen holds no more."""


def plain(text: str, colour: str) -> str:  # noqa: ARG001  (a Style)
    """The style of a report without colours."""
    return text


# -- verification ----------------------------------------------------------------------------------------------------

_MARKS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.BROKEN: ("✗", "red"),
    Outcome.MISUSED: ("✗", "red"),
    Outcome.RAISED: ("✗", "red"),
    Outcome.UNAVAILABLE: ("✗", "red"),
    Outcome.NOT_VERIFIED: ("-", "yellow"),
}


def verification_line(result: InteractionResult, style: Style = plain) -> str:
    """One interaction as it comes: a line, and for a failure its screen."""
    mark, colour = _MARKS[result.outcome]
    name = f"{result.consumer}: {result.interaction}"
    if result.outcome is Outcome.PASSED:
        return f"{style(mark, colour)} {name}"
    if result.outcome is Outcome.NOT_VERIFIED:
        return f"{style(mark, colour)} {name} ({result.text})"
    if result.pending:
        mark, colour, name = "~", "yellow", f"{name} (pending: does not fail the run)"
    return f"{style(mark, colour)} {style(name, colour)}\n{_indented(explain(result, style, titled=False))}\n"


def explain(result: InteractionResult, style: Style = plain, *, titled: bool = True) -> str:
    """Everything that is wrong with one interaction."""
    lines = [style(str(result.interaction), "bold")] if titled else []
    origin = result.interaction.origin
    expected_by = f"{result.consumer}" + (f": {handler_place(origin)}" if origin else "")
    lines.append(f"expected by  {expected_by}")
    if result.producer is not None:
        lines.append(f"produced by  {result.provider}: {result.producer}")
    if result.source is not None:
        lines.append(f"pact         {result.source}")
    lines.append("")
    if result.text:
        lines.append(result.text)
    if result.error is not None:
        lines.extend(("", "".join(traceback.format_exception(result.error)).rstrip()))
    for mismatch in result.mismatches[:SHOWN]:
        lines.extend(_mismatch(mismatch, style))
    if len(result.mismatches) > SHOWN:
        lines.append(f"… and {len(result.mismatches) - SHOWN} more")
    return "\n".join(lines)


def _mismatch(mismatch: Mismatch, style: Style) -> Iterator[str]:
    where = mismatch.path if mismatch.part == "contents" else f"{mismatch.part} {mismatch.path}"
    if mismatch.part == "content type":
        where = "content type"
    yield style(where, "bold")
    yield f"  expected  {style(mismatch.expectation, 'green')}"
    yield f"  got       {style(mismatch.came, 'red')}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.splitlines())


def verification_summary(report: VerificationReport, style: Style = plain) -> str:
    """What remains to be said when all results have been shown."""
    lines = [style(f"✗ {each.text}", "red") for each in report.problems]
    for each in report.problems:
        if each.error is not None:
            lines.append("".join(traceback.format_exception(each.error)).rstrip())
    failed = [each for each in report.results if each.failed]
    pending = [
        each for each in report.results if each.pending and each.outcome not in (Outcome.PASSED, Outcome.NOT_VERIFIED)
    ]
    left_out = [each for each in report.results if each.outcome is Outcome.NOT_VERIFIED]
    passed = sum(each.outcome is Outcome.PASSED for each in report.results)
    for name in report.unused:
        lines.append(f"note: no pact asks for {name}")
    if left_out:
        lines.append(
            style(
                f"notice: {_count(len(left_out), 'HTTP interaction')} not verified; the report is not complete",
                "yellow",
            )
        )
    if pending:
        lines.append(
            style(f"notice: {_count(len(pending), 'pending interaction')} failed; that does not fail the run", "yellow")
        )
    if report.results:
        counts = [f"{passed} verified", f"{len(failed)} failed"] if failed else [f"{passed} verified"]
        colour = "red" if report.exit_code else "green"
        lines.append(style(f"{report.provider}: {', '.join(counts)}", colour))
    return "\n".join(lines)


def render(report: VerificationReport) -> str:
    """The whole report at once, without colours."""
    return "\n".join([*(verification_line(each) for each in report.results), verification_summary(report)]) + "\n"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


# -- recording -------------------------------------------------------------------------------------------------------


def record_line(result: RecordResult, style: Style = plain) -> str:
    """One expectation as it comes."""
    name = f"{result.provider}: {result.interaction}"
    if result.outcome is Outcome.PASSED:
        notes = "".join(f"\n    note: {each}" for each in result.notes)
        return f"{style('✓', 'green')} {name}{notes}"
    text = result.text
    if result.outcome is Outcome.RAISED and result.error is not None:
        shown = result.error.__cause__ or result.error
        text += "\n\n" + "".join(traceback.format_exception(shown)).rstrip()
    return f"{style('✗', 'red')} {style(name, 'red')}\n{_indented(text)}\n"


def record_summary(report: RecordReport, style: Style = plain) -> str:
    """What was written, what was not, and the seed of generated values."""
    lines = [style(f"✗ {each.text}", "red") for each in report.problems]
    for each in report.problems:
        if each.error is not None:
            lines.append("".join(traceback.format_exception(each.error)).rstrip())
    for written in report.written:
        if written.path is None:
            lines.append(style(f"{written.consumer}-{written.provider}: {written.text}", "red"))
            continue
        what = written.text or (_count(written.recorded, "message") + ("" if written.changed else ", unchanged"))
        lines.append(style(f"{written.path}: {what}", "green"))
        lines.extend(f"    removed: {each}" for each in written.removed)
        lines.extend(f"    leftover of a module that is gone: {each}; --prune removes it" for each in written.leftovers)
    if report.results:
        lines.append(f"seed {report.seed}")
    return "\n".join(lines)
