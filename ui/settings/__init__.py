"""The settings tab, and what a browser session has set for itself."""
