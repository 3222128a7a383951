"""What takes part in the comparison, one file per rung: references that cost little, and the ladder of fine-tunes."""
