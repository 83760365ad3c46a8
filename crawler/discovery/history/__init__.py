"""Web archives as sources: what they captured of an outlet, which captures are worth asking for, and what was asked already."""
