"""The settings tab, and the settings of a browser session."""
