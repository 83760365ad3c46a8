"""WARC files as a source: `warraq crawl --from`.

A first pass over the files notes where the captures of the outlets' addresses stand; a second one reads and keeps them,
address by address, each address's captures from the oldest on, so that they become revisions in the order of their time.
"""
