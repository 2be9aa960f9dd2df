"""What several formats stand on: the files of a set, pictures with what is on them, and shapes that most have."""
