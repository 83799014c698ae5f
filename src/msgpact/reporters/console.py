"""The report for a person: one screen for one failure, a line for everything else. The only reporter that streams."""

import traceback
from collections.abc import Callable, Iterable, Iterator

from msgpact.calls import in_users_code
from msgpact.model import InteractionType
from msgpact.reporters.places import handler_place
from msgpact.results import (
    InteractionResult,
    Mismatch,
    Outcome,
    Problem,
    RecordReport,
    RecordResult,
    VerificationReport,
    WrittenPact,
)
from msgpact.signatures import shown_path

__all__ = [
    "count",
    "explain",
    "not_verified",
    "plain",
    "record_line",
    "record_summary",
    "render",
    "verification_line",
    "verification_summary",
]

Style = Callable[[str, str], str]
SHOWN = 6
"""Mismatches of one interaction that are shown: with what stands above them they fill a screen of 24 lines."""


def plain(text: str, colour: str) -> str:  # noqa: ARG001  (a Style)
    """The style of a report without colours."""
    return text


def count(number: int, noun: str) -> str:
    """A number of things, in words."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


# -- verification ----------------------------------------------------------------------------------------------------


def verification_line(result: InteractionResult, style: Style = plain) -> str:
    """One interaction as it comes: a line, and for a failure its screen."""
    name = _line(f"{result.consumer}: {result.interaction}")
    if result.outcome is Outcome.PASSED:
        left_out = "".join(f"\n    not compared: {_line(each)}" for each in result.not_compared)
        return f"{style('✓', 'green')} {name}{f' ({result.text})' if result.text else ''}{left_out}"
    if result.outcome is Outcome.NOT_VERIFIED:
        return f"{style('-', 'yellow')} {name} ({result.text})"
    mark, colour = ("~", "yellow") if result.pending else ("✗", "red")
    if result.pending:
        name += " (pending: does not fail the run)"
    return f"{style(mark, colour)} {style(name, colour)}\n{_indented(explain(result, style, titled=False))}\n"


def explain(result: InteractionResult, style: Style = plain, *, titled: bool = True, shown: int | None = SHOWN) -> str:
    """What is wrong with one interaction: of its mismatches so many as are to be *shown*, or all."""
    origin = result.interaction.origin
    lines = [style(_line(str(result.interaction)), "bold")] if titled else []
    lines.append(f"expected by  {_line(result.consumer)}{f': {_line(handler_place(origin))}' if origin else ''}")
    if result.producer is not None:
        lines.append(f"produced by  {_line(f'{result.provider}: {result.producer}')}")
    if result.source is not None:
        lines.append(f"pact         {_line(shown_path(result.source))}")
    lines.append("")
    if result.text:
        lines.append(_lines(result.text))
    if result.error is not None:
        lines += ["", _traceback(result.error)]
    if result.text and result.mismatches:
        lines.append("")
    for mismatch in result.mismatches[:shown]:
        lines += _mismatch(mismatch, style)
    if shown is not None and len(result.mismatches) > shown:
        lines.append(f"… and {len(result.mismatches) - shown} more")
    lines += [_line(f"not compared: {each}") for each in result.not_compared]
    return "\n".join(lines)


def _mismatch(mismatch: Mismatch, style: Style) -> Iterator[str]:
    where = mismatch.path if mismatch.part == "contents" else mismatch.where
    yield style(_line(where), "bold")
    yield f"  expected  {style(_line(mismatch.expectation), 'green')}"
    yield f"  got       {style(_line(mismatch.came), 'red')}"


def verification_summary(report: VerificationReport, style: Style = plain) -> str:
    """What remains to be said when all results have been shown."""
    results = report.results
    passed = sum(each.outcome is Outcome.PASSED for each in results)
    failed = sum(each.failed for each in results)
    left_out = sum(each.outcome is Outcome.NOT_VERIFIED for each in results)
    pending = len(results) - passed - failed - left_out
    lines = [*_problems(report.problems, style), *(f"note: no pact asks for {_line(each)}" for each in report.unused)]
    if left_out:
        lines.append(style(f"notice: {not_verified(report)}", "yellow"))
    if pending:
        text = f"notice: {count(pending, 'pending interaction')} failed; that does not fail the run"
        lines.append(style(text, "yellow"))
    text = f"{_line(report.provider)}: {passed} verified{f', {failed} failed' if failed else ''}"
    lines.append(style(text, "red" if report.exit_code else "green"))
    return "\n".join(lines)


def not_verified(report: VerificationReport) -> str:
    """How many interactions are of a kind that is not verified here."""
    kinds = [each.interaction.type for each in report.results if each.outcome is Outcome.NOT_VERIFIED]
    what = "HTTP interaction" if {*kinds} == {InteractionType.HTTP} else "interaction"
    return f"{count(len(kinds), what)} not verified; the report is not complete"


def render(report: VerificationReport) -> str:
    """The whole report at once, without colours."""
    return "\n".join([*(verification_line(each) for each in report.results), verification_summary(report)]) + "\n"


# -- recording -------------------------------------------------------------------------------------------------------


def record_line(result: RecordResult, style: Style = plain) -> str:
    """One expectation as it comes."""
    name = _line(f"{result.provider}: {result.interaction}")
    if result.outcome is Outcome.PASSED:
        notes = "".join(f"\n    note: {each}" for each in result.notes)
        return f"{style('✓', 'green')} {name}{notes}"
    text = _lines(result.text)
    if result.outcome is Outcome.RAISED and result.error is not None:
        text += f"\n\n{_traceback(result.error)}"
    return f"{style('✗', 'red')} {style(name, 'red')}\n{_indented(text)}\n"


def record_summary(report: RecordReport, style: Style = plain) -> str:
    """What was written, what was not, and the seed of generated values."""
    lines = _problems(report.problems, style)
    for written in report.written:
        if written.path is None:
            lines.append(style(_line(f"{written.consumer}-{written.provider}: {written.text}"), "red"))
            continue
        what = written.text or _written(written)
        lines.append(style(f"{shown_path(written.path)}: {what}", "green"))
        lines += [f"    removed: {_line(each)}" for each in written.removed]
        if written.undelivered:
            first, *others = written.undelivered
            more = f" and {len(others)} more" if others else ""
            lines.append(f"    declared, and not delivered: {_line(first)}{more}")
        for each in written.leftovers:
            lines.append(f"    leftover of a module that is not found from here: {_line(each)}; --prune removes it")
    if report.results:
        lines.append(f"seed {report.seed}")
    return "\n".join(lines)


def _written(written: WrittenPact) -> str:
    sequences = [count(written.sequences, "sequence")] if written.sequences else []
    return ", ".join([count(written.recorded, "message"), *sequences, *([] if written.changed else ["unchanged"])])


# -- text ------------------------------------------------------------------------------------------------------------


def _problems(problems: Iterable[Problem], style: Style) -> list[str]:
    lines = []
    for each in problems:
        lines.append(style(f"✗ {_lines(each.text)}", "red"))
        if each.error is not None:
            lines.append(_traceback(each.error))
    return lines


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(in_users_code(error))).rstrip()


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def _line(text: str) -> str:
    """Text for one line: what is not printable is escaped, as pacts come from others and could steer a terminal."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)


def _lines(text: str) -> str:
    return "\n".join(_line(each) for each in text.split("\n"))
