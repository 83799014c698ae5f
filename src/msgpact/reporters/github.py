"""The report as GitHub workflow commands: an annotation at each producer that breaks a contract.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

import os

from msgpact.reporters.console import explain, not_verified
from msgpact.results import InteractionResult, Outcome, VerificationReport
from msgpact.signatures import shown_path

__all__ = ["render"]


def render(report: VerificationReport) -> str:
    """One command a line; nothing for what passed."""
    title = f"Verification of {report.provider}"
    lines = [_annotation(each) for each in report.results if each.outcome not in (Outcome.PASSED, Outcome.NOT_VERIFIED)]
    lines += [_command("error", each.text, title=title) for each in report.problems]
    lines += [_command("notice", f"No pact asks for {each}", title=title) for each in report.unused]
    if not report.complete:
        lines.append(_command("notice", not_verified(report), title=title))
    return "".join(f"{line}\n" for line in lines)


def _annotation(result: InteractionResult) -> str:
    properties = {"title": f"{result.consumer}: {result.description}"}
    if result.producer is not None and result.producer.line:
        # GitHub knows files by their paths from the repository's root, where a workflow runs.
        root = os.environ.get("GITHUB_WORKSPACE")
        file = shown_path(result.producer.file, *([root] if root else [])).replace(os.sep, "/")
        properties |= {"file": file, "line": str(result.producer.line)}
    return _command("warning" if result.pending else "error", explain(result), **properties)


def _command(kind: str, message: str, **properties: str) -> str:
    said = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
    return f"::{kind} {said}::{_escaped(message)}"


def _escaped(text: str, more: str = "") -> str:
    for character in "%\r\n" + more:
        text = text.replace(character, f"%{ord(character):02X}")
    return text
