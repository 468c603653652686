"""What things are: frozen values, enums and errors. Standard library only."""
