"""`make chaos`: crawls and watches are killed and their surroundings fail, then everything in the archive is counted."""
