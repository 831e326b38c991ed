"""Data: from a file to typed columns. Reads, never writes; no torch, no Qt."""
