"""Question sets, published collections, the records of a run, and proposed questions."""
