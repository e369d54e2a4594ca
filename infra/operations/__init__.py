"""What a person does to a system: the one of this laptop, or a deployed stage."""
