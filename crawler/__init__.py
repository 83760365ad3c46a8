"""Asking the web: discovery, politeness, Scrapy, the command line."""
