"""Asks a language model, whichever it is: what goes in, in what form it replies, what it used."""
