"""What runs a network: one small class per runtime, the same two verbs for all."""
