"""Parsers of feeds, sitemaps, wp-json, robots.txt and listings: pure functions that run in reader processes."""
