"""Estimates of a population from a sample: designs, statistics and their errors."""
