"""What is kept about the learner."""
