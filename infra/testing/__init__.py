"""Servers that tests and benches start, and how they wait for facts."""
