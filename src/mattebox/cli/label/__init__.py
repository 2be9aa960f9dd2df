"""The commands on annotations: `mattebox label ...`."""
