"""`make chaos`: the world crawled by processes that are killed, over stores and networks that fail; then everything is counted.

`steps` names the moments of a kill, `victim` is the process that dies, `nursery` makes victims quickly, `worlds` is what they
crawl, `bucket` and `line` are what fails, `rounds` is one archive from its first kill to its judgement, `judge` the judgement.
Production code has no hooks for any of it.
"""
