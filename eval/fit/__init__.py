"""Fit the logistic models of the gate, the confidence and the verifier: `python -m eval.fit`."""
