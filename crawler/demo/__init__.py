"""The miniature web of the five outlets that `warraq demo` crawls over loopback: stories of our own in the outlets' markup."""
