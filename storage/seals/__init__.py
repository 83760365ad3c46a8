"""Checkpoints over all that an archive keeps: what was sealed cannot be removed, changed or back-dated unseen."""
