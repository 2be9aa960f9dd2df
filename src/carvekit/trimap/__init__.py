"""Trimaps from masks."""
