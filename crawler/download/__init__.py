"""Scrapy's HTTP side: which hosts may be asked, how often, how long to wait, and what an error means."""
