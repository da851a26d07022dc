"""What was printed and what was answered."""
