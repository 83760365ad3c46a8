"""What the archive holds already, looked up by address, content and payload."""
