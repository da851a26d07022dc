"""What a report printed: its figures, what they can mean, and where they stand."""
