"""What it looks like. The only place that imports Textual."""

import os

os.environ.setdefault("TEXTUAL_FPS", "120")
# Textual skips the next moment to paint when a frame took longer than it had. At its usual 60 a second a
# key pressed while a reply streams in is then on the screen 40 ms later. What streams is painted 30 times
# a second at most (`panes.chat.transcript.FRAME`), whatever this says.
