"""What happens in a step: one rule a file, each a verb that works in place."""
