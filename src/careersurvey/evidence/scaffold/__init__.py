"""A cohort folder to fill in: blank, or read off somebody's export."""
