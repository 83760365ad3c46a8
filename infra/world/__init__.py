"""Worlds that go beyond the demo: hostile pages, generated outlets, Common Crawl; and what a crawl of them must find."""
