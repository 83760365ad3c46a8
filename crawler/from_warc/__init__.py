"""WARC files as a source (`warraq crawl --from`): a first pass notes which captures they hold, a second reads and keeps them."""
