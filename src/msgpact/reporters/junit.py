"""The report as JUnit XML, in the dialect that CI servers read: a broken contract is a failure, the rest are errors."""

import re
import xml.etree.ElementTree as ET

from msgpact.reporters.console import explain
from msgpact.results import InteractionResult, Outcome, VerificationReport
from msgpact.signatures import shown_path

__all__ = ["render"]

# XML 1.0 has no way to write these, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: VerificationReport) -> str:
    """The report as one test suite."""
    cases = [_case(report.provider, each) for each in report.results]
    for index, problem in enumerate(report.problems):
        case = ET.Element("testcase", classname=_text(report.provider), name=f"the run itself ({index + 1})")
        case.append(_problem("error", problem.text.partition("\n")[0], problem.text))
        cases.append(case)
    suite = ET.Element(
        "testsuite",
        name=_text(f"msgpact verification of {report.provider}"),
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        skipped=str(sum(case.find("skipped") is not None for case in cases)),
    )
    suite.extend(cases)
    if report.unused:
        ET.SubElement(suite, "system-out").text = _text("\n".join(f"no pact asks for {each}" for each in report.unused))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(provider: str, result: InteractionResult) -> ET.Element:
    case = ET.Element("testcase", classname=_text(f"{provider}.{result.consumer}"), name=_text(str(result.interaction)))
    if result.producer is not None:
        case.set("file", _text(shown_path(result.producer.file)))
        case.set("line", str(result.producer.line))
    if result.outcome is Outcome.NOT_VERIFIED:
        ET.SubElement(case, "skipped", message=_text(result.text))
    elif result.outcome is not Outcome.PASSED and result.pending:
        ET.SubElement(case, "skipped", message="pending").text = _text(explain(result, shown=None))
    elif result.outcome is Outcome.BROKEN:
        case.append(_problem("failure", _title(result), explain(result, shown=None)))
    elif result.outcome is not Outcome.PASSED:
        case.append(_problem("error", _title(result), explain(result, shown=None)))
    if result.not_compared:
        text = "\n".join(f"not compared: {each}" for each in result.not_compared)
        ET.SubElement(case, "system-out").text = _text(text)
    return case


def _title(result: InteractionResult) -> str:
    return result.text.partition("\n")[0] if result.text else str(result.mismatches[0])


def _problem(kind: str, title: str, text: str) -> ET.Element:
    element = ET.Element(kind, message=_text(title), type="msgpact")
    element.text = _text(text)
    return element


def _text(text: str) -> str:
    return _FORBIDDEN.sub("�", text)
