"""What it looks like. The only place that imports Textual."""
