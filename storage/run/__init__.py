"""One run: how an article, a removal and what was sent are written, in which order, and what is done after a kill."""
