"""Runnable comparisons of speed and memory; see docs/benchmarks.md. Never part of the tests."""
