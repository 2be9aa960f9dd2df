"""From settings to interfaces."""
