"""The reader: an archive as pages for people and as JSON for programs, read-only, over HTTP."""
