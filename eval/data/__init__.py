"""Question sets, collections of others, the records of a run, and questions proposed."""
