"""Questions the program asks in a window of their own. They know nothing about taverns."""
