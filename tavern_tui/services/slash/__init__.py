"""Slash commands: SillyTavern's script language, and the commands this program has."""
