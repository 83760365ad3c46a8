"""A page before its story is found: decoding, metadata, linked data, layouts."""
