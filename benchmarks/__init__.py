"""What docs/benchmarks.md quotes; ``python -m benchmarks`` prints it as one table."""
