"""The page's styles and scripts, and the rendering of untrusted text as HTML."""
