"""Benchmarks, `make bench`: each against a peer in the same run, medians of interleaved rounds, on loopback only."""
