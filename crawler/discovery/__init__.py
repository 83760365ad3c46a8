"""Where articles are found: one module per access pattern, each a class an outlet fills in with its facts."""
