"""Outlets that are files: one TOML file of facts for an outlet, in a folder of the operator's or of an installed package."""
