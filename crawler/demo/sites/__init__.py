"""The servers of the world: the three living outlets, the pages of the two dead ones, and the web archive."""
