"""The HTTP server of a watch: events in, health and metrics out."""
