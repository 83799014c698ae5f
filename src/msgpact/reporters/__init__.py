"""Reports: functions from a report to text, one file per format."""

from msgpact.reporters.base import reporter, write_report

__all__ = ["reporter", "write_report"]
