"""What is not installed: what tests start, worlds, benchmarks, chaos, evaluation, deployment, documents, decisions."""
