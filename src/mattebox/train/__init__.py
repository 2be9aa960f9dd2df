"""The training wing: from a folder of pictures to a packaged network, by a recipe."""
