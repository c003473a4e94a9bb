"""Turn hits into an answer: answer or abstain, write, cite."""
