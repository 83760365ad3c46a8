"""The story of a page: its container, its blocks, and what among them is no part of it."""
