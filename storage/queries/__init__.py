"""What readers of an archive ask: the history of an article, the change log, the status of an outlet."""
