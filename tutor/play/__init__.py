"""The interactive session: the step loop, prompts and commands."""
