"""Full-text search over an archive: an index derived from its change log, and questions to it."""
