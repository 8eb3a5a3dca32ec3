"""`teal status`: what is told of applications, from what is stored to lines of text."""
