"""How well pages are read, against gold made by hand and beside other readers: `make eval`, `python -m infra.eval`."""
