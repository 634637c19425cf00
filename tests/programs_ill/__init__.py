"""Programs that have exactly one thing that limits them, two that are told, or nothing."""
