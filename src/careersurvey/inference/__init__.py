"""What follows from the evidence, and how surely."""
