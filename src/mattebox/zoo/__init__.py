"""The models: who they are (cards), where their weights lie, and how they are loaded."""
