"""What the user can do: one async method per action, no screen."""
