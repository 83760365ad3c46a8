"""Where captures of an outlet's past are found: the Wayback Machine, Common Crawl and CC-NEWS."""
