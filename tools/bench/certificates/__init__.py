"""What becomes of admissions while certificates are replaced, and while somebody spoils them."""
