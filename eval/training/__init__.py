"""Train the entailment model of `rag.verification` on sentences about abstracts."""
