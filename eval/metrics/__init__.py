"""Metrics: their names, formulas, and the significance of differences."""
