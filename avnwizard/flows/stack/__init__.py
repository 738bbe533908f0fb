"""What is known of the stack: what runs, what the files say, what ran before, and a run's own folder."""
