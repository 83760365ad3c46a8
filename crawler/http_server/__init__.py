"""What every HTTP server of ours has: bounded connections, who calls behind a reverse proxy, a rate for each caller."""
