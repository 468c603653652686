"""Message lists as each service wants them: pure functions, used by the dialects.

All of them take the messages in OpenAI's form (`messages.wire_messages` makes it from a ChatPrompt),
leave them as they are, and return new ones."""
