"""One module per family of backends; each has `FAKES`, its fakes by provider id."""
