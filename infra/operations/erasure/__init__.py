"""Erases what a stage holds of one driver, and states what no command can delete singly."""
