"""What the commands write to the terminal, coloured where it is one and NO_COLOR is not set."""

import codecs
import contextlib
import errno
import io
import os
import sys

import click

__all__ = ["complain", "echo", "prepare", "style", "what_failed"]

_IN_ASCII = {"✓": "ok", "✗": "FAILED", "…": "...", "–": "-"}  # noqa: RUF001  (an en dash it is)


def prepare() -> None:
    """Let stdout take any text: what its encoding lacks (✓ in ASCII) is spelt out instead of ending the run."""
    codecs.register_error("msgpact", _spelt_out)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="msgpact")


def _spelt_out(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    spelt = (_IN_ASCII.get(each, each.encode("unicode_escape").decode("ascii")) for each in characters)
    return "".join(spelt), error.end


def _coloured() -> bool:
    # https://no-color.org: set and not empty
    return sys.stdout is not None and not sys.stdout.closed and sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def style(text: str, colour: str) -> str:
    """The text in a colour, or in bold."""
    if not _coloured():
        return text
    return click.style(text, bold=True) if colour == "bold" else click.style(text, fg=colour)


def complain(text: str) -> None:
    """A line to stderr."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):  # where nothing can be said, the exit code must do
            click.echo(text, file=sys.stderr)


_FAILED: list[str] = []


def echo(text: str) -> None:
    """A line, at once: results are seen as they come. Where it cannot be written the run goes on; see `what_failed`."""
    if not text or sys.stdout is None or _FAILED:
        return
    try:
        click.echo(text, file=sys.stdout)  # named: of itself click writes UTF-8 where the stream says ASCII
        sys.stdout.flush()
    except ValueError:
        _FAILED.append("it was closed")
    except OSError as error:
        # What is still in the buffer would raise again when the interpreter ends.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # nobody reads on; Windows says EINVAL of a closed pipe
            _FAILED.append(error.strerror or str(error))


def what_failed() -> str:
    """The sentence about a standard output that could not be written, once; empty if all was said."""
    if not _FAILED:
        return ""
    return f"Cannot write to the standard output: {_FAILED.pop()}. Send it elsewhere."
