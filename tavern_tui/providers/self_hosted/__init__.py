"""What servers tell of themselves, and can be told to do with models: one module for each kind."""
