"""What the commands write to the terminal, coloured where it is one and NO_COLOR is not set."""

import os
import sys

import click

__all__ = ["echo", "style"]


def _coloured() -> bool:
    # https://no-color.org: set and not empty
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def style(text: str, colour: str) -> str:
    """The text in a colour, or in bold."""
    if not _coloured():
        return text
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)


def echo(text: str) -> None:
    """A line, at once: results are seen as they come."""
    if text:
        click.echo(text)
        sys.stdout.flush()
