"""Sentences to train a check of support on, and the trainer of the reader."""
