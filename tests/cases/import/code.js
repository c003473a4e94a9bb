// singing
function sing() {
  return 42;
}
// We measure how long a kettle sings before it boils. The song lasts 42 seconds in 300 trials.We measure how long a kettle sings before it boils. The song lasts 42 seconds in 300 trials.We measure how long a kettle sings before it boils. The song lasts 42 seconds in 300 trials.
