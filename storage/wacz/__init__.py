"""WACZ 1.1.1: the raw captures of chosen articles in one file that replay tools open, with an index and a list of pages."""
