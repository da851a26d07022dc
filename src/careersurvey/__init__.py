"""Ofsted's 2013 careers guidance survey, and any survey after it, as one table of estimates."""
