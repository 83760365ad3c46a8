"""Sealing an archive from outside: with the operator's key, and with authorities who bear witness to the time."""
