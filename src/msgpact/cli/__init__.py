"""The command line: a file per command."""

from msgpact.cli.main import main

__all__ = ["main"]
