"""Events out: from the archive's change log to whoever wants to know, at least once and in order per article.

The log is the source and every sink reads it for itself, with a cursor of its own in `state/events/`. A sink that is down
holds up its own cursor and nothing else: no event is dropped for it, and no crawl waits for it.
"""
