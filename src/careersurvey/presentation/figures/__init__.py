"""Pictures: tables in, axes out."""
