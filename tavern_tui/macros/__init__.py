"""The `{{...}}` language. Pure: clock, dice and variables are passed in."""
