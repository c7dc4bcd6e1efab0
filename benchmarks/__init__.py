"""What is measured by hand, and never in a test."""
