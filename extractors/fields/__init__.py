"""The fields of an article that are neither body, date nor name."""
