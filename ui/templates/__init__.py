"""The page's styles and scripts, and what makes HTML of untrusted text."""
