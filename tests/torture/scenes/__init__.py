"""What threads are in the middle of: a scene a file, each with `play`, which returns what the main thread may do."""
