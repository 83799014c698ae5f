"""`python -m msgpact` is `msgpact`."""

from msgpact.cli import main

main()
