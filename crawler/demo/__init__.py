"""A miniature web of the five outlets on loopback: what `make demo`, the end-to-end tests and the benches crawl.

All stories are our own, the people in them do not exist. The markup, URL grammars and boilerplate are the outlets'.
"""
