"""What is stored: tables, rows, and files of settings."""
