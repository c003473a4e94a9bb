"""Ask an OpenAI-compatible endpoint: the one package that names OpenAI."""
