"""Proof of an archive's promises, offline: every object is read once, what it says of others is checked at the end."""
