"""Masks of objects: set operations, run lengths, overlaps, filters, partition, and the way to polygons and back."""
