"""Pages are read in processes that may die without taking the crawl with them."""
