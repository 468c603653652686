"""Where things live: files in, core types out, unknown keys kept."""
