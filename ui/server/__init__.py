"""The page's server: access, security headers, and the library that it serves."""
