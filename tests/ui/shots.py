"""Takes the README's screenshots: `python -m tests.ui.shots DIR` writes SVG files."""
