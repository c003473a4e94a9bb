"""From a question to papers: dense and lexical candidates, fused, with the conversation in mind."""
