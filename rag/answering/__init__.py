"""From hits to an answer: admit or abstain, write, cite."""
