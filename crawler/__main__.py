"""`python -m crawler` is `warraq`."""

from crawler.cli import main

main()
