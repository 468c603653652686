"""Rows of the chat services, one module for each kind."""
