"""The forms of a text that are hashed and compared."""
