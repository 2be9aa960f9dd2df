"""TRACER."""
