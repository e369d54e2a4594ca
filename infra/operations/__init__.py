"""What a person does to a system, on this laptop or on AWS."""
