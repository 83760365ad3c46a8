"""What servers really sent, kept as WARC files inside the archive, and WARC files of anyone's read."""
