"""What a plan is refused for, because data could be lost: volumes, databases, formats, what is out of sight."""
