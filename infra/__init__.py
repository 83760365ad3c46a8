"""What surrounds the software: benchmarks, decisions."""
