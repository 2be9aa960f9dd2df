"""The steps of the pipeline: plain arrays in, plain arrays out."""
