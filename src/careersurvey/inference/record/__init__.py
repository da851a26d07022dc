"""The printed record as constraints on whole numbers: audit, bounds and draws."""
