"""`make chaos`: the world crawled and watched by processes that are killed, over places that fail; then everything is counted.

`plan` says what a round does, `steps` names the moments of a kill. `victim` is the process that dies, in what `deadly` wraps,
at a time that `clock` moves; `nursery` makes victims quickly, with `cradle` as its other end. `worlds` is what they crawl.
`troubles` draws what fails: `bucket`, `disk`, `line`, `damage`. `rounds` is one archive from its first kill to its judgement,
of `crawls` or of `watches`, which `watched` looks at from outside and which deliver to `receiver`. `judge` is the judgement.
Production code has no hooks for any of it.
"""
