"""Who wrote an article: bylines, house datelines, signatures."""
