"""The chat tab: conversations, answers with their sources, and what a visitor does with them."""
