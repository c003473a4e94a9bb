"""The metrics: their names, their formulas, and how sure a difference is."""
