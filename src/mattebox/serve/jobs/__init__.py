"""Batch jobs: many pictures in one call, done when nobody waits for anything else, whatever happens to the process."""
