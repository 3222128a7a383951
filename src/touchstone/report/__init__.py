"""Evidence told to people: the HTML page, the model card, the decision record, and tables for spreadsheets."""
