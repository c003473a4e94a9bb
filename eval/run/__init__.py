"""A run: questions asked, answers scored, and all of it kept in a folder."""
