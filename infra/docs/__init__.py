"""The documentation site: pages of its own, the documents of this repository, and a reference made from the code."""
