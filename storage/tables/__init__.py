"""The articles as a table with a written schema: one row for each kept text."""
