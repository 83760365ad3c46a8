"""Reading again: today's extractor over the raw captures of an archive, into a generation of records of its own."""
