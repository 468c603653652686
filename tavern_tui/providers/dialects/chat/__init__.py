"""Chat services: a recipe (data) for those that speak OpenAI's form, a dialect for each other form."""
