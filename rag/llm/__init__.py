"""Ask any language model: what it is given, in what format it replies, what it used."""
