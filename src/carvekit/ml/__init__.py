"""The networks. Importing this changes no seed and no setting of PyTorch."""
