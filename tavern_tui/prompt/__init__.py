"""From what the user sees to what the model reads. Pure and synchronous."""
