"""What must hold of a cohort: one rule a function, one finding each, all told at once."""
