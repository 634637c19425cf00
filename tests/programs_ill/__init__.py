"""Programs that have exactly one thing that limits them, or nothing."""
