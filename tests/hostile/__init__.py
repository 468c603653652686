"""Input that means harm, or is merely broken: one sentence, and the rest goes on."""
