"""The benchmarks: `python -m tests.bench` measures the bridge beside its rivals and prints tables."""
