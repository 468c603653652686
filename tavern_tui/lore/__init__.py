"""World Info: which lorebook entries take part. Pure."""
