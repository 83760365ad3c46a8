"""What tells an operator that an outlet has fallen silent or cannot be read any more."""
