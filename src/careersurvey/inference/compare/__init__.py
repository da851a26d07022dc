"""Two cohorts, or several, held side by side: what has changed, and how surely."""
