"""What was answered: a file of any kind, opened as a sheet and compiled once into a coded table."""
