"""What happens to words: clean, trim, find and replace. Pure."""
