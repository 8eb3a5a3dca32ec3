"""`teal dashboard`: a page of all applications, live, with the rights of whoever runs it."""
