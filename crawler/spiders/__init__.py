"""Where each outlet's articles are found: one file of facts for an outlet."""
