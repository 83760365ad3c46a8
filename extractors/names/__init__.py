"""Who wrote an article: bylines, newsrooms' datelines, signatures."""
