"""One crawl of one outlet: from the sources it asks to the fate of every address it found."""
