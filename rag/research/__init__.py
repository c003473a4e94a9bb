"""Search for a question in several ways, and choose among what is found: thorough answers."""
